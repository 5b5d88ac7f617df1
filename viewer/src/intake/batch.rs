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
};

/// The rows of one request.
#[derive(Default)]
pub(crate) struct Batch {
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
    pub(crate) service: String,
    /// The resource and its schema, encoded as a `ResourceSpans` without spans. Those of logs and metrics have the same form.
    pub(crate) resource: Vec<u8>,
    pub(crate) scope_name: String,
    /// The scope and its schema, encoded as a `ScopeSpans` without spans.
    pub(crate) scope: Vec<u8>,
    /// The attributes of the resource.
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

    /// Reads spans. `size` is that of the encoded request.
    pub(crate) fn traces(request: ExportTraceServiceRequest, size: usize) -> (Self, Rejected) {
        let (mut batch, mut rejected) = (Self::default(), Rejected::default());
        let mut bytes = Vec::with_capacity(size);
        for resource in request.resource_spans {
            let encoded = EncodedResource::new(resource.resource, resource.schema_url);
            for scope in resource.scope_spans {
                let group = batch.group(&encoded, scope.scope, scope.schema_url);
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
            let encoded = EncodedResource::new(resource.resource, resource.schema_url);
            for scope in resource.scope_logs {
                let group = batch.group(&encoded, scope.scope, scope.schema_url);
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
            let encoded = EncodedResource::new(resource.resource, resource.schema_url);
            for scope in resource.scope_metrics {
                let group = batch.group(&encoded, scope.scope, scope.schema_url);
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

    fn group(
        &mut self,
        resource: &EncodedResource,
        scope: Option<InstrumentationScope>,
        schema_url: String,
    ) -> usize {
        let scope_name = scope
            .as_ref()
            .map_or_else(String::new, |scope| scope.name.clone());
        let scope = ScopeSpans {
            scope,
            spans: Vec::new(),
            schema_url,
        };
        self.groups.push(Group {
            service: resource.service.clone(),
            resource: resource.bytes.clone(),
            scope_name,
            scope: scope.encode_to_vec(),
            bits: resource.bits,
        });
        self.groups.len() - 1
    }
}

struct EncodedResource {
    service: String,
    bytes: Vec<u8>,
    bits: AttributeBits,
}

impl EncodedResource {
    fn new(resource: Option<Resource>, schema_url: String) -> Self {
        let attributes: &[KeyValue] = resource
            .as_ref()
            .map_or(&[], |resource| &resource.attributes);
        let service = find(attributes, "service.name")
            .map(as_text)
            .filter(|name| !name.is_empty());
        let mut bits = AttributeBits::default();
        bits.add_all(attributes);
        Self {
            service: service.unwrap_or_else(|| UNKNOWN_SERVICE.to_owned()),
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
