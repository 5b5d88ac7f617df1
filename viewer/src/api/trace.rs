//! One trace.

use serde::Serialize;

use super::{LogRecord, Resource, Scope, Span};

/// Everything about one trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The name of its root, or of its first span while the root is missing.
    pub name: String,
    /// The service of that span.
    pub service: String,
    /// The start of its first span.
    pub start_time: f64,
    /// The same, exactly, in nanoseconds.
    pub start_time_unix_nano: String,
    /// From the start of its first span to the end of its last, in nanoseconds.
    pub duration: u64,
    /// How many spans have failed.
    pub errors: u64,
    /// The spans in the order of the tree: each after its parent, siblings by start.
    pub spans: Vec<Span>,
    /// Whether the spans come without attributes, events and links, as in a trace of more than 2 000 spans. The route
    /// of a single span has them.
    pub outline: bool,
    /// Where spans ran, in the order in which they are to be drawn.
    pub lanes: Vec<Lane>,
    /// The resources of the spans.
    pub resources: Vec<Resource>,
    /// The instrumentation scopes of the spans.
    pub scopes: Vec<Scope>,
    /// The spans that the duration of the trace depends on, by offset, without overlap.
    pub critical_path: Vec<CriticalSegment>,
    /// The invokes of the page, each split into its parts.
    pub invokes: Vec<Invoke>,
    /// The log records of the trace by time, at most 1 000.
    pub logs: Vec<LogRecord>,
    /// What is missing, and why.
    pub gaps: Vec<Gap>,
    /// How far the clocks of the services may differ from that of the first one.
    pub clocks: Vec<ClockBound>,
    /// The largest uncertainty of `clocks` in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_uncertainty: Option<u64>,
}

/// A place where spans ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// What sort of place.
    pub kind: LaneKind,
    /// Such as `page · main` or `core · messenger`.
    pub label: String,
    /// The service; several lanes can be of one.
    pub service: String,
}

/// A sort of place, in the order of the lanes of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum LaneKind {
    /// The page of a window.
    Page,
    /// Between a page and the core of its app.
    Ipc,
    /// The Rust core of an app.
    Core,
    /// A process that an app has started.
    Sidecar,
    /// Any other service.
    Server,
}

/// A part of the critical path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct CriticalSegment {
    /// The span that held the trace up.
    pub span_id: String,
    /// Nanoseconds after the start of the trace.
    pub offset: u64,
    /// Nanoseconds.
    pub duration: u64,
}

/// The parts of an invoke, in nanoseconds. They follow each other in this order. A part is absent when the spans that
/// bound it are missing; it is then part of the one before it, or of the one after it for the first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Invoke {
    /// The command.
    pub command: String,
    /// The span of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_span_id: Option<String>,
    /// The span of the core.
    pub server_span_id: String,
    /// Nanoseconds after the start of the trace.
    pub offset: u64,
    /// The whole.
    pub duration: u64,
    /// In the page before the request leaves it: since its span around the call began, or since it had the answer to the call
    /// before in that span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// From the page to the core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc: Option<u64>,
    /// In the core until the body of the command runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<u64>,
    /// The body of the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<u64>,
    /// From the end of the body until the page has the answer.
    #[serde(rename = "return")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_: Option<u64>,
}

/// Something that is missing from a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// What sort of loss.
    pub kind: GapKind,
    /// Nanoseconds after the start of the trace at which the loss may begin.
    pub offset: u64,
    /// Nanoseconds that the loss may take.
    pub duration: u64,
    /// How many spans or records are missing; absent where nobody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The service that lost them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// In words, such as `12 spans dropped: queue full`.
    pub cause: String,
}

/// A sort of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum GapKind {
    /// The sender dropped it and said so.
    Dropped,
    /// The viewer removed it to stay below its limit.
    Pruned,
    /// It arrived long after the rest of the trace.
    Late,
    /// A span names a parent that has not arrived.
    MissingParent,
    /// Sampling has left out other traces like this one.
    Sampled,
}

/// How far the clock of a service may be from that of the reference, by its requests: a server works between the
/// start and the end of its client's span.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ClockBound {
    /// The service whose clock it is.
    pub service: String,
    /// The service whose clock it is compared with.
    pub reference: String,
    /// The least that it can be ahead, in nanoseconds; negative when it can be behind.
    pub min_ahead: i64,
    /// The most that it can be ahead, in nanoseconds. Less than `minAhead` when the requests contradict each other.
    pub max_ahead: i64,
    /// Requests that this was read from.
    pub requests: u32,
}
