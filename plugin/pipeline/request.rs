//! The three requests of OTLP, as far as everything behind the queues treats them alike.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    metrics::v1::metric::Data,
};

use super::console;

/// One export of a signal.
pub(crate) trait Request: prost::Message + serde::Serialize + Clone {
    /// How many spans, log records or points of metrics it has.
    fn items(&self) -> usize;

    /// It for people, a line per item.
    fn print(&self) -> String;
}

impl Request for ExportTraceServiceRequest {
    fn items(&self) -> usize {
        let scopes = self.resource_spans.iter().flat_map(|r| &r.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }

    fn print(&self) -> String {
        let scopes = self.resource_spans.iter().flat_map(|r| &r.scope_spans);
        scopes
            .flat_map(|scope| &scope.spans)
            .map(console::span)
            .collect()
    }
}

impl Request for ExportLogsServiceRequest {
    fn items(&self) -> usize {
        let scopes = self.resource_logs.iter().flat_map(|r| &r.scope_logs);
        scopes.map(|scope| scope.log_records.len()).sum()
    }

    fn print(&self) -> String {
        let scopes = self.resource_logs.iter().flat_map(|r| &r.scope_logs);
        scopes
            .flat_map(|scope| {
                let target = scope.scope.as_ref().map_or("", |scope| &scope.name);
                scope
                    .log_records
                    .iter()
                    .map(move |record| console::log(target, record))
            })
            .collect()
    }
}

impl Request for ExportMetricsServiceRequest {
    fn items(&self) -> usize {
        let scopes = self.resource_metrics.iter().flat_map(|r| &r.scope_metrics);
        scopes
            .flat_map(|scope| &scope.metrics)
            .map(|metric| match &metric.data {
                Some(Data::Gauge(gauge)) => gauge.data_points.len(),
                Some(Data::Sum(sum)) => sum.data_points.len(),
                Some(Data::Histogram(histogram)) => histogram.data_points.len(),
                Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
                Some(Data::Summary(summary)) => summary.data_points.len(),
                None => 0,
            })
            .sum()
    }

    fn print(&self) -> String {
        let scopes = self.resource_metrics.iter().flat_map(|r| &r.scope_metrics);
        scopes
            .flat_map(|scope| &scope.metrics)
            .map(console::metric)
            .collect()
    }
}
