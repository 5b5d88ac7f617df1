//! What is private to the pipeline, for the benchmarks.

use std::{path::PathBuf, sync::Arc};

use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::common::tonic::ResourceAttributesWithSchema,
};
use opentelemetry_sdk::{Resource, trace::SpanData};
use prost::Message;

use super::{
    health::Health,
    keeping::spool::{Addressee, Spool},
    sending::json,
    signals::spans,
};
use crate::config::{SpanLimits, SpoolLimits};

/// The request of a batch of spans.
pub(crate) fn request(batch: Vec<SpanData>, limits: SpanLimits) -> ExportTraceServiceRequest {
    let resource = ResourceAttributesWithSchema::from(&Resource::builder().build());
    let mut request = spans::request(batch, &resource);
    limits.apply(&mut request);
    request
}

/// The bytes of `http/protobuf` and gRPC.
pub(crate) fn protobuf(request: &ExportTraceServiceRequest) -> Vec<u8> {
    request.encode_to_vec()
}

/// The bytes of `http/json` and of a file.
pub(crate) fn json(request: &ExportTraceServiceRequest) -> Vec<u8> {
    json::encode(request.clone())
}

/// A spool of its own.
pub(crate) struct Spooling(Spool);

impl Spooling {
    pub(crate) fn new(folder: PathBuf, limits: SpoolLimits) -> Self {
        let addressee = Addressee {
            signal: 0,
            tenant: 0,
            key: 0,
        };
        Self(Spool::new(
            folder,
            addressee,
            limits,
            None,
            Arc::<Health>::default(),
        ))
    }

    /// Keeps a request so many times, and delivers all of it.
    pub(crate) fn there_and_back(&mut self, body: &[u8], times: usize) {
        for _ in 0..times {
            assert!(self.0.store(body, 1));
        }
        while let Some(mut claim) = self.0.claim() {
            while self.0.next(&mut claim).is_some() {
                self.0.delivered(&mut claim);
            }
            self.0.finish(claim);
        }
        assert_eq!(self.0.bytes(), 0);
    }
}
