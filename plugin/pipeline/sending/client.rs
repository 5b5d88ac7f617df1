//! The wire to a collector: sends an encoded request.

mod changing_headers;
mod error;
#[cfg(feature = "grpc")]
mod grpc;
mod http;
#[cfg(feature = "tls")]
mod http_tls;
#[cfg(feature = "tls")]
mod tls;

use std::{borrow::Cow, fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use self::{error::ClientError, http::Http};
use super::encoded;
use crate::config::{Headers, Otlp, Protocol, Signal};

/// Named as the specification of the OTLP exporter asks (section "User Agent").
const USER_AGENT: &str = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// How much is shown of what a collector says.
pub(super) const MAX_SHOWN_BYTES: usize = 1024;

/// Why an export did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SendError {
    /// There was no answer.
    Unreachable(String),
    /// The collector was busy or broken, or the network answered in its place; later it may take the same request.
    Busy {
        answer: String,
        retry_after: Option<Duration>,
    },
    /// The collector will never take this request.
    Refused { answer: String, cause: Cause },
}

/// What the user can change about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The credentials are missing or wrong.
    Unauthorized,
    /// The collector does not take this signal.
    Unsupported,
    /// It takes only smaller requests.
    TooLarge,
    Other,
}

impl fmt::Display for SendError {
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
pub(crate) struct Client {
    wire: Wire,
    signal: Signal,
    protocol: Protocol,
}

#[derive(Debug)]
enum Wire {
    Http(Box<Http>),
    #[cfg(feature = "grpc")]
    Grpc(Box<grpc::Grpc>),
}

/// What a collector took a request without.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartialSuccess {
    pub(crate) rejected: usize,
    pub(crate) message: String,
}

impl Client {
    /// # Errors
    /// If the certificates cannot be used, or the protocol or TLS was not built in.
    pub(crate) fn new(signal: Signal, otlp: &Otlp) -> Result<Self, ClientError> {
        if otlp.endpoint.scheme() == "https" && !cfg!(feature = "tls") {
            return Err(ClientError::NoTls);
        }
        let wire = match otlp.protocol {
            Protocol::HttpProtobuf | Protocol::HttpJson => Wire::Http(Box::new(Http::new(otlp)?)),
            #[cfg(feature = "grpc")]
            Protocol::Grpc => Wire::Grpc(Box::new(grpc::Grpc::new(signal, otlp)?)),
        };
        Ok(Self {
            wire,
            signal,
            protocol: otlp.protocol,
        })
    }

    /// An [encoded](super::encoded) request as it goes over the wire, before compression. `None` if its bytes are damaged.
    pub(crate) fn body<'a>(&self, request: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match self.protocol {
            Protocol::HttpJson => encoded::to_json(self.signal, request).map(Cow::Owned),
            _ => Some(request.into()),
        }
    }

    /// Sends the [`body`](Self::body) of a request; blocks until it is answered or the time-out of the configuration passes.
    pub(crate) fn send(&self, body: &[u8]) -> Result<PartialSuccess, SendError> {
        let answer = match &self.wire {
            Wire::Http(http) => http.post(body)?,
            #[cfg(feature = "grpc")]
            Wire::Grpc(grpc) => grpc.call(body)?,
        };
        Ok(match self.protocol {
            Protocol::HttpJson => PartialSuccess::from_json(&answer),
            _ => PartialSuccess::from_protobuf(&answer),
        })
    }
}

/// The headers of every request: the user and password of the endpoint (RFC 7617), and those of the configuration, which may
/// replace that one.
fn headers(otlp: &Otlp) -> Headers {
    let mut headers = Headers::default();
    let (user, password) = (
        otlp.endpoint.username(),
        otlp.endpoint.password().unwrap_or_default(),
    );
    if !user.is_empty() || !password.is_empty() {
        let credentials =
            BASE64_STANDARD.encode(format!("{}:{}", decoded(user), decoded(password)));
        headers.insert("authorization", format!("Basic {credentials}"));
    }
    for (name, value) in otlp.headers.iter() {
        headers.insert(name, value.to_owned());
    }
    headers
}

/// A user or a password, which URLs have percent-encoded.
fn decoded(part: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy()
}

impl PartialSuccess {
    /// The answers to all signals are the same on the wire.
    fn from_protobuf(answer: &[u8]) -> Self {
        let partial = ExportTraceServiceResponse::decode(answer)
            .ok()
            .and_then(|answer| answer.partial_success)
            .unwrap_or_default();
        Self {
            rejected: usize::try_from(partial.rejected_spans).unwrap_or(0),
            message: partial.error_message,
        }
    }

    fn from_json(answer: &[u8]) -> Self {
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
        let partial = &answer["partialSuccess"];
        let rejected = ["rejectedSpans", "rejectedDataPoints", "rejectedLogRecords"]
            .iter()
            .find_map(|key| match &partial[key] {
                // Protobuf's JSON writes numbers of 64 bits as texts.
                serde_json::Value::String(text) => text.parse().ok(),
                number => usize::try_from(number.as_u64()?).ok(),
            });
        Self {
            rejected: rejected.unwrap_or(0),
            message: partial["errorMessage"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

/// Reads `bytes` as the answer of a collector, for the fuzz targets: two bytes are the status, a line is `Retry-After`,
/// and the rest is the body.
#[cfg(fuzzing)]
pub(crate) fn fuzz_answer(bytes: &[u8]) {
    let Some((status, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (retry_after, body) = rest.split_at(end.unwrap_or(rest.len()));
    if let Some(failure) = http::fuzz_failure(u16::from_be_bytes(*status), retry_after, body) {
        let _ = failure.to_string();
        if let SendError::Busy { retry_after, .. } = failure {
            super::collector::fuzz(retry_after);
        }
    }
    for answer in [
        PartialSuccess::from_protobuf(body),
        PartialSuccess::from_json(body),
    ] {
        assert!(answer.message.len() <= body.len());
    }
}

/// A collector of which only the endpoint matters.
#[cfg(test)]
pub(crate) fn otlp(endpoint: &str) -> Otlp {
    Otlp {
        endpoint: endpoint.parse().expect("a URL"),
        endpoint_source: String::new(),
        protocol: Protocol::HttpProtobuf,
        headers: Default::default(),
        header_source: None,
        proxy: None,
        compression: crate::config::Compression::None,
        timeout: Duration::from_secs(10),
        certificate: None,
        client_certificate: None,
        client_key: None,
        ignores_certificate_variables: false,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn a_partial_success_in_both_encodings() {
        let expected = PartialSuccess {
            rejected: 7,
            message: "too old".to_owned(),
        };
        let answer = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 7,
                error_message: "too old".to_owned(),
            }),
        };
        assert_eq!(
            PartialSuccess::from_protobuf(&answer.encode_to_vec()),
            expected
        );
        for number in ["7", r#""7""#] {
            let answer = format!(
                r#"{{"partialSuccess":{{"rejectedLogRecords":{number},"errorMessage":"too old"}}}}"#
            );
            assert_eq!(PartialSuccess::from_json(answer.as_bytes()), expected);
        }
    }

    #[test]
    fn whatever_else_is_answered_is_a_full_success() {
        for answer in [&b""[..], b"{}", b"<html>", &[0xff; 9]] {
            assert_eq!(
                PartialSuccess::from_protobuf(answer),
                PartialSuccess::default()
            );
            assert_eq!(PartialSuccess::from_json(answer), PartialSuccess::default());
        }
    }
}
