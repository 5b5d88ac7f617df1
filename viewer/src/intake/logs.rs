//! Log records as rows.

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, any_value::Value},
    logs::v1::LogRecord,
};
use prost::Message;

use super::{ErrorFact, as_text, spans::MAX_NAME_BYTES, truncate};

/// From this severity on a record counts as an error: `ERROR`.
const ERROR_SEVERITY: i32 = 17;

/// The body of the record by which the plugin says what it lost.
const LOSS_BODY: &str = "telemetry was lost";

/// One log record.
pub(crate) struct LogRow {
    pub(crate) group: usize,
    pub(crate) time: i64,
    pub(crate) severity: i32,
    pub(crate) trace_id: Option<[u8; 16]>,
    pub(crate) span_id: Option<i64>,
    /// The body as text.
    pub(crate) body: Option<String>,
    pub(crate) error: Option<ErrorFact>,
    /// The name of the event, for the place of an error.
    pub(crate) event_name: String,
    pub(crate) losses: Vec<Loss>,
    /// The record without what the columns have.
    pub(crate) rest: Vec<u8>,
}

/// Something that a sender says it lost.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// Such as `traces.queue_full`.
    pub(crate) cause: String,
    pub(crate) count: i64,
}

impl LogRow {
    pub(super) fn new(mut record: LogRecord, group: usize, is_plugin: bool) -> Self {
        let time = match record.time_unix_nano {
            0 => record.observed_time_unix_nano,
            time => time,
        };
        let trace_id: Option<[u8; 16]> = record
            .trace_id
            .as_slice()
            .try_into()
            .ok()
            .filter(|id| *id != [0; 16]);
        if trace_id.is_some() {
            record.trace_id.clear();
        }
        let text = record
            .body
            .as_ref()
            .and_then(|body| body.value.as_ref())
            .map(as_text);
        let is_text = matches!(
            &record.body,
            Some(AnyValue {
                value: Some(Value::StringValue(_))
            })
        );
        if is_text {
            record.body = None;
        }
        let body = text.unwrap_or_default();
        let error = (record.severity_number >= ERROR_SEVERITY)
            .then(|| ErrorFact::of_log(&record.attributes, &body));
        let losses = if is_plugin && body == LOSS_BODY {
            losses(&record)
        } else {
            Vec::new()
        };
        let severity = std::mem::take(&mut record.severity_number);
        Self {
            group,
            time: time as i64,
            severity,
            trace_id,
            span_id: record
                .span_id
                .as_slice()
                .try_into()
                .ok()
                .map(i64::from_be_bytes),
            error,
            event_name: truncate(&record.event_name, MAX_NAME_BYTES).to_owned(),
            losses,
            rest: record.encode_to_vec(),
            body: (is_text || record.body.is_some()).then_some(body),
        }
    }
}

fn losses(record: &LogRecord) -> Vec<Loss> {
    let pairs = record.attributes.iter();
    pairs
        .filter_map(|pair| match pair.value.as_ref()?.value.as_ref()? {
            Value::IntValue(count) if *count > 0 => Some(Loss {
                cause: pair.key.clone(),
                count: *count,
            }),
            _ => None,
        })
        .collect()
}

/// Puts a record together again from its columns and the rest.
pub(crate) fn join_log(
    severity: i32,
    trace_id: Option<&[u8]>,
    body: Option<&str>,
    rest: &[u8],
) -> LogRecord {
    let mut record = LogRecord::decode(rest).unwrap_or_default();
    record.severity_number = severity;
    if let Some(trace_id) = trace_id {
        record.trace_id = trace_id.to_vec();
    }
    if let (None, Some(text)) = (&record.body, body) {
        record.body = Some(AnyValue {
            value: Some(Value::StringValue(text.to_owned())),
        });
    }
    record
}
