//! Rows of one request, and the resources and scopes that they share.

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{InstrumentationScope, KeyValue},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message;

use super::{
    AttributeBits, LogRow, PLUGIN_SCOPE, PointRow, SpanRow, UNKNOWN_SERVICE, as_text, find,
    spans::MAX_NAME_BYTES, truncate,
};

/// The rows of one request.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) resources: Vec<EncodedResource>,
    pub(crate) groups: Vec<Group>,
    pub(crate) spans: Vec<SpanRow>,
    pub(crate) logs: Vec<LogRow>,
    pub(crate) points: Vec<PointRow>,
    /// What the spans have beside their columns. In one piece: a thread of the receiver makes it and that of the writer frees it, which an
    /// allocator is slow at, and keeps room for.
    pub(crate) bytes: Box<[u8]>,
    /// About how many bytes it takes in memory.
    pub(crate) weight: usize,
    /// Whether it comes from a file, so that nobody knows when it arrived.
    pub(crate) is_from_file: bool,
}

/// A resource and a scope, which rows name by the index of their group.
pub(crate) struct Group {
    /// The index of the resource. A request can have hundreds of thousands of scopes in one large resource, so none has a copy.
    pub(crate) resource: usize,
    pub(crate) scope_name: String,
    /// The scope and its schema, encoded as a `ScopeSpans` without spans.
    pub(crate) scope: Vec<u8>,
}

/// What the rows of a resource share.
pub(crate) struct EncodedResource {
    pub(crate) service: String,
    /// The resource and its schema, encoded as a `ResourceSpans` without spans. Those of logs and metrics have the same form.
    pub(crate) bytes: Vec<u8>,
    /// Its attributes.
    pub(crate) bits: AttributeBits,
}

impl Group {
    /// Whether it is of the plugin itself.
    pub(crate) fn is_plugin(&self) -> bool {
        self.scope_name == PLUGIN_SCOPE
    }
}

/// Items of a request that are not valid.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) items: u64,
    /// Why, for the first of them.
    pub(crate) reason: String,
}

impl Rejected {
    pub(super) fn add(&mut self, reason: &str) {
        self.items += 1;
        if self.reason.is_empty() {
            reason.clone_into(&mut self.reason);
        }
    }
}

/// What a row takes beside its bytes.
const ROW_BYTES: usize = 400;

impl Batch {
    pub(crate) fn rows(&self) -> usize {
        self.spans.len() + self.logs.len() + self.points.len()
    }

    /// What a span has beside its columns.
    pub(crate) fn rest(&self, span: &SpanRow) -> &[u8] {
        &self.bytes[span.rest.clone()]
    }

    /// The resource of a group.
    pub(crate) fn resource(&self, group: usize) -> &EncodedResource {
        &self.resources[self.groups[group].resource]
    }

    /// Reads spans. `size` is that of the encoded request.
    pub(crate) fn traces(request: ExportTraceServiceRequest, size: usize) -> (Self, Rejected) {
        let (mut batch, mut rejected) = (Self::default(), Rejected::default());
        let mut bytes = Vec::with_capacity(size);
        for resource in request.resource_spans {
            batch
                .resources
                .push(EncodedResource::new(resource.resource, resource.schema_url));
            for scope in resource.scope_spans {
                let group = batch.group(scope.scope, scope.schema_url);
                let is_page = batch.groups[group].scope_name == super::PAGE_SCOPE;
                batch.spans.reserve(scope.spans.len());
                for span in scope.spans {
                    match SpanRow::new(span, group, is_page, &mut bytes) {
                        Ok(row) => batch.spans.push(row),
                        Err(reason) => rejected.add(reason),
                    }
                }
            }
        }
        batch.bytes = bytes.into_boxed_slice();
        batch.weigh(size);
        (batch, rejected)
    }

    /// Reads log records.
    pub(crate) fn logs(request: ExportLogsServiceRequest, size: usize) -> Self {
        let mut batch = Self::default();
        for resource in request.resource_logs {
            batch
                .resources
                .push(EncodedResource::new(resource.resource, resource.schema_url));
            for scope in resource.scope_logs {
                let group = batch.group(scope.scope, scope.schema_url);
                let is_plugin = batch.groups[group].is_plugin();
                let rows = scope.log_records.into_iter();
                batch
                    .logs
                    .extend(rows.map(|record| LogRow::new(record, group, is_plugin)));
            }
        }
        batch.weigh(size);
        batch
    }

    /// Reads the data points of metrics.
    pub(crate) fn metrics(request: ExportMetricsServiceRequest, size: usize) -> (Self, Rejected) {
        let (mut batch, mut rejected) = (Self::default(), Rejected::default());
        for resource in request.resource_metrics {
            batch
                .resources
                .push(EncodedResource::new(resource.resource, resource.schema_url));
            for scope in resource.scope_metrics {
                let group = batch.group(scope.scope, scope.schema_url);
                for metric in scope.metrics {
                    if metric.data.is_none() {
                        rejected.add("a metric has no data");
                    }
                    PointRow::read(metric, group, &mut batch.points);
                }
            }
        }
        batch.weigh(size);
        (batch, rejected)
    }

    fn weigh(&mut self, size: usize) {
        self.weight = size + self.rows() * ROW_BYTES;
    }

    /// Adds a group of the last resource.
    fn group(&mut self, scope: Option<InstrumentationScope>, schema_url: String) -> usize {
        let name = scope.as_ref().map_or("", |scope| &scope.name);
        let scope_name = truncate(name, MAX_NAME_BYTES).to_owned();
        let scope = ScopeSpans {
            scope,
            spans: Vec::new(),
            schema_url,
        };
        self.groups.push(Group {
            resource: self.resources.len() - 1,
            scope_name,
            scope: scope.encode_to_vec(),
        });
        self.groups.len() - 1
    }
}

impl EncodedResource {
    fn new(resource: Option<Resource>, schema_url: String) -> Self {
        let attributes: &[KeyValue] = resource
            .as_ref()
            .map_or(&[], |resource| &resource.attributes);
        let service = find(attributes, "service.name")
            .map(as_text)
            .filter(|name| !name.is_empty());
        let service = service.as_deref().unwrap_or(UNKNOWN_SERVICE);
        let mut bits = AttributeBits::default();
        bits.add_all(attributes);
        Self {
            service: truncate(service, MAX_NAME_BYTES).to_owned(),
            bits,
            bytes: ResourceSpans {
                resource,
                scope_spans: Vec::new(),
                schema_url,
            }
            .encode_to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        common::v1::{AnyValue, any_value::Value},
        trace::v1::Span,
    };

    use super::*;

    /// A request with a resource of a megabyte, and in it so many scopes with a span each.
    fn scopes_of_a_large_resource(scopes: u64) -> ExportTraceServiceRequest {
        let name = KeyValue {
            key: "service.name".to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue("x".repeat(1 << 20))),
            }),
            ..KeyValue::default()
        };
        let scope_spans = (1..=scopes).map(|id| ScopeSpans {
            spans: vec![Span {
                trace_id: vec![1; 16],
                span_id: id.to_be_bytes().to_vec(),
                ..Span::default()
            }],
            ..ScopeSpans::default()
        });
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource {
                    attributes: vec![name],
                    ..Resource::default()
                }),
                scope_spans: scope_spans.collect(),
                ..ResourceSpans::default()
            }],
        }
    }

    #[test]
    fn the_scopes_of_a_large_resource_share_it() {
        let (batch, rejected) = Batch::traces(scopes_of_a_large_resource(10_000), 0);
        assert_eq!(rejected, Rejected::default());
        assert_eq!((batch.resources.len(), batch.groups.len()), (1, 10_000));
        let resource = batch.resource(batch.spans[9_999].group);
        assert!(resource.bytes.len() > 1 << 20);
        // Operations and groups of errors have it too, each a copy.
        assert_eq!(resource.service.len(), MAX_NAME_BYTES);
    }
}
