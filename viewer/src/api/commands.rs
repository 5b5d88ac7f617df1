//! The commands of the app.

use serde::Serialize;

/// The commands by calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct CommandsAnswer {
    /// One row for each command of each service.
    pub items: Vec<CommandRow>,
    /// When the first bucket of the sparklines begins.
    pub start: f64,
    /// The length of a bucket of the sparklines in milliseconds.
    pub step: f64,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct CommandRow {
    /// The command.
    pub command: String,
    /// The app.
    pub service: String,
    /// How often it was invoked.
    pub calls: u64,
    /// Calls per second of the time asked for.
    pub rate: f64,
    /// The median in nanoseconds. Percentiles come from a histogram and are right within 6 %.
    pub p50: u64,
    /// The 95th percentile in nanoseconds.
    pub p95: u64,
    /// The 99th percentile in nanoseconds.
    pub p99: u64,
    /// The longest in nanoseconds.
    pub max: u64,
    /// How many failed.
    pub errors: u64,
    /// Bytes of all request bodies, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_bytes: Option<u64>,
    /// Bytes of all response bodies, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_bytes: Option<u64>,
    /// Calls per bucket.
    pub sparkline: Vec<u64>,
    /// The trace of its slowest call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_trace_id: Option<String>,
    /// The span of its slowest call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_span_id: Option<String>,
}
