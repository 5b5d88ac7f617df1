//! An OTLP/HTTP receiver in this process, for what needs no Collector.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    routing::{MethodRouter, post},
};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{log::Log, metric::Metric, source::Source, span::Span};

/// The receiver; it stops when dropped.
pub struct Receiver {
    endpoint: String,
    state: Arc<Received>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Received {
    spans: Mutex<Vec<Span>>,
    logs: Mutex<Vec<Log>>,
    metrics: Mutex<Vec<Metric>>,
    requests: AtomicUsize,
}

impl Receiver {
    /// Starts it on a free port of the loopback interface.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> Result<Self> {
        Self::serve(post(traces)).await
    }

    /// Starts one that throws away what it gets, for measuring the sender and not the receiver.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn discarding() -> Result<Self> {
        Self::serve(post(discard)).await
    }

    async fn serve(traces: MethodRouter<Arc<Received>>) -> Result<Self> {
        let state = Arc::<Received>::default();
        let router = Router::new()
            .route("/v1/traces", traces)
            .route("/v1/logs", post(logs))
            .route("/v1/metrics", post(metrics))
            // What an exporter sends is up to the exporter; axum's 2 MB are less than a full batch.
            .layer(DefaultBodyLimit::disable())
            .with_state(state.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("a bound listener serves");
        });
        Ok(Self {
            endpoint,
            state,
            server,
        })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How many exports arrived, of all signals.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Source for Receiver {
    fn spans(&self) -> Vec<Span> {
        lock(&self.state.spans).clone()
    }

    fn logs(&self) -> Vec<Log> {
        lock(&self.state.logs).clone()
    }

    fn metrics(&self) -> Vec<Metric> {
        lock(&self.state.metrics).clone()
    }
}

fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn discard(State(state): State<Arc<Received>>, _: Bytes) -> StatusCode {
    state.requests.fetch_add(1, Ordering::Relaxed);
    StatusCode::OK
}

async fn traces(State(state): State<Arc<Received>>, body: Bytes) -> StatusCode {
    state.requests.fetch_add(1, Ordering::Relaxed);
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    lock(&state.spans).extend(Span::decode(request.resource_spans));
    StatusCode::OK
}

async fn logs(State(state): State<Arc<Received>>, body: Bytes) -> StatusCode {
    state.requests.fetch_add(1, Ordering::Relaxed);
    let Ok(request) = ExportLogsServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    lock(&state.logs).extend(Log::decode(request.resource_logs));
    StatusCode::OK
}

async fn metrics(State(state): State<Arc<Received>>, body: Bytes) -> StatusCode {
    state.requests.fetch_add(1, Ordering::Relaxed);
    let Ok(request) = ExportMetricsServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    lock(&state.metrics).extend(Metric::decode(request.resource_metrics));
    StatusCode::OK
}
