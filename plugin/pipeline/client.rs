//! The way of one signal to its collector: encodes a request, sends it, and says once what is wrong.

#[cfg(feature = "grpc")]
mod grpc;
mod http;
mod outage;
mod tls;

pub(super) use outage::Outages;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use self::{http::Http, outage::Outage};
use super::{
    health::Loss,
    json::{self, Doubles},
    request::Request,
};
use crate::{
    config::{Otlp, Protocol, Signal},
    diagnostics,
};

/// Named as the specification of the OTLP exporter asks (section "User Agent").
const USER_AGENT: &str = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// Why an export did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no answer.
    Unreachable(String),
    /// The collector was busy or broken; later it may take the same request.
    Busy {
        answer: String,
        retry_after: Option<Duration>,
    },
    /// The collector will never take this request.
    Refused { answer: String, cause: Cause },
}

/// What there is to be mended about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It does not know us.
    Unauthorized,
    /// It does not know the signal.
    Unsupported,
    Other,
}

impl Failure {
    pub(super) fn loss(&self) -> Loss {
        match self {
            Self::Unreachable(_) | Self::Busy { .. } => Loss::Unreachable,
            Self::Refused { .. } => Loss::Refused,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(cause) => f.write_str(cause),
            Self::Busy { answer, .. } | Self::Refused { answer, .. } => {
                write!(f, "it answered {answer}")
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Client {
    wire: Wire,
    signal: Signal,
    protocol: Protocol,
    /// The endpoint as it may be shown: without a user and password.
    shown: String,
    /// The setting it came from.
    source: String,
    /// Whether it names the port; the one that URLs have by default is not OTLP's.
    has_port: bool,
    outage: Arc<Outage>,
    /// Whether the last export was refused, so that it is one line and not one per batch.
    refused: AtomicBool,
}

#[derive(Debug)]
enum Wire {
    Http(Http),
    #[cfg(feature = "grpc")]
    Grpc(grpc::Grpc),
}

impl Client {
    /// `None`, and a word to the developer, if the certificates cannot be used.
    pub(super) fn new(signal: Signal, otlp: &Otlp, outages: &mut Outages) -> Option<Self> {
        let wire = match otlp.protocol {
            Protocol::HttpProtobuf | Protocol::HttpJson => Http::new(otlp).map(Wire::Http),
            #[cfg(feature = "grpc")]
            Protocol::Grpc => grpc::Grpc::new(signal, otlp).map(Wire::Grpc),
        };
        let mut shown = otlp.endpoint.clone();
        // Both can only fail for a URL without a host, which no endpoint is.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        match wire {
            Ok(wire) => Some(Self {
                wire,
                signal,
                protocol: otlp.protocol,
                shown: shown.to_string(),
                source: otlp.endpoint_source.clone(),
                has_port: otlp.endpoint.port().is_some(),
                outage: outages.of(&otlp.endpoint),
                refused: AtomicBool::new(false),
            }),
            Err(error) => {
                diagnostics::error(format_args!(
                    "cannot export {} to {shown}: {error}",
                    signal.name()
                ));
                None
            }
        }
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends one request; blocks until it is answered or the time-out of the configuration passes.
    /// Returns how many items the collector took the request without.
    pub(super) fn export<R: Request + Doubles>(&self, request: &R) -> Result<usize, Failure> {
        let body = match self.protocol {
            Protocol::HttpJson => json::encode(request),
            _ => request.encode_to_vec(),
        };
        let result = match &self.wire {
            Wire::Http(http) => http.post(&body),
            #[cfg(feature = "grpc")]
            Wire::Grpc(grpc) => grpc.call(body),
        };
        self.report(result.as_ref().map(|_| ()));
        result.map(|answer| self.rejected(&answer))
    }

    /// What the collector says it left out, for good.
    fn rejected(&self, answer: &[u8]) -> usize {
        let (rejected, message) = match self.protocol {
            Protocol::HttpJson => {
                let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
                let partial = &answer["partialSuccess"];
                let count = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"]
                    .iter()
                    .find_map(|key| match &partial[key] {
                        // Protobuf's JSON writes numbers of 64 bits as texts.
                        serde_json::Value::String(text) => text.parse().ok(),
                        number => number.as_i64(),
                    });
                let message = partial["errorMessage"].as_str().unwrap_or_default();
                (count.unwrap_or_default(), message.to_owned())
            }
            // The answers to all signals are the same on the wire.
            _ => match ExportTraceServiceResponse::decode(answer).unwrap_or_default() {
                ExportTraceServiceResponse {
                    partial_success: Some(partial),
                } => (partial.rejected_spans, partial.error_message),
                _ => return 0,
            },
        };
        if rejected > 0 || !message.is_empty() {
            diagnostics::warn(format_args!(
                "{} took the {} without {rejected} of them: {message:?}",
                self.shown,
                self.signal.name(),
            ));
        }
        usize::try_from(rejected).unwrap_or(0)
    }

    /// Says when exports begin to fail, why, and what can be done; and when they work again.
    fn report(&self, result: Result<(), &Failure>) {
        let refused = matches!(result, Err(Failure::Refused { .. }));
        if let Err(failure) = result
            && !refused
        {
            if self.outage.begins() {
                diagnostics::error(format_args!(
                    "cannot export to {} ({}): {failure}{}",
                    self.outage.origin,
                    self.source,
                    self.remedy(failure)
                ));
            }
            return;
        }
        if self.outage.ends() {
            diagnostics::info(format_args!("{} is back", self.outage.origin));
        }
        let said = self.refused.swap(refused, Ordering::Relaxed);
        if let Err(failure) = result
            && !said
        {
            diagnostics::error(format_args!(
                "cannot export {} to {} ({}): {failure}{}",
                self.signal.name(),
                self.shown,
                self.source,
                self.remedy(failure)
            ));
        }
    }

    /// What to look at, where that can be known.
    fn remedy(&self, failure: &Failure) -> String {
        match failure {
            Failure::Refused { cause, .. } => match cause {
                Cause::Unauthorized => {
                    "; look at the credentials in OTEL_EXPORTER_OTLP_HEADERS".to_owned()
                }
                Cause::Unsupported => format!(
                    "; if it takes no {}, set OTEL_{}_EXPORTER=none",
                    self.signal.name(),
                    self.signal.variable()
                ),
                Cause::Other => String::new(),
            },
            Failure::Unreachable(cause) if cause.contains("certificate") => {
                "; root certificates to trust are given by OTEL_EXPORTER_OTLP_CERTIFICATE"
                    .to_owned()
            }
            Failure::Unreachable(_) if !self.has_port => {
                "; the endpoint names no port, and OTLP's are 4318 for HTTP and 4317 for gRPC"
                    .to_owned()
            }
            _ => String::new(),
        }
    }
}
