//! OTLP over HTTP (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! Not `opentelemetry-otlp`: its exporter reads the environment by itself, retries by itself, and hides
//! the encoded request, which is what has to be kept when the network is away.

use std::{
    borrow::Cow,
    io::Write,
    time::{Duration, SystemTime},
};

use flate2::write::GzEncoder;
use ureq::{
    Agent,
    http::{HeaderName, HeaderValue, Request, Response, StatusCode, header},
    tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem},
};

use super::{
    Cause, Failure, USER_AGENT,
    tls::{CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, ClientError, Pem},
};
use crate::{
    config::{Compression, Otlp, Protocol},
    diagnostics,
};

/// The answer to an export is empty, or a few lines on what was rejected.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    endpoint: String,
    content_type: &'static str,
    compression: Compression,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Http {
    pub(super) fn new(otlp: &Otlp) -> Result<Self, ClientError> {
        let agent = Agent::config_builder()
            .timeout_global(Some(otlp.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(USER_AGENT)
            .tls_config(tls_config(Pem::read(otlp)?)?)
            .build()
            .into();
        Ok(Self {
            agent,
            endpoint: otlp.endpoint.to_string(),
            content_type: match otlp.protocol {
                Protocol::HttpJson => "application/json",
                _ => "application/x-protobuf",
            },
            compression: otlp.compression,
            headers: otlp.headers.iter().filter_map(header).collect(),
        })
    }

    /// Posts an encoded request and returns the body of the answer.
    pub(super) fn post(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let unreachable = |error: ureq::Error| Failure::Unreachable(error.to_string());
        let mut request = Request::post(&self.endpoint).header("Content-Type", self.content_type);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let (body, encoding) = compress(body, self.compression);
        if let Some(encoding) = encoding {
            request = request.header("Content-Encoding", encoding);
        }
        let request = request
            .body(&*body)
            .map_err(|error| unreachable(error.into()))?;
        let mut response = self.agent.run(request).map_err(unreachable)?;
        if response.status().is_success() {
            // Read to its end, so that the connection can be used again. The request has arrived, whatever becomes of
            // the answer: to send it again would only duplicate it.
            let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES);
            return Ok(body.read_to_vec().unwrap_or_default());
        }
        Err(failure(&response))
    }
}

/// <https://opentelemetry.io/docs/specs/otlp/#failures-1>
fn failure<B>(response: &Response<B>) -> Failure {
    let status = response.status();
    let answer = status.to_string();
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Failure::Busy {
            answer,
            retry_after: response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now())),
        },
        // Not from the collector, most often, but from a network that wants its user to log in first.
        redirect if redirect.is_redirection() => Failure::Busy {
            answer: format!("{answer}, and redirects are not followed"),
            retry_after: None,
        },
        _ => Failure::Refused {
            answer,
            cause: match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Cause::Unauthorized,
                StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::NOT_IMPLEMENTED => Cause::Unsupported,
                _ => Cause::Other,
            },
        },
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn compress(body: &[u8], compression: Compression) -> (Cow<'_, [u8]>, Option<&'static str>) {
    match compression {
        Compression::None => (body.into(), None),
        Compression::Gzip => {
            let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
            let whole = gzip.write_all(body).and_then(|()| gzip.finish());
            let whole = whole.expect("writing to memory cannot fail");
            (whole.into(), Some("gzip"))
        }
        #[cfg(feature = "zstd")]
        Compression::Zstd => {
            let whole = zstd::encode_all(body, zstd::DEFAULT_COMPRESSION_LEVEL)
                .expect("writing to memory cannot fail");
            (whole.into(), Some("zstd"))
        }
    }
}

fn header((name, value): &(String, String)) -> Option<(HeaderName, HeaderValue)> {
    let header = name.parse().ok().zip(value.parse().ok());
    if header.is_none() {
        // Without the value, which may be a secret.
        diagnostics::warn(format_args!(
            "{name:?} in OTEL_EXPORTER_OTLP_HEADERS is not a valid header; ignored"
        ));
    }
    header
}

fn tls_config(pem: Pem) -> Result<TlsConfig, ClientError> {
    let mut tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
    if let Some(roots) = pem.roots {
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates(
            CERTIFICATE,
            &roots,
        )?));
    }
    if let Some((chain, key)) = pem.identity {
        let chain = certificates(CLIENT_CERTIFICATE, &chain)?;
        let key = PrivateKey::from_pem(&key).map_err(|_| no_pem(CLIENT_KEY, "private key"))?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    Ok(tls.build())
}

fn certificates(
    variable: &'static str,
    pem: &[u8],
) -> Result<Vec<Certificate<'static>>, ClientError> {
    let certificates: Vec<_> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(no_pem(variable, "certificate"));
    }
    Ok(certificates)
}

fn no_pem(variable: &'static str, expected: &'static str) -> ClientError {
    ClientError::Content { variable, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_two_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 30);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(30)));
        let later = now + Duration::from_secs(60);
        assert_eq!(retry_after(date, later), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
