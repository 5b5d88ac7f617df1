//! Spans as rows.

use std::ops::Range;

use opentelemetry_proto::tonic::{
    common::v1::any_value::Value,
    trace::v1::{Span, Status, span::Event, status::StatusCode},
};
use prost::Message;

use super::{AttributeBits, as_text, find, find_text, truncate};

/// The longest name that operations and groups of errors are told apart by. The whole name stays with the span, the resource or the scope.
pub(super) const MAX_NAME_BYTES: usize = 256;

/// The longest message of an error that a group shows.
const MAX_MESSAGE_BYTES: usize = 4096;

/// What stands in the column of the status when the span has none.
const NO_STATUS: i32 = -1;

/// One span.
pub(crate) struct SpanRow {
    pub(crate) group: usize,
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: i64,
    /// Zero for a root.
    pub(crate) parent: i64,
    pub(crate) name: String,
    pub(crate) kind: i32,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) status: i32,
    /// The command, of a span of an invoke.
    pub(crate) command: Option<String>,
    /// The label of the window.
    pub(crate) window: Option<String>,
    /// Whether a page made it.
    pub(crate) is_page: bool,
    pub(crate) request_bytes: Option<u64>,
    pub(crate) response_bytes: Option<u64>,
    pub(crate) error: Option<ErrorFact>,
    pub(crate) bits: AttributeBits,
    /// How many spans like this one there were before sampling, as the sampler says.
    pub(crate) stands_for: f64,
    /// The span without what the columns have, in [`Batch::bytes`](super::Batch).
    pub(crate) rest: Range<usize>,
}

/// What is known about an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ErrorFact {
    pub(crate) error_type: String,
    pub(crate) message: String,
    pub(crate) stack: Option<String>,
}

impl SpanRow {
    /// # Errors
    /// If an id is not valid.
    pub(super) fn new(
        mut span: Span,
        group: usize,
        is_page: bool,
        bytes: &mut Vec<u8>,
    ) -> Result<Self, &'static str> {
        let trace_id: [u8; 16] = span
            .trace_id
            .as_slice()
            .try_into()
            .map_err(|_| "a trace id must have 16 bytes")?;
        let span_id = id(&span.span_id).ok_or("a span id must have 8 bytes")?;
        if trace_id == [0; 16] || span_id == 0 {
            return Err("an id must not be zero");
        }
        let parent = match id(&span.parent_span_id) {
            Some(parent) => {
                span.parent_span_id.clear();
                parent
            }
            None => 0,
        };
        let is_error = span
            .status
            .as_ref()
            .is_some_and(|status| status.code == StatusCode::Error as i32);
        let error = is_error.then(|| ErrorFact::of_span(&span));
        let attributes = &span.attributes;
        let is_invoke = find_text(attributes, "rpc.system.name") == Some("tauri");
        let command = is_invoke
            .then(|| find_text(attributes, "rpc.method"))
            .flatten();
        let window = find_text(attributes, "tauri.window.label")
            .or_else(|| find_text(attributes, "tauri.webview.label"));
        let mut bits = AttributeBits::default();
        bits.add_all(attributes);
        let mut row = Self {
            group,
            trace_id,
            span_id,
            parent,
            kind: span.kind,
            start: span.start_time_unix_nano as i64,
            end: span.end_time_unix_nano as i64,
            status: NO_STATUS,
            command: command.map(|command| truncate(command, MAX_NAME_BYTES).to_owned()),
            window: window.map(|window| truncate(window, MAX_NAME_BYTES).to_owned()),
            is_page,
            request_bytes: size(&span, ["tauri.invoke.request.size", "rpc.request.size"]),
            response_bytes: size(&span, ["tauri.invoke.response.size", "rpc.response.size"]),
            error,
            bits,
            stands_for: stands_for(&span.trace_state),
            name: String::new(),
            rest: 0..0,
        };
        if let Some(status) = &mut span.status {
            row.status = status.code;
            if status.message.is_empty() {
                span.status = None;
            }
        }
        if span.name.len() > MAX_NAME_BYTES {
            row.name = truncate(&span.name, MAX_NAME_BYTES).to_owned();
        } else {
            row.name = std::mem::take(&mut span.name);
        }
        span.trace_id.clear();
        span.span_id.clear();
        span.kind = 0;
        span.start_time_unix_nano = 0;
        span.end_time_unix_nano = 0;
        let before = bytes.len();
        span.encode(bytes).expect("a vector grows");
        row.rest = before..bytes.len();
        Ok(row)
    }

    pub(crate) fn duration(&self) -> u64 {
        (self.end as u64).saturating_sub(self.start as u64)
    }
}

/// What the columns of a span say.
pub(crate) struct SpanColumns<'a> {
    pub(crate) trace_id: &'a [u8; 16],
    pub(crate) span_id: i64,
    pub(crate) parent: i64,
    /// The name of the operation.
    pub(crate) name: &'a str,
    pub(crate) kind: i32,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) status: i32,
}

/// Puts a span together again from its columns and the rest.
pub(crate) fn join_span(columns: &SpanColumns<'_>, rest: &[u8]) -> Span {
    let mut span = Span::decode(rest).unwrap_or_default();
    span.trace_id = columns.trace_id.to_vec();
    span.span_id = columns.span_id.to_be_bytes().to_vec();
    if columns.parent != 0 {
        span.parent_span_id = columns.parent.to_be_bytes().to_vec();
    }
    if span.name.is_empty() {
        columns.name.clone_into(&mut span.name);
    }
    span.kind = columns.kind;
    span.start_time_unix_nano = columns.start as u64;
    span.end_time_unix_nano = columns.end as u64;
    let code = columns.status;
    match &mut span.status {
        Some(known) => known.code = code,
        None if code != NO_STATUS => {
            span.status = Some(Status {
                code,
                ..Status::default()
            });
        }
        None => {}
    }
    span
}

/// The id as a number; `None` if it has not eight bytes, or is zero, which stands for none.
fn id(bytes: &[u8]) -> Option<i64> {
    let id = i64::from_be_bytes(bytes.try_into().ok()?);
    (id != 0).then_some(id)
}

/// One through the probability with which a trace is kept, by the threshold in `tracestate`
/// (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/#sampling-threshold-value-th>).
fn stands_for(trace_state: &str) -> f64 {
    /// Thresholds have 56 bits.
    const DIGITS: usize = 14;
    let mut vendors = trace_state.split(',').map(str::trim);
    let threshold = vendors
        .find_map(|vendor| vendor.strip_prefix("ot="))
        .and_then(|values| {
            values
                .split(';')
                .find_map(|value| value.strip_prefix("th:"))
        })
        .filter(|digits| !digits.is_empty() && digits.len() <= DIGITS)
        .and_then(|digits| u64::from_str_radix(&format!("{digits:0<DIGITS$}"), 16).ok());
    let all = (1_u64 << (4 * DIGITS)) as f64;
    threshold.map_or(1.0, |threshold| all / (all - threshold as f64))
}

fn size(span: &Span, keys: [&str; 2]) -> Option<u64> {
    match keys.iter().find_map(|key| find(&span.attributes, key))? {
        Value::IntValue(bytes) => u64::try_from(*bytes).ok(),
        _ => None,
    }
}

impl ErrorFact {
    fn of_span(span: &Span) -> Self {
        let exception = span
            .events
            .iter()
            .rev()
            .find(|event| event.name == "exception");
        let of_event = |key| exception.and_then(|event: &Event| find_text(&event.attributes, key));
        let own = find(&span.attributes, "error.type").map(as_text);
        let error_type = own.as_deref().or_else(|| of_event("exception.type"));
        let status = span.status.as_ref().map(|status| status.message.as_str());
        let message = of_event("exception.message").or(status).unwrap_or_default();
        Self {
            error_type: truncate(error_type.unwrap_or("error"), MAX_NAME_BYTES).to_owned(),
            message: truncate(message, MAX_MESSAGE_BYTES).to_owned(),
            stack: of_event("exception.stacktrace")
                .map(|stack| truncate(stack, MAX_MESSAGE_BYTES).to_owned()),
        }
    }

    /// The error of a log record of severity `ERROR` and above.
    pub(super) fn of_log(
        attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue],
        body: &str,
    ) -> Self {
        let text = |key| find_text(attributes, key);
        let message = text("exception.message").unwrap_or(body);
        let error_type = text("exception.type").or_else(|| text("error.type"));
        Self {
            error_type: truncate(error_type.unwrap_or("error"), MAX_NAME_BYTES).to_owned(),
            message: truncate(message, MAX_MESSAGE_BYTES).to_owned(),
            stack: text("exception.stacktrace")
                .map(|stack| truncate(stack, MAX_MESSAGE_BYTES).to_owned()),
        }
    }
}
