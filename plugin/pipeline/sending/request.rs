//! What the export requests of all signals have in common.

use super::{console, json::Doubles};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    logs::v1::{ResourceLogs, ScopeLogs},
    metrics::v1::{ResourceMetrics, ScopeMetrics, metric::Data},
    trace::v1::{ResourceSpans, ScopeSpans},
};

/// An export request of one signal.
pub(crate) trait ExportRequest:
    prost::Message + serde::Serialize + Doubles + Clone + Default
{
    /// The number of spans, log records or metric points in it.
    fn items(&self) -> usize;

    /// The request for a person to read, with a line per item.
    fn print(&self) -> String;

    /// Two requests with half of the content each. `None` if there is only one span, log record or metric.
    fn split(self) -> Option<(Self, Self)>;
}

/// Moves the second half of a list out of it.
fn halve<T>(list: &mut Vec<T>) -> Option<Vec<T>> {
    (list.len() > 1).then(|| list.split_off(list.len() / 2))
}

/// `ExportRequest::split` for a request of `$resources`, each of which has `$scopes`, each of which has `$items`. It splits the
/// outermost list that has more than one element.
macro_rules! split {
    ($resources:ident: $Resource:ident, $scopes:ident: $Scope:ident, $items:ident) => {
        fn split(mut self) -> Option<(Self, Self)> {
            if let Some($resources) = halve(&mut self.$resources) {
                return Some((self, Self { $resources }));
            }
            let of = self.$resources.first_mut()?;
            let $scopes = match halve(&mut of.$scopes) {
                Some(scopes) => scopes,
                None => {
                    let of = of.$scopes.first_mut()?;
                    vec![$Scope {
                        $items: halve(&mut of.$items)?,
                        scope: of.scope.clone(),
                        schema_url: of.schema_url.clone(),
                    }]
                }
            };
            let rest = $Resource {
                $scopes,
                resource: of.resource.clone(),
                schema_url: of.schema_url.clone(),
            };
            Some((
                self,
                Self {
                    $resources: vec![rest],
                },
            ))
        }
    };
}

impl ExportRequest for ExportTraceServiceRequest {
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

    split!(resource_spans: ResourceSpans, scope_spans: ScopeSpans, spans);
}

impl ExportRequest for ExportLogsServiceRequest {
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

    split!(resource_logs: ResourceLogs, scope_logs: ScopeLogs, log_records);
}

impl ExportRequest for ExportMetricsServiceRequest {
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

    split!(resource_metrics: ResourceMetrics, scope_metrics: ScopeMetrics, metrics);
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        common::v1::InstrumentationScope, resource::v1::Resource, trace::v1::Span,
    };

    use super::*;

    fn scope(name: &str, spans: usize) -> ScopeSpans {
        let numbered = |index| Span {
            name: format!("{name} {index}"),
            ..Default::default()
        };
        ScopeSpans {
            scope: Some(InstrumentationScope {
                name: name.to_owned(),
                ..Default::default()
            }),
            spans: (0..spans).map(numbered).collect(),
            schema_url: "schema".to_owned(),
        }
    }

    fn request(scope_spans: Vec<ScopeSpans>) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource {
                    dropped_attributes_count: 7,
                    ..Default::default()
                }),
                scope_spans,
                schema_url: "schema".to_owned(),
            }],
        }
    }

    /// Splits until nothing can be split any more.
    fn pieces(request: ExportTraceServiceRequest) -> Vec<ExportTraceServiceRequest> {
        match request.clone().split() {
            Some((first, second)) => [pieces(first), pieces(second)].concat(),
            None => vec![request],
        }
    }

    #[test]
    fn a_request_is_split_down_to_its_spans_which_keep_scope_and_resource() {
        let found = pieces(request(vec![scope("a", 3), scope("b", 2)]));
        let expected: Vec<_> = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)]
            .map(|(name, index)| {
                let mut alone = scope(name, index + 1);
                alone.spans.drain(..index);
                request(vec![alone])
            })
            .into();
        assert_eq!(found, expected);
    }

    #[test]
    fn one_span_or_none_cannot_be_split() {
        assert_eq!(request(vec![scope("a", 1)]).split(), None);
        assert_eq!(request(vec![]).split(), None);
        assert_eq!(ExportTraceServiceRequest::default().split(), None);
    }
}
