//! A running viewer.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use tokio::{runtime::Runtime, sync::watch};

use crate::{
    api::{Receiver, Status},
    core::Core,
    query::Params,
    receiver::{Signal, feed::Feed},
    store::{self, Store},
    web::{self, Token, Web},
};

/// Bytes that may wait for the writer: two transactions of a busy sender, so that it works while the writer does.
const QUEUE_BYTES: usize = 16 << 20;

/// Bytes of all runs, unless another limit is set.
pub const DEFAULT_LIMIT: u64 = 1 << 30;

/// How a viewer is started.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The folder of the runs. It is made, for this user only.
    pub folder: PathBuf,
    /// The most bytes of all runs; at least 8 MiB. The oldest finished runs go first, then the oldest items.
    pub limit_bytes: u64,
    /// The name of the run; that of the first service when empty.
    pub name: String,
    /// The port of the page, the API and OTLP over HTTP; 0 takes a free one, `None` opens none.
    pub http_port: Option<u16>,
    /// The port of OTLP over gRPC; 0 takes a free one, `None` opens none.
    pub grpc_port: Option<u16>,
}

impl Options {
    /// Keeps runs in `folder`, and receives on a free port over HTTP.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            limit_bytes: DEFAULT_LIMIT,
            name: String::new(),
            http_port: Some(0),
            grpc_port: None,
        }
    }
}

/// Why a viewer does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The runs cannot be kept.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A port cannot be opened.
    #[error("port {port} of 127.0.0.1: {source}")]
    Port {
        /// Which one.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system gives no threads or no randomness.
    #[error("the viewer cannot start: {0}")]
    System(std::io::Error),
}

/// The queue is full: the items were not taken and can be given again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of the viewer is full; send again")]
pub struct Busy;

/// A running viewer. It ends, with everything stored, when it is dropped.
#[must_use]
pub struct Viewer {
    core: Arc<Core>,
    web: Arc<Web>,
    http: Option<SocketAddr>,
    grpc: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    /// `None` only while it is being dropped, and so below.
    feed: Option<Feed>,
    runtime: Option<Runtime>,
}

impl Viewer {
    /// Begins a run, and opens the ports.
    ///
    /// # Errors
    /// If the folder cannot be used or has no room, or a port is taken.
    pub fn start(options: Options) -> Result<Self, StartError> {
        // Before the run is begun, so that there is none if a port is taken.
        let http = options.http_port.map(bind).transpose()?;
        #[cfg(feature = "grpc")]
        let grpc = options.grpc_port.map(bind).transpose()?;
        let store = Store::open(store::Options {
            folder: options.folder,
            limit: options.limit_bytes,
            queue_bytes: QUEUE_BYTES,
            name: options.name,
        })?;
        let core = Arc::new(Core::new(store));
        let feed = Feed::start(core.intake.clone()).map_err(StartError::System)?;
        let token = Token::random().map_err(|error| StartError::System(error.into()))?;
        // After all that can fail, because a runtime that is dropped where the app runs asynchronous code panics.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("tracepane")
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        let (stop, stopped) = watch::channel(false);
        let http_address = http
            .as_ref()
            .and_then(|listener| listener.local_addr().ok());
        let web = Arc::new(Web::new(
            core.clone(),
            token,
            http_address.map_or(0, |address| address.port()),
        ));
        if let Some(listener) = http {
            #[cfg(feature = "mcp")]
            let mcp = Some(crate::mcp::routes(
                &core,
                http_address.map(|address| format!("http://{address}")),
            ));
            #[cfg(not(feature = "mcp"))]
            let mcp = None;
            let router = web.clone().router(mcp);
            let stopped = until(stopped.clone());
            runtime.spawn(async move {
                // An error means that the system has no room for the socket, and there is nobody to tell.
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    web::serve(listener, router, stopped).await;
                }
            });
        }
        #[cfg(feature = "grpc")]
        let grpc_address = grpc.and_then(|listener| {
            let address = listener.local_addr().ok();
            let core = core.clone();
            runtime.spawn(async move {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    // It ends with the socket, and then there is nobody to tell.
                    let _ = crate::receiver::grpc::serve(listener, core, until(stopped)).await;
                }
            });
            address
        });
        #[cfg(not(feature = "grpc"))]
        let grpc_address = None;
        let url = |address: Option<SocketAddr>| address.map(|address| format!("http://{address}"));
        let receiver = Receiver {
            http: url(http_address),
            grpc: url(grpc_address),
        };
        core.receiver.get_or_init(|| receiver);
        Ok(Self {
            core,
            web,
            http: http_address,
            grpc: grpc_address,
            stop,
            feed: Some(feed),
            runtime: Some(runtime),
        })
    }

    /// The link that opens the page. It has the token of this run: who has it can read the telemetry.
    pub fn link(&self) -> Option<String> {
        self.http
            .map(|address| format!("http://{address}/#token={}", self.web.token.as_str()))
    }

    /// The token, for `Authorization: Bearer`.
    pub fn token(&self) -> &str {
        self.web.token.as_str()
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with a protocol over HTTP.
    pub fn http_endpoint(&self) -> Option<String> {
        self.http.map(|address| format!("http://{address}"))
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with gRPC.
    pub fn grpc_endpoint(&self) -> Option<String> {
        self.grpc.map(|address| format!("http://{address}"))
    }

    /// Takes spans from within the process.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub fn ingest_traces(&self, request: ExportTraceServiceRequest) -> Result<(), Busy> {
        let size = request.encoded_len();
        self.core
            .intake
            .traces(request, size)
            .map(drop)
            .map_err(|_| Busy)
    }

    /// Takes log records from within the process.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub fn ingest_logs(&self, request: ExportLogsServiceRequest) -> Result<(), Busy> {
        let size = request.encoded_len();
        self.core
            .intake
            .logs(request, size)
            .map(drop)
            .map_err(|_| Busy)
    }

    /// Takes data points from within the process.
    ///
    /// # Errors
    /// [`Busy`] when the queue is full.
    pub fn ingest_metrics(&self, request: ExportMetricsServiceRequest) -> Result<(), Busy> {
        let size = request.encoded_len();
        self.core
            .intake
            .metrics(request, size)
            .map(drop)
            .map_err(|_| Busy)
    }

    /// Takes an encoded request from within the process, and decodes it on a thread of the viewer: all that the caller pays is
    /// a copy. What cannot be decoded, or finds the queue full, is counted in the status.
    pub fn ingest_encoded(&self, signal: Signal, request: Vec<u8>) {
        if let Some(feed) = &self.feed {
            feed.push(signal, request);
        }
    }

    /// Takes rows that were read from a file, and waits when the queue is full.
    #[cfg(feature = "cli")]
    pub(crate) fn import(&self, mut batch: crate::intake::Batch) {
        batch.is_from_file = true;
        let rejected = crate::intake::Rejected::default();
        self.core.intake.push_when_room(batch, &rejected);
    }

    /// Answers a request of a window whose custom scheme leads here: the page and the API, without a token. Only for requests
    /// that no web page can make.
    pub async fn respond(&self, request: http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        self.web.in_process(request).await
    }

    /// Waits until everything that was taken so far is stored. Blocks: not for the threads of a runtime.
    pub fn flush(&self) {
        if let Some(feed) = &self.feed {
            feed.flush();
        }
        self.core.store.flush();
    }

    /// What the current run holds.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn status(&self) -> Result<Status, store::Error> {
        self.core
            .status(&Params::default())
            .map_err(|error| match error {
                crate::query::QueryError::Store(error) => error,
                other => store::Error::NoRun(other.to_string()),
            })
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        // Dropping the feed stores the requests that it was given.
        self.feed.take();
        if let Some(runtime) = self.runtime.take() {
            // A listener of live events would wait forever.
            runtime.shutdown_background();
        }
        self.core.store.close();
    }
}

/// Listens without a runtime: the app may run asynchronous code on this thread, where another runtime cannot block.
fn bind(port: u16) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    listener.map_err(|source| StartError::Port { port, source })
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the viewer is gone.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_starts_or_fails_where_an_app_runs_asynchronous_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = |http_port| Options {
            http_port: Some(http_port),
            ..Options::new(folder.path())
        };
        let viewer = Viewer::start(options(0)).expect("started");
        let port = viewer.http.expect("an address").port();
        let taken = Viewer::start(options(port));
        assert!(matches!(taken, Err(StartError::Port { .. })));
    }
}
