//! One trace.

use std::collections::HashMap;

use super::{
    clocks::{clocks, uncertainty},
    critical::critical_path,
    gaps::{self, Extent},
    invokes::invokes,
    lanes::Lanes,
    logs,
    params::{QueryError, hex, span_hex},
    span::{resource, scope, span_of},
    span_rows::Rows,
    tree::Tree,
};
use crate::{
    api::{CriticalSegment, Trace},
    store::{Reader, millis},
};

/// A trace with more spans comes without their attributes, which would be tens of megabytes.
const MAX_DETAILED: usize = 2000;

/// A trace with everything that is known about it.
pub(crate) fn trace(reader: &mut Reader, trace_id: [u8; 16]) -> Result<Trace, QueryError> {
    let rows = Rows::load(reader, trace_id)?;
    let tree = Tree::new(&rows.places);
    let lanes = Lanes::new(&rows.operations, &tree);
    let (resources, resource_index) = shared(&rows.resources, |id| resource(reader, id))?;
    let (scopes, scope_index) = shared(&rows.scopes, |id| scope(reader, id))?;
    let outline = rows.places.len() > MAX_DETAILED;
    let mut spans = Vec::with_capacity(rows.places.len());
    for index in &tree.order {
        let mut span = span_of(reader, &rows, *index, outline)?;
        span.self_time = tree.self_time(&rows.places, *index);
        span.depth = tree.depth[*index];
        span.lane = lanes.of_span[*index];
        span.resource = resource_index[&rows.resources[*index]];
        span.scope = scope_index[&rows.scopes[*index]];
        spans.push(span);
    }
    let extent = Extent {
        start: rows.start,
        duration: rows.duration(),
    };
    let services: Vec<String> = rows
        .operations
        .iter()
        .map(|operation| operation.service.clone())
        .collect();
    let mut gaps = gaps::losses(reader, extent, &services)?;
    gaps.extend(gaps::of_spans(
        &rows.places,
        &tree,
        &services,
        &rows.arrived,
        extent,
    ));
    gaps.extend(gaps::sampled(rows.stands_for));
    let clocks = clocks(
        &rows.places,
        &rows.operations,
        (&lanes.lanes, &lanes.of_span),
        &tree,
    );
    let critical_path = critical_path(&rows.places, &tree)
        .into_iter()
        .map(|(index, from, to)| CriticalSegment {
            span_id: span_hex(rows.places[index].id),
            offset: from,
            duration: to - from,
        });
    // The first real root, or the first span at all.
    let named = tree
        .roots
        .iter()
        .find(|index| rows.places[**index].parent == 0)
        .or(tree.roots.first());
    let named = named.map(|index| rows.operations[*index].clone());
    let errors = rows.status.iter().filter(|status| **status == 2).count() as u64;
    Ok(Trace {
        trace_id: hex(&trace_id),
        name: named
            .as_ref()
            .map_or_else(String::new, |operation| operation.name.clone()),
        service: named.map_or_else(String::new, |operation| operation.service.clone()),
        start_time: millis(rows.start),
        start_time_unix_nano: (rows.start as u64).to_string(),
        duration: extent.duration,
        errors,
        outline,
        critical_path: critical_path.collect(),
        invokes: invokes(&rows.places, &rows.operations, &tree),
        logs: logs::of_trace(reader, &trace_id)?,
        gaps,
        clock_uncertainty: uncertainty(&clocks),
        clocks,
        spans,
        lanes: lanes.lanes,
        resources,
        scopes,
    })
}

/// Each value once, and its index by number.
fn shared<T>(
    numbers: &[i64],
    mut load: impl FnMut(i64) -> Result<T, QueryError>,
) -> Result<(Vec<T>, HashMap<i64, u32>), QueryError> {
    let (mut values, mut index) = (Vec::new(), HashMap::new());
    for number in numbers {
        if !index.contains_key(number) {
            index.insert(*number, values.len() as u32);
            values.push(load(*number)?);
        }
    }
    Ok((values, index))
}
