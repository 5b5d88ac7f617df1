//! OTLP over gRPC.
//!
//! The servers that are generated for it decode a request before anybody can look at it. These take its bytes, as over HTTP.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{BoxError, Router, body, extract, routing::post};
use futures_util::{Stream, StreamExt as _, stream};
use prost::bytes::{Buf, BufMut, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::BoxFuture,
    server::{Grpc, UnaryService},
    service::Routes,
    transport::{Server, server::Connected},
};

use super::{
    BODY_TIMEOUT, Encoding, MAX_UNPACKED_BYTES, Signal,
    request::{Refusal, take},
};
use crate::core::Core;

/// Bytes that a sender may send of a request that is not read. The window of a connection has room for all its requests, so that those that
/// wait for their turn leave room to those that are read.
const STREAM_WINDOW: u32 = 64 << 10;

/// How long a connection may say nothing before it is asked whether it is there. One that does not answer gives its place back.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Connections at once: each program that sends has up to three. Each takes up to a megabyte, and a file of the system, of which the page
/// needs some.
const MAX_CONNECTIONS: usize = 128;

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
    listener: TcpListener,
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
        let export = move |request| export(receiver, request);
        router = router.route(method, post(export));
    }
    Server::builder()
        .concurrency_limit_per_connection(MAX_CONCURRENT)
        .max_concurrent_streams(MAX_CONCURRENT as u32)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAM_WINDOW * MAX_CONCURRENT as u32)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(connections(listener), stop)
        .await
}

/// The connections, each when there is a place for it.
fn connections(listener: TcpListener) -> impl Stream<Item = io::Result<Connection>> {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    stream::unfold((listener, places), |(listener, places)| async {
        let place = places.clone().acquire_owned().await.ok()?;
        let accepted = listener.accept().await;
        let connection = accepted.map(|(stream, _)| Connection {
            stream,
            _place: place,
        });
        Some((connection, (listener, places)))
    })
}

/// A connection, which has its place until it ends.
struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Reads a request within [`BODY_TIMEOUT`], takes it and answers it.
async fn export(receiver: Receiver, request: extract::Request) -> http::Response<Body> {
    let deadline = Instant::now() + BODY_TIMEOUT;
    let core = receiver.core.clone();
    // It is unpacked while it is read, so that reading takes memory as well.
    let Ok(_permit) = timeout_at(deadline, core.permit_to_receive()).await else {
        return late().into_http();
    };
    Grpc::new(Raw)
        .max_decoding_message_size(MAX_UNPACKED_BYTES)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .unary(receiver, request.map(|body| until(deadline, body)))
        .await
}

/// The body of a request, which fails at the deadline. What is done with a request that is there has no deadline: who sent it would send
/// it again while it is stored.
fn until(deadline: Instant, body: body::Body) -> body::Body {
    let chunks = stream::unfold(body.into_data_stream(), move |mut chunks| async move {
        match timeout_at(deadline, chunks.next()).await {
            Ok(chunk) => Some((chunk?.map_err(BoxError::from), chunks)),
            Err(_) => Some((Err(late().into()), chunks)),
        }
    });
    body::Body::from_stream(chunks)
}

/// The code is one after which a sender sends again.
fn late() -> Status {
    Status::unavailable("the request was not read in time; send again")
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
