//! A run, or some of its traces, as OTLP JSON lines.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::KeyValueList,
    logs::v1::{ResourceLogs, ScopeLogs},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics},
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;
use rusqlite::OptionalExtension;

use super::{
    params::{Params, QueryError},
    points::Nature,
    traces::blob,
};
use crate::{
    intake::{SpanColumns, encode_json, join_log, join_metric, join_point, join_span},
    store::{Reader, SPAN_BITS},
};

/// Rows of one piece: some megabytes of JSON.
const PIECE: i64 = 2000;

/// Where the next piece begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// After the row with this key.
    Spans(i64),
    Logs(i64),
    Points(i64),
}

impl Cursor {
    pub(crate) const START: Self = Self::Spans(i64::MIN);
}

/// The next piece, and where the one after it begins. In pieces, because a whole run takes longer than a query may.
///
/// With `traceId` it is the spans and log records of one trace, otherwise everything.
pub(crate) fn export(
    reader: &mut Reader,
    params: &Params,
    at: Cursor,
) -> Result<(Vec<u8>, Option<Cursor>), QueryError> {
    let trace_id = params.trace_id()?;
    match at {
        Cursor::Spans(after) => {
            let (lines, last) = spans(reader, trace_id, after)?;
            Ok((
                lines,
                Some(last.map_or(Cursor::Logs(i64::MIN), Cursor::Spans)),
            ))
        }
        Cursor::Logs(after) => {
            let (lines, last) = logs(reader, trace_id, after)?;
            let next = match last {
                Some(last) => Some(Cursor::Logs(last)),
                None if trace_id.is_some() => None,
                None => Some(Cursor::Points(i64::MIN)),
            };
            Ok((lines, next))
        }
        Cursor::Points(after) => {
            let (lines, last) = points(reader, after)?;
            Ok((lines, last.map(Cursor::Points)))
        }
    }
}

type Piece = (Vec<u8>, Option<i64>);

fn spans(reader: &mut Reader, trace_id: Option<[u8; 16]>, after: i64) -> Result<Piece, QueryError> {
    let (mut from, mut to) = (after, i64::MAX);
    if let Some(trace_id) = trace_id {
        let sql = "SELECT id FROM traces WHERE trace_id = ?";
        let number: Option<i64> = reader
            .connection
            .query_row(sql, [trace_id.as_slice()], |row| row.get(0))
            .optional()?;
        let number = number
            .ok_or_else(|| QueryError::Missing(format!("trace {}", super::hex(&trace_id))))?;
        from = from.max((number << SPAN_BITS) - 1);
        to = (number + 1) << SPAN_BITS;
    }
    let mut found = Vec::new();
    {
        let mut statement = reader.connection.prepare_cached(
            "SELECT spans.id, traces.trace_id, spans.span_id, spans.parent, spans.operation, spans.start, spans.end, spans.status, \
             spans.rest, resources.bytes, scopes.bytes FROM spans JOIN traces ON traces.id = spans.id >> 32 \
             JOIN resources ON resources.id = spans.resource JOIN scopes ON scopes.id = spans.scope \
             WHERE spans.id > ? AND spans.id < ? ORDER BY spans.id LIMIT ?",
        )?;
        let mut rows = statement.query([from, to, PIECE])?;
        while let Some(row) = rows.next()? {
            let trace_id: [u8; 16] = row.get(1)?;
            let operation: i64 = row.get(4)?;
            // Name and kind are those of the operation.
            let columns = SpanColumns {
                trace_id: &trace_id,
                span_id: row.get(2)?,
                parent: row.get(3)?,
                name: "",
                kind: 0,
                start: row.get(5)?,
                end: row.get(6)?,
                status: row.get(7)?,
            };
            let span = join_span(&columns, blob(row, 8)?);
            found.push((
                row.get(0)?,
                operation,
                span,
                blob(row, 9)?.to_vec(),
                blob(row, 10)?.to_vec(),
            ));
        }
    }
    let last = found
        .last()
        .map(|row| row.0)
        .filter(|_| found.len() as i64 == PIECE);
    let mut groups: Vec<(Vec<u8>, Vec<u8>, ResourceSpans)> = Vec::new();
    for (_, operation, mut span, resource, scope) in found {
        let operation = reader.operation(operation)?;
        span.kind = operation.kind;
        if span.name.is_empty() {
            span.name.clone_from(&operation.name);
        }
        let known = groups
            .iter()
            .position(|(own, own_scope, _)| *own == resource && *own_scope == scope);
        let index = known.unwrap_or_else(|| {
            let mut group = ResourceSpans::decode(resource.as_slice()).unwrap_or_default();
            group
                .scope_spans
                .push(ScopeSpans::decode(scope.as_slice()).unwrap_or_default());
            groups.push((resource, scope, group));
            groups.len() - 1
        });
        groups[index].2.scope_spans[0].spans.push(span);
    }
    let resource_spans: Vec<ResourceSpans> = groups.into_iter().map(|(.., group)| group).collect();
    Ok((
        line(resource_spans.is_empty(), || {
            encode_json(ExportTraceServiceRequest { resource_spans })
        }),
        last,
    ))
}

fn logs(reader: &mut Reader, trace_id: Option<[u8; 16]>, after: i64) -> Result<Piece, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT logs.id, logs.severity, logs.trace_id, logs.body, logs.rest, resources.bytes, scopes.bytes FROM logs \
         JOIN resources ON resources.id = logs.resource JOIN scopes ON scopes.id = logs.scope \
         WHERE logs.id > ?1 AND (?2 IS NULL OR logs.trace_id = ?2) ORDER BY logs.id LIMIT ?3",
    )?;
    let wanted = trace_id.as_ref().map(<[u8; 16]>::as_slice);
    let mut rows = statement.query(rusqlite::params![after, wanted, PIECE])?;
    let mut groups: Vec<(Vec<u8>, Vec<u8>, ResourceLogs)> = Vec::new();
    let (mut last, mut count) = (None, 0);
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        count += 1;
        let trace_id: Option<Vec<u8>> = row.get(2)?;
        let body: Option<String> = row.get(3)?;
        let record = join_log(
            row.get(1)?,
            trace_id.as_deref(),
            body.as_deref(),
            blob(row, 4)?,
        );
        let (resource, scope) = (blob(row, 5)?, blob(row, 6)?);
        let known = groups
            .iter()
            .position(|(own, own_scope, _)| own == resource && own_scope == scope);
        let index = known.unwrap_or_else(|| {
            let mut group = ResourceLogs::decode(resource).unwrap_or_default();
            group
                .scope_logs
                .push(ScopeLogs::decode(scope).unwrap_or_default());
            groups.push((resource.to_vec(), scope.to_vec(), group));
            groups.len() - 1
        });
        groups[index].2.scope_logs[0].log_records.push(record);
    }
    let resource_logs: Vec<ResourceLogs> = groups.into_iter().map(|(.., group)| group).collect();
    let lines = line(resource_logs.is_empty(), || {
        encode_json(ExportLogsServiceRequest { resource_logs })
    });
    Ok((lines, last.filter(|_| count == PIECE)))
}

fn points(reader: &mut Reader, after: i64) -> Result<Piece, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT points.id, points.series, points.rest, series.attributes, metrics.bytes, resources.bytes, scopes.bytes FROM points \
         JOIN series ON series.id = points.series JOIN metrics ON metrics.id = series.metric \
         JOIN resources ON resources.id = series.resource JOIN scopes ON scopes.id = series.scope \
         WHERE points.id > ? ORDER BY points.id LIMIT ?",
    )?;
    let mut rows = statement.query([after, PIECE])?;
    let mut resource_metrics = Vec::new();
    let (mut last, mut count) = (None, 0);
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        count += 1;
        let metric = Metric::decode(blob(row, 4)?).unwrap_or_default();
        let attributes = KeyValueList::decode(blob(row, 3)?)
            .unwrap_or_default()
            .values;
        let point = join_point(Nature::of(&metric).kind, attributes, blob(row, 2)?);
        let mut group = ResourceMetrics::decode(blob(row, 5)?).unwrap_or_default();
        let mut scope = ScopeMetrics::decode(blob(row, 6)?).unwrap_or_default();
        scope.metrics.push(join_metric(blob(row, 4)?, vec![point]));
        group.scope_metrics.push(scope);
        resource_metrics.push(group);
    }
    let lines = line(resource_metrics.is_empty(), || {
        encode_json(ExportMetricsServiceRequest { resource_metrics })
    });
    Ok((lines, last.filter(|_| count == PIECE)))
}

fn line(is_empty: bool, encode: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    if is_empty {
        return Vec::new();
    }
    let mut line = encode();
    line.push(b'\n');
    line
}
