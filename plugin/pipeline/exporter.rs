//! Spans as OTLP/HTTP requests with binary protobuf
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>).
//!
//! Not `opentelemetry-otlp`: its HTTP exporter reads the environment by itself, retries by itself,
//! and hides the encoded request, which is what has to be kept when the network is away.

use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use prost::Message;

use super::client::Client;

#[derive(Debug)]
pub(crate) struct OtlpExporter {
    client: Client,
    resource: ResourceAttributesWithSchema,
}

impl OtlpExporter {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            resource: ResourceAttributesWithSchema::default(),
        }
    }
}

impl SpanExporter for OtlpExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &self.resource),
        };
        // The queue's thread has nothing else to do, so a blocking client serves it best.
        self.client
            .post(&request.encode_to_vec())
            .map_err(|failure| OTelSdkError::InternalFailure(failure.to_string()))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
