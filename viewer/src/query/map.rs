//! Who calls whom, from the newest traces.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    filter::Filter,
    lanes::{Kinds, label},
    params::{Page, Params, QueryError},
    traces::{Order, first},
    tree::{Place, Tree},
};
use crate::{
    api::{LaneKind, MapEdge, MapNode, ServiceMap},
    store::{Operation, Reader, SPAN_BITS, Sketch},
};

/// Traces and spans that are read, so that the answer takes the same time however long the run is.
const NEWEST: Page = Page {
    limit: 1000,
    offset: 0,
};
const MAX_SPANS: usize = 20_000;

/// A service, or one of its pages.
struct Node {
    /// One of those that it runs.
    operation: Arc<Operation>,
    kind: LaneKind,
    spans: u64,
    errors: u64,
}

#[derive(Default)]
struct Calls {
    calls: u64,
    errors: u64,
    durations: Sketch,
}

#[derive(Default)]
struct Map {
    nodes: BTreeMap<String, Node>,
    edges: BTreeMap<(String, String), Calls>,
}

/// The services and windows of the newest traces of the period, and the calls between them.
pub(crate) fn map(reader: &mut Reader, params: &Params) -> Result<ServiceMap, QueryError> {
    let filter = Filter::of_period(params.period()?);
    let traces = first(reader, &filter, Order::Newest, NEWEST)?;
    let mut map = Map::default();
    let (mut read_traces, mut read_spans) = (0, 0);
    for trace in traces.into_iter().take(NEWEST.limit) {
        if read_spans >= MAX_SPANS {
            break;
        }
        read_traces += 1;
        let (places, numbers, failed) = spans(reader, trace)?;
        read_spans += places.len();
        let mut operations = Vec::with_capacity(numbers.len());
        for number in numbers {
            operations.push(reader.operation(number)?);
        }
        map.add(&places, &operations, &failed);
    }
    Ok(map.answer(read_traces))
}

impl Map {
    /// Adds the spans of a trace.
    fn add(&mut self, places: &[Place], operations: &[Arc<Operation>], failed: &[bool]) {
        let tree = Tree::new(places);
        let kinds = Kinds::new(operations, &tree);
        for (index, operation) in operations.iter().enumerate() {
            let id = node_id(operation);
            let errors = u64::from(failed[index]);
            if let Some(parent) = tree.parent[index] {
                let from = node_id(&operations[parent]);
                if from != id {
                    let calls = self.edges.entry((from, id.clone())).or_default();
                    calls.calls += 1;
                    calls.errors += errors;
                    calls.durations.add(places[index].end - places[index].start);
                }
            }
            let kind = kinds.of(operation);
            let node = self.nodes.entry(id).or_insert_with(|| Node {
                operation: operation.clone(),
                kind,
                spans: 0,
                errors: 0,
            });
            node.kind = stronger(node.kind, kind);
            node.spans += 1;
            node.errors += errors;
        }
    }

    fn answer(self, traces: u64) -> ServiceMap {
        let pages = self.nodes.values().filter(|node| node.operation.is_page);
        let services: BTreeSet<&str> = pages.map(|node| node.operation.service.as_str()).collect();
        let says_service = services.len() > 1;
        let nodes = self.nodes.iter().map(|(id, node)| {
            let (service, window) = (&node.operation.service, node.operation.window.as_deref());
            MapNode {
                id: id.clone(),
                kind: node.kind,
                label: label(node.kind, service, window, says_service),
                service: service.clone(),
                spans: node.spans,
                errors: node.errors,
            }
        });
        let nodes = nodes.collect();
        let edges = self.edges.into_iter().map(|((from, to), calls)| MapEdge {
            from,
            to,
            calls: calls.calls,
            errors: calls.errors,
            p50: calls.durations.quantile(0.5),
            p95: calls.durations.quantile(0.95),
        });
        ServiceMap {
            nodes,
            edges: edges.collect(),
            traces,
        }
    }
}

/// The node of a span. It is the same in all traces, whatever each shows of the service.
fn node_id(operation: &Operation) -> String {
    if operation.is_page {
        let window = operation.window.as_deref().unwrap_or("?");
        format!("{}/page · {window}", operation.service)
    } else {
        operation.service.clone()
    }
}

/// One trace can show what another did not: that a service answers requests, or that it has pages.
fn stronger(a: LaneKind, b: LaneKind) -> LaneKind {
    match (a, b) {
        (LaneKind::Core, _) | (_, LaneKind::Core) => LaneKind::Core,
        (LaneKind::Server, _) | (_, LaneKind::Server) => LaneKind::Server,
        _ => a,
    }
}

type Spans = (Vec<Place>, Vec<i64>, Vec<bool>);

fn spans(reader: &Reader, trace: i64) -> Result<Spans, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT span_id, parent, start, end, operation, status FROM spans WHERE id >= ? AND id < ?",
    )?;
    let mut rows = statement.query([trace << SPAN_BITS, (trace + 1) << SPAN_BITS])?;
    let (mut places, mut operations, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let (start, end): (i64, i64) = (row.get(2)?, row.get(3)?);
        places.push(Place {
            id: row.get(0)?,
            parent: row.get(1)?,
            start: start as u64,
            end: (end as u64).max(start as u64),
        });
        operations.push(row.get(4)?);
        failed.push(row.get::<_, i32>(5)? == 2);
    }
    Ok((places, operations, failed))
}
