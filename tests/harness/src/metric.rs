//! A metric as it arrived, with its resource and scope.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        HistogramDataPoint, NumberDataPoint, ResourceMetrics, metric::Data, number_data_point,
    },
};
use serde_json::Value;

use crate::span::attributes;

/// One metric of one export.
#[derive(Debug, Clone)]
pub struct Metric {
    /// The name.
    pub name: String,
    /// The unit, in UCUM.
    pub unit: String,
    /// The points, and what kind of points they are.
    pub data: Data,
    /// Name of the instrumentation scope.
    pub scope: String,
    /// Schema URL of the instrumentation scope.
    pub scope_schema_url: String,
    /// Attributes of the resource.
    pub resource: BTreeMap<String, Value>,
}

impl Metric {
    /// All metrics of one export.
    pub fn decode(resource_metrics: Vec<ResourceMetrics>) -> Vec<Self> {
        let mut metrics = Vec::new();
        for group in resource_metrics {
            let resource = attributes(group.resource.unwrap_or_default().attributes);
            for scoped in group.scope_metrics {
                let scope = scoped.scope.unwrap_or_default().name;
                for metric in scoped.metrics {
                    let Some(data) = metric.data else { continue };
                    metrics.push(Self {
                        name: metric.name,
                        unit: metric.unit,
                        data,
                        scope: scope.clone(),
                        scope_schema_url: scoped.schema_url.clone(),
                        resource: resource.clone(),
                    });
                }
            }
        }
        metrics
    }

    /// The points of a counter or gauge.
    pub fn numbers(&self) -> &[NumberDataPoint] {
        match &self.data {
            Data::Sum(sum) => &sum.data_points,
            Data::Gauge(gauge) => &gauge.data_points,
            _ => &[],
        }
    }

    /// The points of a histogram.
    pub fn histograms(&self) -> &[HistogramDataPoint] {
        match &self.data {
            Data::Histogram(histogram) => &histogram.data_points,
            _ => &[],
        }
    }

    /// The number of a counter or gauge, of the point that has these attributes, or none if these are none.
    pub fn number(&self, wanted: &[(&str, &str)]) -> Option<f64> {
        let point = self.numbers().iter().find(|point| {
            let found = &point.attributes;
            found.is_empty() == wanted.is_empty() && wanted.iter().all(|one| has(found, *one))
        })?;
        Some(match point.value? {
            number_data_point::Value::AsInt(number) => number as f64,
            number_data_point::Value::AsDouble(number) => number,
        })
    }

    /// The point of a histogram that has this attribute.
    pub fn histogram(&self, attribute: (&str, &str)) -> Option<&HistogramDataPoint> {
        let mut points = self.histograms().iter();
        points.find(|point| has(&point.attributes, attribute))
    }
}

fn has(list: &[KeyValue], (key, value): (&str, &str)) -> bool {
    attributes(list.to_vec())
        .get(key)
        .is_some_and(|found| found == value)
}
