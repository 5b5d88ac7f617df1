//! Log records.

use serde::Serialize;

use super::{Attributes, Pagination};

/// A page of log records, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct LogsAnswer {
    /// The records.
    pub items: Vec<LogRecord>,
    /// Where the next page begins.
    pub pagination: Pagination,
}

/// One log record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct LogRecord {
    /// Grows in the order of arrival.
    pub id: u64,
    /// When it happened, or when it was observed where that is not known.
    pub time: f64,
    /// The severity by name.
    pub severity: Severity,
    /// The severity as OpenTelemetry counts it, 0 (unknown) to 24.
    pub severity_number: u8,
    /// The body; JSON when it is no text. Of more than 10 000 characters the beginning, and how much is left out.
    pub body: String,
    /// The name of the event, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The service.
    pub service: String,
    /// The name of the instrumentation scope.
    pub scope: String,
    /// The attributes.
    pub attributes: Attributes,
    /// Its trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Its span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
}

/// A severity by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// 0: nothing was said.
    Unspecified,
    /// 1 to 4.
    Trace,
    /// 5 to 8.
    Debug,
    /// 9 to 12.
    Info,
    /// 13 to 16.
    Warn,
    /// 17 to 20.
    Error,
    /// 21 to 24.
    Fatal,
}

/// What the newest 10 000 records have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct LogPatternsAnswer {
    /// The patterns, the most frequent first.
    pub items: Vec<LogPattern>,
    /// How many records were read.
    pub records: u64,
}

/// Bodies that differ in numbers, ids and quoted texts only.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct LogPattern {
    /// The body with `<*>` where they differ.
    pub pattern: String,
    /// How many records.
    pub count: u64,
    /// The highest severity among them.
    pub severity: Severity,
    /// The service of the newest.
    pub service: String,
    /// The newest record.
    pub example: LogRecord,
}
