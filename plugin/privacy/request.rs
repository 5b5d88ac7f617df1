//! Where texts are in the three requests of OTLP.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::InstrumentationScope,
    logs::v1::LogRecord,
    metrics::v1::{Exemplar, Metric, metric::Data},
    resource::v1::Resource,
    trace::v1::Span,
};

use super::Redactor;

/// A part of an export request in which secrets and personal data can be.
pub(crate) trait Redact {
    /// Removes them.
    fn redact(&mut self, redactor: &Redactor);
}

impl Redact for ExportTraceServiceRequest {
    fn redact(&mut self, redactor: &Redactor) {
        for of_resource in &mut self.resource_spans {
            of_resource.resource.redact(redactor);
            for of_scope in &mut of_resource.scope_spans {
                of_scope.scope.redact(redactor);
                of_scope.spans.redact(redactor);
            }
        }
    }
}

impl Redact for ExportLogsServiceRequest {
    fn redact(&mut self, redactor: &Redactor) {
        for of_resource in &mut self.resource_logs {
            of_resource.resource.redact(redactor);
            for of_scope in &mut of_resource.scope_logs {
                of_scope.scope.redact(redactor);
                of_scope.log_records.redact(redactor);
            }
        }
    }
}

impl Redact for ExportMetricsServiceRequest {
    fn redact(&mut self, redactor: &Redactor) {
        for of_resource in &mut self.resource_metrics {
            of_resource.resource.redact(redactor);
            for of_scope in &mut of_resource.scope_metrics {
                of_scope.scope.redact(redactor);
                of_scope.metrics.redact(redactor);
            }
        }
    }
}

impl<T: Redact> Redact for Option<T> {
    fn redact(&mut self, redactor: &Redactor) {
        if let Some(part) = self {
            part.redact(redactor);
        }
    }
}

impl<T: Redact> Redact for Vec<T> {
    fn redact(&mut self, redactor: &Redactor) {
        for part in self {
            part.redact(redactor);
        }
    }
}

impl Redact for Resource {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.attributes(&mut self.attributes);
    }
}

impl Redact for InstrumentationScope {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.text(&mut self.name);
        redactor.text(&mut self.version);
        redactor.attributes(&mut self.attributes);
    }
}

impl Redact for Span {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.text(&mut self.name);
        redactor.attributes(&mut self.attributes);
        for event in &mut self.events {
            redactor.text(&mut event.name);
            redactor.attributes(&mut event.attributes);
        }
        for link in &mut self.links {
            redactor.attributes(&mut link.attributes);
        }
        if let Some(status) = &mut self.status {
            redactor.text(&mut status.message);
        }
    }
}

impl Redact for LogRecord {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.text(&mut self.event_name);
        if let Some(body) = &mut self.body {
            redactor.value(body);
        }
        redactor.attributes(&mut self.attributes);
    }
}

impl Redact for Metric {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.text(&mut self.description);
        redactor.text(&mut self.unit);
        redactor.attributes(&mut self.metadata);
        macro_rules! points {
            ($data:expr) => {
                for point in &mut $data.data_points {
                    redactor.attributes(&mut point.attributes);
                    point.exemplars.redact(redactor);
                }
            };
        }
        match &mut self.data {
            Some(Data::Gauge(gauge)) => points!(gauge),
            Some(Data::Sum(sum)) => points!(sum),
            Some(Data::Histogram(histogram)) => points!(histogram),
            Some(Data::ExponentialHistogram(histogram)) => points!(histogram),
            // Has no exemplars.
            Some(Data::Summary(summary)) => {
                for point in &mut summary.data_points {
                    redactor.attributes(&mut point.attributes);
                }
            }
            None => {}
        }
    }
}

impl Redact for Exemplar {
    fn redact(&mut self, redactor: &Redactor) {
        redactor.attributes(&mut self.filtered_attributes);
    }
}
