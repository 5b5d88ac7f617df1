//! Who calls whom.

use serde::Serialize;

use super::LaneKind;

/// Services and windows, and the calls between them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ServiceMap {
    /// The services and windows.
    pub nodes: Vec<MapNode>,
    /// The calls.
    pub edges: Vec<MapEdge>,
    /// How many traces this was read from: the newest, at most 1 000.
    pub traces: u64,
}

/// A service or a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MapNode {
    /// Names the node in edges.
    pub id: String,
    /// What it is.
    pub kind: LaneKind,
    /// Such as `page · main`.
    pub label: String,
    /// The service.
    pub service: String,
    /// Spans of it.
    pub spans: u64,
    /// Spans of it that failed.
    pub errors: u64,
}

/// Calls from one node to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MapEdge {
    /// The id of the node that calls.
    pub from: String,
    /// The id of the node that is called.
    pub to: String,
    /// How often.
    pub calls: u64,
    /// How many of them failed.
    pub errors: u64,
    /// The median in nanoseconds.
    pub p50: u64,
    /// The 95th percentile in nanoseconds.
    pub p95: u64,
}
