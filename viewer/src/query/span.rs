//! One span of a trace.

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;

use super::{
    blob,
    lanes::Lanes,
    params::{QueryError, hex, span_hex},
    span_rows::Rows,
    tree::Tree,
};
use crate::{
    api::{Resource, Scope, Span, SpanDetail, SpanEvent, SpanKind, SpanLink, SpanStatus},
    intake::as_json,
    store::{Reader, Rollup, number_of},
};

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

pub(super) fn resource(reader: &Reader, id: i64) -> Result<Resource, QueryError> {
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

pub(super) fn scope(reader: &Reader, id: i64) -> Result<Scope, QueryError> {
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

pub(super) fn span_of(
    reader: &Reader,
    rows: &Rows,
    index: usize,
    outline: bool,
) -> Result<Span, QueryError> {
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
        let known = number_of(&reader.connection, &link.trace_id)?.is_some();
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
