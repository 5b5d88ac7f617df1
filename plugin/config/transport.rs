//! How one signal travels to a collector: the types.

use std::{fmt, path::PathBuf, time::Duration};

use serde::Deserialize;
use tauri::Url;

use super::{
    otlp_options::{HeaderSource, Headers},
    proxy::Proxy,
};

/// One signal's way to a collector.
#[derive(Clone, PartialEq)]
pub(crate) struct Otlp {
    /// For HTTP with the path of the signal.
    pub(crate) endpoint: Url,
    /// The setting the endpoint came from, for whoever has to mend it.
    pub(crate) endpoint_source: String,
    pub(crate) protocol: Protocol,
    pub(crate) headers: Headers,
    /// Headers that are made before every export, which win over the others.
    pub(crate) header_source: Option<HeaderSource>,
    /// The proxy of an export over HTTP.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) compression: Compression,
    /// How long one export may take.
    pub(crate) timeout: Duration,
    /// PEM files; without the first the system's root certificates count.
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
    /// Whether the system's root certificates are those of its own files, whatever `SSL_CERT_FILE` and `SSL_CERT_DIR`
    /// say.
    pub(crate) ignores_certificate_variables: bool,
}

impl Otlp {
    /// The endpoint without its user and password.
    pub(crate) fn public_endpoint(&self) -> Url {
        let mut endpoint = self.endpoint.clone();
        // Both can only fail for a URL without a host, which no endpoint is.
        let _ = endpoint.set_username("");
        let _ = endpoint.set_password(None);
        endpoint
    }

    /// Whether a request says who sends it.
    pub(super) fn has_credentials(&self) -> bool {
        let Self {
            endpoint, headers, ..
        } = self;
        !headers.is_empty()
            || self.header_source.is_some()
            || self.client_certificate.is_some()
            || !endpoint.username().is_empty()
            || endpoint.password().is_some()
    }
}

/// Without the user and password of the endpoint; the types of the other fields hide their own secrets.
impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp")
            .field("origin", &self.endpoint.origin().ascii_serialization())
            .field("path", &self.endpoint.path())
            .field("protocol", &self.protocol)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// The OTLP protocol (`OTEL_EXPORTER_OTLP_PROTOCOL`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Protocol {
    /// Binary protobuf over HTTP.
    #[default]
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// JSON over HTTP.
    #[serde(rename = "http/json")]
    HttpJson,
    /// gRPC.
    #[cfg(feature = "grpc")]
    #[serde(rename = "grpc")]
    Grpc,
}

impl Protocol {
    pub(super) const EXPECTED: &str = if cfg!(feature = "grpc") {
        "grpc, http/protobuf or http/json"
    } else {
        "http/protobuf or http/json (grpc takes the cargo feature `grpc` of the plugin)"
    };

    pub(super) fn is_http(self) -> bool {
        matches!(self, Self::HttpProtobuf | Self::HttpJson)
    }

    /// Where the specification sends a signal that was given no endpoint.
    pub(super) fn default_endpoint(self) -> Url {
        let port = if self.is_http() { 4318 } else { 4317 };
        Url::parse(&format!("http://localhost:{port}")).expect("this is a URL")
    }
}

/// How an export is compressed (`OTEL_EXPORTER_OTLP_COMPRESSION`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// With gzip.
    Gzip,
    /// With Zstandard.
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Compression {
    pub(super) const EXPECTED: &str = if cfg!(feature = "zstd") {
        "gzip, zstd or none"
    } else {
        "gzip or none (zstd takes the cargo feature `zstd` of the plugin)"
    };
}

pub(super) fn http_url(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
