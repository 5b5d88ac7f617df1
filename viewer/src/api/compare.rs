//! Two sides by operation.

use serde::Serialize;

/// Two runs, or two spans of time, side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The rows, those that differ first.
    pub items: Vec<ComparisonRow>,
    /// The result in one sentence.
    pub statement: String,
}

/// One operation on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ComparisonRow {
    /// The command, or the name of the span.
    pub operation: String,
    /// The service.
    pub service: String,
    /// The first side; absent when the operation is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<ComparedSide>,
    /// The second side; absent when the operation is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<ComparedSide>,
    /// What the comparison says.
    pub change: Change,
    /// The probability of a difference of the durations as large as this one when only chance is at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_p_value: Option<f64>,
    /// The same for the share of errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_p_value: Option<f64>,
    /// In words, such as `slower: p95 1.2 ms to 1.9 ms, more than noise (p < 0.001)`.
    pub statement: String,
}

/// One operation on one side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ComparedSide {
    /// How often.
    pub calls: u64,
    /// The median in nanoseconds.
    pub p50: u64,
    /// The 95th percentile in nanoseconds.
    pub p95: u64,
    /// How many failed.
    pub errors: u64,
}

/// How an operation differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Only on the second side.
    New,
    /// Only on the first side.
    Gone,
    /// Slower by more than noise.
    Slower,
    /// Faster by more than noise.
    Faster,
    /// Fails more often by more than noise.
    MoreErrors,
    /// Fails less often by more than noise.
    FewerErrors,
    /// No difference beyond noise.
    Same,
}
