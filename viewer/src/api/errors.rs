//! Errors by what and where.

use serde::Serialize;

use super::Pagination;

/// Groups of errors, the most recent first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ErrorsAnswer {
    /// The groups.
    pub items: Vec<ErrorGroup>,
    /// Where the next page begins.
    pub pagination: Pagination,
}

/// Errors of one type at one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ErrorGroup {
    /// `error.type` or `exception.type`; `error` when neither is known.
    pub error_type: String,
    /// The name of the span, or the event or scope of the log record.
    pub place: String,
    /// The service.
    pub service: String,
    /// How often.
    pub count: u64,
    /// When it came first in this run.
    pub first_seen: f64,
    /// When it came last.
    pub last_seen: f64,
    /// The newest one.
    pub example: ErrorExample,
}

/// The newest error of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ErrorExample {
    /// What it says.
    pub message: String,
    /// Where it came from in the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Its trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Its span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
}
