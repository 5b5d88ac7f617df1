//! One trace, and one span.

use std::{collections::HashMap, sync::Arc};

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    trace::v1::{ResourceSpans, ScopeSpans, Span as OtlpSpan},
};
use prost::Message;
use rusqlite::OptionalExtension;

use super::{
    clocks::{clocks, uncertainty},
    critical::critical_path,
    gaps::{self, Extent},
    invokes::invokes,
    lanes::Lanes,
    logs,
    params::{QueryError, hex, span_hex},
    traces::blob,
    tree::{Place, Tree},
};
use crate::{
    api::{
        CriticalSegment, Resource, Scope, Span, SpanDetail, SpanEvent, SpanKind, SpanLink,
        SpanStatus, Trace,
    },
    intake::{SpanColumns, as_json, join_span},
    store::{Operation, Reader, Rollup, SPAN_BITS, State, millis},
};

/// A trace with more spans comes without their attributes, which would be tens of megabytes.
const MAX_DETAILED: usize = 2000;

/// The spans of a trace as they are in the store.
struct Rows {
    trace_id: [u8; 16],
    start: i64,
    places: Vec<Place>,
    operations: Vec<Arc<Operation>>,
    status: Vec<i32>,
    resources: Vec<i64>,
    scopes: Vec<i64>,
    /// Nanoseconds since the Unix epoch.
    arrived: Vec<i64>,
    rest: Vec<Vec<u8>>,
}

impl Rows {
    fn load(reader: &mut Reader, trace_id: [u8; 16]) -> Result<Self, QueryError> {
        let number: Option<i64> = reader
            .connection
            .prepare_cached("SELECT id FROM traces WHERE trace_id = ?")?
            .query_row([trace_id.as_slice()], |row| row.get(0))
            .optional()?;
        let number =
            number.ok_or_else(|| QueryError::Missing(format!("trace {}", hex(&trace_id))))?;
        let started = State::load(&reader.connection)?.started;
        let mut own = Self {
            trace_id,
            start: i64::MAX,
            places: Vec::new(),
            operations: Vec::new(),
            status: Vec::new(),
            resources: Vec::new(),
            scopes: Vec::new(),
            arrived: Vec::new(),
            rest: Vec::new(),
        };
        let mut numbers = Vec::new();
        {
            let mut statement = reader.connection.prepare_cached(
                "SELECT span_id, parent, operation, start, end, status, resource, scope, arrived, rest FROM spans \
                 WHERE id >= ? AND id < ?",
            )?;
            let mut rows = statement.query([number << SPAN_BITS, (number + 1) << SPAN_BITS])?;
            while let Some(row) = rows.next()? {
                let (start, end): (i64, i64) = (row.get(3)?, row.get(4)?);
                own.places.push(Place {
                    id: row.get(0)?,
                    parent: row.get(1)?,
                    start: start as u64,
                    // A clock that was set back must not make a span of negative length.
                    end: (end as u64).max(start as u64),
                });
                own.start = own.start.min(start);
                numbers.push(row.get(2)?);
                own.status.push(row.get(5)?);
                own.resources.push(row.get(6)?);
                own.scopes.push(row.get(7)?);
                own.arrived
                    .push(started + row.get::<_, i64>(8)? * 1_000_000);
                own.rest.push(blob(row, 9)?.to_vec());
            }
        }
        for place in &mut own.places {
            place.start -= own.start as u64;
            place.end -= own.start as u64;
        }
        for number in numbers {
            own.operations.push(reader.operation(number)?);
        }
        Ok(own)
    }

    fn duration(&self) -> u64 {
        self.places
            .iter()
            .map(|place| place.end)
            .max()
            .unwrap_or_default()
    }

    fn join(&self, index: usize) -> OtlpSpan {
        let (place, operation) = (&self.places[index], &self.operations[index]);
        let time = |offset: u64| self.start.wrapping_add_unsigned(offset);
        let columns = SpanColumns {
            trace_id: &self.trace_id,
            span_id: place.id,
            parent: place.parent,
            name: &operation.name,
            kind: operation.kind,
            start: time(place.start),
            end: time(place.end),
            status: self.status[index],
        };
        join_span(&columns, &self.rest[index])
    }
}

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

/// One span of a trace with all it has, and how it compares with others of its operation.
pub(crate) fn span(
    reader: &mut Reader,
    trace_id: [u8; 16],
    span_id: i64,
) -> Result<SpanDetail, QueryError> {
    let rows = Rows::load(reader, trace_id)?;
    let index = rows.places.iter().position(|place| place.id == span_id);
    let index = index.ok_or_else(|| QueryError::Missing(format!("span {}", span_hex(span_id))))?;
    let tree = Tree::new(&rows.places);
    let lanes = Lanes::new(&rows.operations, &tree);
    let mut span = span_of(reader, &rows, index, false)?;
    span.self_time = tree.self_time(&rows.places, index);
    span.depth = tree.depth[index];
    span.lane = lanes.of_span[index];
    let mut all = Rollup::default();
    {
        let mut statement = reader
            .connection
            .prepare_cached("SELECT rollup FROM rollups WHERE operation = ?")?;
        let mut found = statement.query([rows.operations[index].id])?;
        while let Some(row) = found.next()? {
            all.merge(&Rollup::decode(blob(row, 0)?));
        }
    }
    let is_known = all.calls > 0;
    Ok(SpanDetail {
        resource: resource(reader, rows.resources[index])?,
        scope: scope(reader, rows.scopes[index])?,
        p50: is_known.then(|| all.durations.quantile(0.5)),
        p95: is_known.then(|| all.durations.quantile(0.95)),
        faster_than: is_known.then(|| 100.0 * all.durations.share_above(span.duration)),
        span,
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

fn resource(reader: &Reader, id: i64) -> Result<Resource, QueryError> {
    let mut statement = reader
        .connection
        .prepare_cached("SELECT service, bytes FROM resources WHERE id = ?")?;
    let (service, bytes): (String, Vec<u8>) =
        statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let group = ResourceSpans::decode(bytes.as_slice()).unwrap_or_default();
    Ok(Resource {
        service,
        attributes: as_json(&group.resource.unwrap_or_default().attributes),
    })
}

fn scope(reader: &Reader, id: i64) -> Result<Scope, QueryError> {
    let mut statement = reader
        .connection
        .prepare_cached("SELECT bytes FROM scopes WHERE id = ?")?;
    let bytes: Vec<u8> = statement.query_row([id], |row| row.get(0))?;
    let scope = ScopeSpans::decode(bytes.as_slice())
        .unwrap_or_default()
        .scope
        .unwrap_or_default();
    Ok(Scope {
        attributes: as_json(&scope.attributes),
        name: scope.name,
        version: scope.version,
    })
}

fn span_of(reader: &Reader, rows: &Rows, index: usize, outline: bool) -> Result<Span, QueryError> {
    let place = &rows.places[index];
    let span = rows.join(index);
    let attributes = |own: &[KeyValue]| {
        if outline {
            Default::default()
        } else {
            as_json(own)
        }
    };
    let events = span
        .events
        .iter()
        .filter(|_| !outline)
        .map(|event| SpanEvent {
            name: event.name.clone(),
            offset: (event.time_unix_nano as i64).wrapping_sub(rows.start),
            attributes: as_json(&event.attributes),
        });
    let mut links = Vec::new();
    for link in span.links.iter().filter(|_| !outline) {
        let known = reader
            .connection
            .prepare_cached("SELECT 1 FROM traces WHERE trace_id = ?")?
            .exists([&link.trace_id])?;
        links.push(SpanLink {
            trace_id: hex(&link.trace_id),
            span_id: hex(&link.span_id),
            known,
            attributes: as_json(&link.attributes),
        });
    }
    let message = span.status.as_ref().map(|status| status.message.clone());
    Ok(Span {
        span_id: span_hex(place.id),
        parent_span_id: (place.parent != 0).then(|| span_hex(place.parent)),
        name: span.name.clone(),
        kind: kind(span.kind),
        offset: place.start,
        duration: place.end - place.start,
        self_time: 0,
        depth: 0,
        status: status(rows.status[index]),
        status_message: message.filter(|message| !message.is_empty()),
        lane: 0,
        resource: 0,
        scope: 0,
        trace_state: Some(span.trace_state.clone()).filter(|state| !state.is_empty()),
        attributes: attributes(&span.attributes),
        events: events.collect(),
        links,
        dropped: span
            .dropped_attributes_count
            .saturating_add(span.dropped_events_count)
            .saturating_add(span.dropped_links_count),
    })
}

fn kind(kind: i32) -> SpanKind {
    match kind {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn status(status: i32) -> SpanStatus {
    match status {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}
