//! What is shown, or a whole run, as OTLP JSON lines.

use std::collections::HashSet;

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
use rusqlite::types::Value;

use super::{
    blob,
    filter::Filter,
    logs::Conditions,
    metrics::chosen,
    params::{Params, QueryError},
    points::Nature,
    traces::{Numbered, in_order},
};
use crate::{
    intake::{SpanColumns, encode_json, join_log, join_metric, join_point, join_span},
    store::{Reader, SPAN_BITS, number_of},
};

/// Rows of one piece: some megabytes of JSON.
const PIECE: usize = 2000;

/// Filters that every signal has, by the names of the API.
#[cfg(feature = "cli")]
pub(crate) const FILTERS: [&str; 4] = ["service", "attribute", "start", "end"];

/// Filters that only some signals have.
pub(crate) const FILTERS_OF_SOME: [&str; 8] = [
    "command",
    "window",
    "search",
    "minDuration",
    "maxDuration",
    "error",
    "severity",
    "name",
];

/// Where the next piece begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// After the row with this key.
    Spans(i64),
    Logs(i64),
    Points(i64),
}

impl Cursor {
    /// Where an export begins.
    ///
    /// # Errors
    /// If `signal` is none, or is missing beside a filter that not all signals have.
    pub(crate) fn start(params: &Params) -> Result<Self, QueryError> {
        match params.text("signal") {
            Some("traces") => Ok(Self::Spans(i64::MIN)),
            Some("logs") => Ok(Self::Logs(i64::MIN)),
            Some("metrics") => Ok(Self::Points(i64::MIN)),
            Some(other) => Err(QueryError::field(
                "signal",
                format!("{other:?} is none of traces, logs and metrics"),
            )),
            None => match FILTERS_OF_SOME
                .iter()
                .find(|name| params.text(name).is_some())
            {
                Some(name) => Err(QueryError::field(
                    "signal",
                    format!(
                        "it must be traces, logs or metrics, because not all signals have the filter {name}"
                    ),
                )),
                None => Ok(Self::Spans(i64::MIN)),
            },
        }
    }
}

/// The next piece, and where the one after it begins. In pieces, because a whole run takes longer than a query may.
///
/// The parameters are those of the list of the signal that `signal` names. Without it all signals are exported, and with `traceId`
/// the spans and log records of that trace.
pub(crate) fn export(
    reader: &mut Reader,
    params: &Params,
    at: Cursor,
) -> Result<(Vec<u8>, Option<Cursor>), QueryError> {
    let is_all = params.text("signal").is_none();
    match at {
        Cursor::Spans(after) => {
            let (lines, last) = spans(reader, params, after)?;
            let next = is_all.then_some(Cursor::Logs(i64::MIN));
            Ok((lines, last.map(Cursor::Spans).or(next)))
        }
        Cursor::Logs(after) => {
            let (lines, last) = logs(reader, params, after)?;
            let next = is_all && params.text("traceId").is_none();
            let next = next.then_some(Cursor::Points(i64::MIN));
            Ok((lines, last.map(Cursor::Logs).or(next)))
        }
        Cursor::Points(after) => {
            let (lines, last) = points(reader, params, after)?;
            Ok((lines, last.map(Cursor::Points)))
        }
    }
}

/// Lines, and the key of the last row that was looked at, unless it is the last of all.
type Piece = (Vec<u8>, Option<i64>);

fn spans(reader: &mut Reader, params: &Params, after: i64) -> Result<Piece, QueryError> {
    let (traces, next) = match params.trace_id()? {
        Some(id) => (vec![numbered(reader, id)?], None),
        None => {
            let filter = Filter::new(reader, params)?;
            // After the last span of a trace the next one begins.
            in_order(reader, &filter, (after + 1) >> SPAN_BITS, PIECE)?
        }
    };
    let mut last = next.map(|next| (next << SPAN_BITS) - 1);
    let mut found = Vec::new();
    {
        let mut statement = reader.connection.prepare_cached(
            "SELECT spans.id, spans.span_id, spans.parent, spans.operation, spans.start, spans.end, spans.status, spans.rest, \
             resources.bytes, scopes.bytes FROM spans \
             JOIN resources ON resources.id = spans.resource JOIN scopes ON scopes.id = spans.scope \
             WHERE spans.id > ? AND spans.id < ? ORDER BY spans.id",
        )?;
        'traces: for (number, trace_id) in &traces {
            let first = (number << SPAN_BITS) - 1;
            let mut rows = statement.query([first.max(after), (number + 1) << SPAN_BITS])?;
            while let Some(row) = rows.next()? {
                // Name and kind are those of the operation.
                let columns = SpanColumns {
                    trace_id,
                    span_id: row.get(1)?,
                    parent: row.get(2)?,
                    name: "",
                    kind: 0,
                    start: row.get(4)?,
                    end: row.get(5)?,
                    status: row.get(6)?,
                };
                let span = join_span(&columns, blob(row, 7)?);
                let operation: i64 = row.get(3)?;
                found.push((
                    operation,
                    span,
                    blob(row, 8)?.to_vec(),
                    blob(row, 9)?.to_vec(),
                ));
                if found.len() == PIECE {
                    last = Some(row.get(0)?);
                    break 'traces;
                }
            }
        }
    }
    let mut groups = Groups::default();
    for (operation, mut span, resource, scope) in found {
        let operation = reader.operation(operation)?;
        span.kind = operation.kind;
        if span.name.is_empty() {
            span.name.clone_from(&operation.name);
        }
        groups.of(&resource, &scope).push(span);
    }
    let resource_spans = groups.into_messages(|resource, scope, spans| ResourceSpans {
        scope_spans: vec![ScopeSpans {
            spans,
            ..decoded(scope)
        }],
        ..decoded(resource)
    });
    Ok((
        line(resource_spans.is_empty(), || {
            encode_json(ExportTraceServiceRequest { resource_spans })
        }),
        last,
    ))
}

fn numbered(reader: &Reader, trace_id: [u8; 16]) -> Result<Numbered, QueryError> {
    let number = number_of(&reader.connection, &trace_id)?;
    let number =
        number.ok_or_else(|| QueryError::Missing(format!("trace {}", super::hex(&trace_id))))?;
    Ok((number, trace_id))
}

fn logs(reader: &mut Reader, params: &Params, after: i64) -> Result<Piece, QueryError> {
    let conditions = Conditions::new(reader, params)?;
    let sql = format!(
        "SELECT logs.id, logs.severity, logs.trace_id, logs.body, logs.rest, resources.bytes, scopes.bytes, logs.resource FROM {} \
         JOIN resources ON resources.id = logs.resource JOIN scopes ON scopes.id = logs.scope \
         WHERE {} AND logs.id > ? ORDER BY logs.id LIMIT {PIECE}",
        conditions.from,
        conditions.text()
    );
    let values = conditions
        .values
        .iter()
        .cloned()
        .chain([Value::from(after)]);
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut groups = Groups::default();
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
        if !conditions.passes(&record, row.get(7)?) {
            continue;
        }
        groups.of(blob(row, 5)?, blob(row, 6)?).push(record);
    }
    let resource_logs = groups.into_messages(|resource, scope, log_records| ResourceLogs {
        scope_logs: vec![ScopeLogs {
            log_records,
            ..decoded(scope)
        }],
        ..decoded(resource)
    });
    let lines = line(resource_logs.is_empty(), || {
        encode_json(ExportLogsServiceRequest { resource_logs })
    });
    Ok((lines, last.filter(|_| count == PIECE)))
}

fn points(reader: &mut Reader, params: &Params, after: i64) -> Result<Piece, QueryError> {
    let period = params.period()?;
    let series = chosen(reader, params.text("name"), params)?;
    let series: HashSet<i64> = series.into_iter().map(|series| series.id).collect();
    let sql = format!(
        "SELECT points.id, points.series, points.rest, series.attributes, metrics.bytes, resources.bytes, scopes.bytes, points.time \
         FROM points JOIN series ON series.id = points.series JOIN metrics ON metrics.id = series.metric \
         JOIN resources ON resources.id = series.resource JOIN scopes ON scopes.id = series.scope \
         WHERE points.id > ? ORDER BY points.id LIMIT {PIECE}"
    );
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([after])?;
    let mut groups = Groups::default();
    let (mut last, mut count) = (None, 0);
    while let Some(row) = rows.next()? {
        last = Some(row.get(0)?);
        count += 1;
        if !series.contains(&row.get(1)?) || !period.contains(row.get(7)?) {
            continue;
        }
        let metric = Metric::decode(blob(row, 4)?).unwrap_or_default();
        let attributes = KeyValueList::decode(blob(row, 3)?)
            .unwrap_or_default()
            .values;
        let point = join_point(Nature::of(&metric).kind, attributes, blob(row, 2)?);
        groups
            .of(blob(row, 5)?, blob(row, 6)?)
            .push(join_metric(blob(row, 4)?, vec![point]));
    }
    let resource_metrics = groups.into_messages(|resource, scope, metrics| ResourceMetrics {
        scope_metrics: vec![ScopeMetrics {
            metrics,
            ..decoded(scope)
        }],
        ..decoded(resource)
    });
    let lines = line(resource_metrics.is_empty(), || {
        encode_json(ExportMetricsServiceRequest { resource_metrics })
    });
    Ok((lines, last.filter(|_| count == PIECE)))
}

/// Items by their resource and scope, both encoded.
struct Groups<T>(Vec<(Vec<u8>, Vec<u8>, Vec<T>)>);

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Groups<T> {
    /// The items of a resource and a scope.
    fn of(&mut self, resource: &[u8], scope: &[u8]) -> &mut Vec<T> {
        let mut groups = self.0.iter();
        let known = groups.position(|(own, own_scope, _)| own == resource && own_scope == scope);
        let index = known.unwrap_or_else(|| {
            self.0.push((resource.to_vec(), scope.to_vec(), Vec::new()));
            self.0.len() - 1
        });
        &mut self.0[index].2
    }

    /// One message for each resource and scope.
    fn into_messages<M>(self, message: impl Fn(&[u8], &[u8], Vec<T>) -> M) -> Vec<M> {
        let groups = self.0.into_iter();
        groups
            .map(|(resource, scope, items)| message(&resource, &scope, items))
            .collect()
    }
}

fn decoded<M: Message + Default>(bytes: &[u8]) -> M {
    M::decode(bytes).unwrap_or_default()
}

fn line(is_empty: bool, encode: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    if is_empty {
        return Vec::new();
    }
    let mut line = encode();
    line.push(b'\n');
    line
}
