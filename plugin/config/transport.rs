//! How one signal travels to a collector: the types.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;
use tauri::Url;

/// One signal's way to a collector.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Otlp {
    /// For HTTP with the path of the signal.
    pub(crate) endpoint: Url,
    /// The setting the endpoint came from, for whoever has to mend it.
    pub(crate) endpoint_source: String,
    pub(crate) protocol: Protocol,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) compression: Compression,
    /// How long one export may take.
    pub(crate) timeout: Duration,
    /// PEM files; without the first the system's root certificates count.
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
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
    #[cfg(any(feature = "grpc", docsrs))]
    #[serde(rename = "grpc")]
    Grpc,
}

impl Protocol {
    pub(super) const EXPECTED: &str = if cfg!(feature = "grpc") {
        "grpc, http/protobuf or http/json"
    } else {
        "http/protobuf or http/json (grpc takes the cargo feature `grpc` of the plugin)"
    };

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "http/protobuf" => Some(Self::HttpProtobuf),
            "http/json" => Some(Self::HttpJson),
            #[cfg(feature = "grpc")]
            "grpc" => Some(Self::Grpc),
            _ => None,
        }
    }

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
    #[cfg(any(feature = "zstd", docsrs))]
    Zstd,
}

impl Compression {
    pub(super) const EXPECTED: &str = if cfg!(feature = "zstd") {
        "gzip, zstd or none"
    } else {
        "gzip or none (zstd takes the cargo feature `zstd` of the plugin)"
    };

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            #[cfg(feature = "zstd")]
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

pub(super) fn http_url(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
