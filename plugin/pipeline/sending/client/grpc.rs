//! OTLP over gRPC (<https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>).
//!
//! The messages are encoded and decoded elsewhere, as for HTTP; here they are bytes.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use bytes::{Buf, BufMut, Bytes};
use parking_lot::Mutex;
use tauri::http::uri::PathAndQuery;
use tokio::runtime::{self, Runtime};
#[cfg(feature = "tls")]
use tonic::transport::{Certificate, ClientTlsConfig, Identity};
use tonic::{
    Code, Request, Status,
    client::Grpc as Client,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

#[cfg(feature = "tls")]
use super::tls::Pem;
use super::{Cause, SendError, USER_AGENT, changing_headers::ChangingHeaders, error::ClientError};
use crate::{
    config::{Compression, Headers, Otlp, Signal},
    diagnostics,
};

/// How long after an answer its connection is used again. Routers and proxies forget an idle one after a minute or more, and
/// some of them tell neither side. ureq takes the same time.
const MAX_IDLE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Grpc {
    /// Of its own: the app need not have one, and the thread that exports has nothing else to do.
    runtime: Runtime,
    endpoint: Endpoint,
    encoding: Option<CompressionEncoding>,
    /// The connection of the last call, and when that was answered. `None` if it was not: a connection over which nothing
    /// comes back, because the network has changed, looks open until the system gives it up after a quarter of an hour.
    connection: Mutex<Option<(Client<Channel>, Instant)>>,
    path: PathAndQuery,
    metadata: MetadataMap,
    changing: Option<ChangingHeaders>,
    timeout: Duration,
}

impl Grpc {
    pub(super) fn new(signal: Signal, otlp: &Otlp) -> Result<Self, ClientError> {
        let unusable = |error: &dyn Error| ClientError::Grpc(chain(error));
        let endpoint = Endpoint::from_shared(otlp.public_endpoint().to_string())
            .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
            .map_err(|error| unusable(&error))?
            .connect_timeout(otlp.timeout);
        #[cfg(feature = "tls")]
        let endpoint = if otlp.endpoint.scheme() == "https" {
            endpoint
                .tls_config(tls_config(Pem::read(otlp)?))
                .map_err(|error| unusable(&error))?
        } else {
            endpoint
        };
        // Last, because a runtime that is dropped where the app runs asynchronous code panics.
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unusable(&error))?;
        Ok(Self {
            runtime,
            endpoint,
            encoding: match otlp.compression {
                Compression::None => None,
                Compression::Gzip => Some(CompressionEncoding::Gzip),
                #[cfg(feature = "zstd")]
                Compression::Zstd => Some(CompressionEncoding::Zstd),
            },
            connection: Mutex::default(),
            path: PathAndQuery::from_static(match signal {
                Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                Signal::Metrics => {
                    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
                }
                Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            }),
            metadata: metadata(MetadataMap::new(), &super::headers(otlp)),
            changing: ChangingHeaders::new(otlp),
            timeout: otlp.timeout,
        })
    }

    /// Calls with an encoded request and returns the encoded answer.
    pub(super) fn call(&self, body: &[u8]) -> Result<Vec<u8>, SendError> {
        let mut request = Request::new(Bytes::copy_from_slice(body));
        *request.metadata_mut() = match &self.changing {
            Some(changing) => metadata(self.metadata.clone(), &changing.get()?),
            None => self.metadata.clone(),
        };
        request.set_timeout(self.timeout);
        let last = self.connection.lock().take();
        let mut client = match last {
            Some((client, answered)) if answered.elapsed() < MAX_IDLE => client,
            _ => self.connect(),
        };
        let call = async {
            // The runtime runs during calls only. In the first turn it finds that the other side has closed the connection
            // meanwhile, in the second one the connection ends, so that the call opens another one.
            for _ in 0..2 {
                tokio::task::yield_now().await;
            }
            client
                .ready()
                .await
                .map_err(|error| SendError::Unreachable(chain(&error)))?;
            client
                .unary(request, self.path.clone(), Raw)
                .await
                .map(|answer| answer.into_inner())
                .map_err(|status| failure(&status))
        };
        let result = self.runtime.block_on(async {
            tokio::time::timeout(self.timeout, call)
                .await
                .unwrap_or_else(|_| {
                    let cause = format!("no answer for {:?}", self.timeout);
                    Err(SendError::Unreachable(cause))
                })
        });
        if !matches!(result, Err(SendError::Unreachable(_))) {
            *self.connection.lock() = Some((client, Instant::now()));
        }
        result
    }

    /// Connects when the first call is made.
    fn connect(&self) -> Client<Channel> {
        let _in_runtime = self.runtime.enter();
        let client = Client::new(self.endpoint.connect_lazy());
        match self.encoding {
            // The Collector answers as it was asked.
            Some(encoding) => client.send_compressed(encoding).accept_compressed(encoding),
            None => client,
        }
    }
}

/// <https://opentelemetry.io/docs/specs/otlp/#failures>
fn failure(status: &Status) -> SendError {
    if status.source().is_some() {
        return SendError::Unreachable(chain(status));
    }
    let answer = format!("{:?} {:?}", status.code(), status.message());
    let retry_info = status.get_details_retry_info();
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted if speaks_of_size(status.message()) => {
            SendError::Refused {
                answer,
                cause: Cause::TooLarge,
            }
        }
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => SendError::Busy {
            answer,
            retry_after: retry_info.and_then(|info| info.retry_delay),
        },
        // Without the info the specification forbids another try.
        Code::ResourceExhausted if retry_info.is_some() => SendError::Busy {
            answer,
            retry_after: retry_info.and_then(|info| info.retry_delay),
        },
        code => SendError::Refused {
            answer,
            cause: match code {
                Code::Unauthenticated | Code::PermissionDenied => Cause::Unauthorized,
                Code::Unimplemented => Cause::Unsupported,
                _ => Cause::Other,
            },
        },
    }
}

/// Whether a receiver refused the message for its size. The implementations of gRPC say that in words only: tonic has one
/// code for it and the others another, and both codes have other meanings, such as a quota that is used up.
fn speaks_of_size(message: &str) -> bool {
    const WORDS: [&str; 4] = [
        // Go, C++ and JavaScript.
        "larger than",
        // Rust.
        "too large",
        // Java.
        "exceeds maximum size",
        // .NET.
        "exceeds the maximum configured message size",
    ];
    WORDS.iter().any(|words| message.contains(words))
}

/// The innermost cause is the one that helps, and tonic shows the outermost.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(feature = "tls")]
fn tls_config(pem: Pem) -> ClientTlsConfig {
    let mut tls = ClientTlsConfig::new();
    tls = match pem.roots {
        Some(roots) => tls.ca_certificate(Certificate::from_pem(roots)),
        None => tls.with_native_roots(),
    };
    if let Some((chain, key)) = pem.identity {
        tls = tls.identity(Identity::from_pem(chain, key));
    }
    tls
}

/// Adds `headers` to `metadata`. A header replaces one of the same name.
fn metadata(mut metadata: MetadataMap, headers: &Headers) -> MetadataMap {
    for (name, value) in headers.iter() {
        let key = name.parse::<MetadataKey<Ascii>>();
        match key.ok().zip(value.parse::<MetadataValue<Ascii>>().ok()) {
            Some((key, mut value)) => {
                value.set_sensitive(true);
                metadata.insert(key, value);
            }
            // Without the value, which may be a secret.
            None => diagnostics::warn(format_args!(
                "{name:?} is not a valid header of an export over gRPC; ignored"
            )),
        }
    }
    metadata
}

/// Messages that are bytes already.
#[derive(Debug, Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Vec<u8>;
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
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = buffer.remaining();
        let mut message = vec![0; length];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests;
