//! One span of a trace.

use serde::Serialize;

use super::Attributes;

/// One span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits; absent for a root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    /// The name.
    pub name: String,
    /// The role.
    pub kind: SpanKind,
    /// Nanoseconds after the start of the trace.
    pub offset: u64,
    /// Nanoseconds.
    pub duration: u64,
    /// Nanoseconds in which no child ran.
    pub self_time: u64,
    /// The distance from its root; of a span whose parent is missing as well.
    pub depth: u32,
    /// The outcome.
    pub status: SpanStatus,
    /// What the status says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Index into `lanes`.
    pub lane: u32,
    /// Index into `resources`.
    pub resource: u32,
    /// Index into `scopes`.
    pub scope: u32,
    /// The `tracestate` of the span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_state: Option<String>,
    /// The attributes.
    pub attributes: Attributes,
    /// The events by time.
    pub events: Vec<SpanEvent>,
    /// The links.
    pub links: Vec<SpanLink>,
    /// Attributes, events and links that the sender left out because of its limits.
    pub dropped: u32,
}

/// One span with all it has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SpanDetail {
    /// The span. Its `lane`, `resource`, `scope`, `depth`, `offset` and `selfTime` are those of its trace.
    pub span: Span,
    /// Its resource.
    pub resource: Resource,
    /// Its instrumentation scope.
    pub scope: Scope,
    /// The p50 and p95 of spans with the same service, name and kind in this run, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<u64>,
    /// See `p50`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95: Option<u64>,
    /// The percentage of those spans that took longer than this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faster_than: Option<f64>,
}

/// The role of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SpanKind {
    /// Nothing was said.
    Unspecified,
    /// Inside one process.
    Internal,
    /// Answers a request.
    Server,
    /// Sends a request.
    Client,
    /// Sends a message.
    Producer,
    /// Takes a message.
    Consumer,
}

/// The outcome of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum SpanStatus {
    /// Nothing was said.
    Unset,
    /// Said to be well.
    Ok,
    /// Failed.
    Error,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SpanEvent {
    /// The name.
    pub name: String,
    /// Nanoseconds after the start of the trace; negative when its clock was behind.
    pub offset: i64,
    /// The attributes.
    pub attributes: Attributes,
}

/// Another span that this one refers to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct SpanLink {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// Whether the run has that trace.
    pub known: bool,
    /// The attributes.
    pub attributes: Attributes,
}

/// What sent spans.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// `service.name`, or `unknown_service`.
    pub service: String,
    /// All of its attributes.
    pub attributes: Attributes,
}

/// What made spans.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// The name; may be empty.
    pub name: String,
    /// The version; may be empty.
    pub version: String,
    /// The attributes.
    pub attributes: Attributes,
}
