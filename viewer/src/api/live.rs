//! What has just arrived.

use serde::Serialize;

use super::{Counts, TraceSummary};

/// Sent whenever something was stored, at most four times a second. The event is named `stored`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct LiveEvent {
    /// What the current run holds now.
    pub counts: Counts,
    /// Traces that are new or have grown since the last event, the newest first, at most 50.
    pub traces: Vec<TraceSummary>,
    /// Log records since the last event. `GET /api/logs?after=` has them.
    pub logs: u64,
    /// Data points of metrics since the last event.
    pub metric_points: u64,
}
