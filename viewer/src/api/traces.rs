//! The list of traces.

use serde::Serialize;

use super::Pagination;

/// A page of traces.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct TracesAnswer {
    /// The traces.
    pub items: Vec<TraceSummary>,
    /// Where the next page begins.
    pub pagination: Pagination,
}

/// One trace in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct TraceSummary {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The name of its root, or of its first span while the root is missing.
    pub name: String,
    /// The service of that span.
    pub service: String,
    /// The start of its first span.
    pub start_time: f64,
    /// From the start of its first span to the end of its last, in nanoseconds.
    pub duration: u64,
    /// How many spans it has.
    pub spans: u64,
    /// How many of them have failed.
    pub errors: u64,
    /// The services that took part.
    pub services: Vec<String>,
    /// The commands that it invoked, at most ten.
    pub commands: Vec<String>,
    /// The labels of the windows that it began in.
    pub windows: Vec<String>,
    /// Whether its root has arrived.
    pub has_root: bool,
}

/// Traces over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct TraceHistogram {
    /// The length of a bucket in milliseconds.
    pub step: f64,
    /// The buckets, without a hole between them.
    pub buckets: Vec<HistogramBucket>,
}

/// The traces that started in one span of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct HistogramBucket {
    /// When it begins.
    pub start: f64,
    /// Traces that started in it.
    pub count: u64,
    /// Those of them with an error.
    pub errors: u64,
    /// The longest duration among them, in nanoseconds.
    pub max_duration: u64,
    /// About how many more started in it that sampling has left out, as the samplers say.
    pub left_out: u64,
}
