//! Metrics.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Attributes;

/// One metric in the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MetricInfo {
    /// The name.
    pub name: String,
    /// What it measures.
    pub description: String,
    /// The unit as UCUM writes it.
    pub unit: String,
    /// The kind.
    pub kind: MetricKind,
    /// Whether a sum only grows.
    pub monotonic: bool,
    /// The services that send it.
    pub services: Vec<String>,
    /// Different sets of attributes.
    pub series: u64,
    /// Data points.
    pub points: u64,
    /// The names of the attributes of its points.
    pub attributes: Vec<String>,
    /// When the last point was taken.
    pub last_time: f64,
}

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum MetricKind {
    /// A value at an instant.
    Gauge,
    /// An amount.
    Sum,
    /// A distribution over buckets with given bounds.
    Histogram,
    /// A distribution over buckets of exponential width.
    ExponentialHistogram,
    /// Quantiles that the sender computed.
    Summary,
}

/// One metric over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MetricSeriesAnswer {
    /// The metric.
    pub metric: MetricInfo,
    /// What the values are: `value`, `rate` (per second, of a monotonic sum) or `p95` (of a distribution).
    pub shows: String,
    /// The length of a step in seconds.
    pub step: f64,
    /// The beginning of each step.
    pub times: Vec<f64>,
    /// At most 20 series, those with the largest values.
    pub series: Vec<MetricSeries>,
    /// Series that are not shown.
    pub more_series: u64,
    /// The distribution over time, of a histogram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heatmap: Option<Heatmap>,
    /// At most 100 examples.
    pub exemplars: Vec<Exemplar>,
}

/// The values of one set of attributes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MetricSeries {
    /// The attributes of `groupBy`, or all.
    pub labels: BTreeMap<String, String>,
    /// The service.
    pub service: String,
    /// A value for each of `times`; null where there was no point.
    #[cfg_attr(test, ts(type = "Array<number | null>"))]
    pub values: Vec<Option<f64>>,
}

/// A distribution over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Heatmap {
    /// The upper bounds of the buckets; one more bucket is above the last.
    pub bounds: Vec<f64>,
    /// For each of `times` the count of each bucket.
    pub counts: Vec<Vec<u64>>,
}

/// A measurement with the trace that it was taken in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct Exemplar {
    /// When it was taken.
    pub time: f64,
    /// What was measured.
    pub value: f64,
    /// Its trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Its span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// Attributes that the point does not have.
    pub attributes: Attributes,
}
