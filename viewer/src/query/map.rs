//! Who calls whom, from the newest traces.

use std::collections::{BTreeMap, HashMap};

use super::{
    filter::Filter,
    lanes::Lanes,
    params::{Page, Params, QueryError},
    traces::{Order, first},
    tree::{Place, Tree},
};
use crate::{
    api::{LaneKind, MapEdge, MapNode, ServiceMap},
    store::{Reader, SPAN_BITS, Sketch},
};

/// Traces and spans that are read, so that the answer takes the same time however long the run is.
const NEWEST: Page = Page {
    limit: 1000,
    offset: 0,
};
const MAX_SPANS: usize = 20_000;

#[derive(Default)]
struct Calls {
    calls: u64,
    errors: u64,
    durations: Sketch,
}

/// The services and windows of the newest traces of the period, and the calls between them.
pub(crate) fn map(reader: &mut Reader, params: &Params) -> Result<ServiceMap, QueryError> {
    let filter = Filter::of_period(params.period()?);
    let traces = first(reader, &filter, Order::Newest, NEWEST)?;
    let mut nodes: BTreeMap<String, MapNode> = BTreeMap::new();
    let mut edges: BTreeMap<(String, String), Calls> = BTreeMap::new();
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
        let tree = Tree::new(&places);
        let lanes = Lanes::new(&operations, &tree);
        let id = |index: usize| {
            let lane = &lanes.lanes[lanes.of_span[index] as usize];
            format!("{}/{}", lane.service, lane.label)
        };
        let mut ids: HashMap<u32, String> = HashMap::new();
        for index in 0..places.len() {
            let lane = lanes.of_span[index];
            let own = ids.entry(lane).or_insert_with(|| id(index)).clone();
            let node = nodes.entry(own.clone()).or_insert_with(|| {
                let lane = &lanes.lanes[lane as usize];
                MapNode {
                    id: own.clone(),
                    kind: lane.kind,
                    label: lane.label.clone(),
                    service: lane.service.clone(),
                    spans: 0,
                    errors: 0,
                }
            });
            if node.kind == LaneKind::Sidecar {
                // One trace can show what another did not: that it answers requests.
                node.kind = lanes.lanes[lane as usize].kind;
            }
            node.spans += 1;
            node.errors += u64::from(failed[index]);
            if let Some(parent) = tree.parent[index]
                && lanes.of_span[parent] != lane
            {
                let calls = edges.entry((id(parent), own)).or_default();
                calls.calls += 1;
                calls.errors += u64::from(failed[index]);
                calls.durations.add(places[index].end - places[index].start);
            }
        }
    }
    let edges = edges.into_iter().map(|((from, to), calls)| MapEdge {
        from,
        to,
        calls: calls.calls,
        errors: calls.errors,
        p50: calls.durations.quantile(0.5),
        p95: calls.durations.quantile(0.95),
    });
    Ok(ServiceMap {
        nodes: nodes.into_values().collect(),
        edges: edges.collect(),
        traces: read_traces,
    })
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
