//! The viewer itself, and its runs.

use serde::{Deserialize, Serialize};

/// What the viewer holds and receives.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The version of the viewer.
    pub version: String,
    /// The clock of the viewer.
    pub now: f64,
    /// The run that is asked about.
    pub run: Run,
    /// Where telemetry can be sent.
    pub receiver: Receiver,
    /// What the run holds.
    pub counts: Counts,
    /// The start of its oldest trace, or the time of its oldest record; absent while the run is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_time: Option<f64>,
    /// The start of its newest trace, or the time of its newest record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_time: Option<f64>,
    /// Bytes of all runs on the disk.
    pub bytes: u64,
    /// The most that all runs may have.
    pub limit_bytes: u64,
    /// What was removed from the run to stay below the limit.
    pub pruned: Pruned,
    /// What did not come in.
    pub lost: Lost,
    /// The services of the run, by name.
    pub services: Vec<String>,
    /// The labels of the windows of the run.
    pub windows: Vec<String>,
    /// The commands of the run.
    pub commands: Vec<String>,
    /// What the developer should know, such as a damaged file that was set aside.
    pub messages: Vec<String>,
}

/// The addresses of the receiver.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// The base URL of OTLP over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    /// The URL of OTLP over gRPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<String>,
}

/// How much there is.
#[derive(Default, Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Traces with at least one span.
    pub traces: u64,
    /// Spans.
    pub spans: u64,
    /// Spans whose status is an error.
    pub errors: u64,
    /// Log records.
    pub logs: u64,
    /// Data points of metrics.
    pub metric_points: u64,
}

/// What the limit of the store has cost.
#[derive(Default, Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Pruned {
    /// Traces that were removed, the oldest first.
    pub traces: u64,
    /// Spans of those traces.
    pub spans: u64,
    /// Log records that were removed.
    pub logs: u64,
    /// Data points of metrics that were removed.
    pub metric_points: u64,
    /// Traces that started before this instant are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
}

/// What the viewer refused or what its senders say they dropped.
#[derive(Default, Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    /// Requests that were answered "send again", because the queue was full, and those from within the process that found it full or
    /// could not be decoded.
    pub refused_requests: u64,
    /// Items of accepted requests that were not valid.
    pub rejected_items: u64,
    /// Items that could not be written, such as on a full disk.
    pub unwritten_items: u64,
    /// Spans, log records and data points that senders say they lost.
    pub dropped_by_senders: u64,
}

/// One run of the viewer, in a file of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Names the run in `run=`.
    pub id: String,
    /// The name that was given, or the first service that sent.
    pub name: String,
    /// When the run was begun.
    pub started_at: f64,
    /// When the last item came; absent for the current run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<f64>,
    /// Bytes of its file.
    pub bytes: u64,
    /// Spans in it.
    pub spans: u64,
    /// Whether it is kept until it is unpinned.
    pub pinned: bool,
    /// Whether what comes in goes here.
    pub current: bool,
}

/// A change of a run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunChange {
    /// Keeps the run, or lets it go when space is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// Names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a file gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct OpenAnswer {
    /// The run it became.
    pub run: String,
    /// What was read.
    pub counts: Counts,
    /// Lines that could not be read, with the reason, at most ten.
    pub errors: Vec<String>,
}
