//! OTLP over gRPC.
//!
//! The servers that are generated for it decode a request before anybody can look at it. These take its bytes, as over HTTP.

use std::sync::Arc;

use axum::{Router, extract, routing::post};
use prost::bytes::{Buf, BufMut, Bytes};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::BoxFuture,
    server::{Grpc, UnaryService},
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use super::{
    Encoding, MAX_UNPACKED_BYTES, Signal,
    request::{Refusal, take},
};
use crate::core::Core;

/// Requests of one connection that are worked on at once.
const MAX_CONCURRENT: usize = 16;

/// The methods by which each signal is exported.
const METHODS: [(Signal, &str); 3] = [
    (
        Signal::Traces,
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ),
    (
        Signal::Logs,
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    ),
    (
        Signal::Metrics,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    ),
];

/// Serves until `stop` ends. A browser cannot speak gRPC to it: it has no HTTP/2 without TLS.
///
/// # Errors
/// If the socket fails.
pub(crate) async fn serve(
    listener: tokio::net::TcpListener,
    core: Arc<Core>,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let unknown = || async { Status::unimplemented("").into_http::<Body>() };
    let mut router = Router::new().fallback(unknown);
    for (signal, method) in METHODS {
        let receiver = Receiver {
            core: core.clone(),
            signal,
        };
        let export = move |request: extract::Request| async move {
            Grpc::new(Raw)
                .max_decoding_message_size(MAX_UNPACKED_BYTES)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .unary(receiver, request)
                .await
        };
        router = router.route(method, post(export));
    }
    Server::builder()
        .concurrency_limit_per_connection(MAX_CONCURRENT)
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stop)
        .await
}

#[derive(Clone)]
struct Receiver {
    core: Arc<Core>,
    signal: Signal,
}

impl UnaryService<Bytes> for Receiver {
    type Response = Vec<u8>;
    type Future = BoxFuture<Response<Vec<u8>>, Status>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (core, signal) = (self.core.clone(), self.signal);
        Box::pin(async move {
            let _permit = core.worker().await;
            let intake = core.intake.clone();
            let body = request.into_inner();
            let taken = tokio::task::spawn_blocking(move || {
                take(&intake, signal, Encoding::Protobuf, &body)
            });
            match taken.await {
                Ok(Ok(answer)) => Ok(Response::new(answer)),
                Ok(Err(refusal @ Refusal::Full)) => Err(Status::unavailable(refusal.to_string())),
                Ok(Err(refusal)) => Err(Status::invalid_argument(refusal.to_string())),
                Err(error) => Err(Status::internal(error.to_string())),
            }
        })
    }
}

/// Takes and gives encoded messages.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
