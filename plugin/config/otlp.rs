//! Where and how one signal is sent over OTLP
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use tauri::Url;

use super::{
    Exports, Signal,
    reader::{MILLIS, Reader, millis},
    settings::{Endpoint, Exporter, Settings},
};

/// The specification's default for `OTEL_EXPORTER_OTLP_TIMEOUT`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The specification's default for `OTEL_BSP_EXPORT_TIMEOUT` and the like.
const DEFAULT_EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

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
    const EXPECTED: &str = if cfg!(feature = "grpc") {
        "grpc, http/protobuf or http/json"
    } else {
        "http/protobuf or http/json (grpc takes the cargo feature `grpc` of the plugin)"
    };

    fn parse(text: &str) -> Option<Self> {
        match text {
            "http/protobuf" => Some(Self::HttpProtobuf),
            "http/json" => Some(Self::HttpJson),
            #[cfg(feature = "grpc")]
            "grpc" => Some(Self::Grpc),
            _ => None,
        }
    }

    fn is_http(self) -> bool {
        matches!(self, Self::HttpProtobuf | Self::HttpJson)
    }

    /// Where the specification sends a signal that was given no endpoint.
    fn default_endpoint(self) -> Url {
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
    const EXPECTED: &str = if cfg!(feature = "zstd") {
        "gzip, zstd or none"
    } else {
        "gzip or none (zstd takes the cargo feature `zstd` of the plugin)"
    };

    fn parse(text: &str) -> Option<Self> {
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

impl Reader<'_> {
    /// Where a signal goes: `otlp` unless something else is said, and that only to an endpoint that was
    /// given, for without one telemetry is off. Whoever names `otlp` gets the standard's default.
    pub(super) fn exports(&mut self, signal: Signal, settings: &Settings) -> Exports {
        let said = match signal {
            Signal::Traces => &settings.traces_exporter,
            Signal::Metrics => &settings.metrics_exporter,
            Signal::Logs => &settings.logs_exporter,
        };
        let variable = format!("OTEL_{}_EXPORTER", signal.variable());
        let named = self.exporters(&variable).or_else(|| said.clone());
        let (exporters, by_name) = match named {
            Some(exporters) => (exporters, true),
            None => (vec![Exporter::Otlp], false),
        };
        Exports {
            otlp: exporters
                .contains(&Exporter::Otlp)
                .then(|| self.otlp(signal, settings, by_name))
                .flatten(),
            file: exporters.contains(&Exporter::File),
            console: exporters.contains(&Exporter::Console),
        }
    }

    fn exporters(&mut self, variable: &str) -> Option<Vec<Exporter>> {
        self.env(
            variable,
            "none, or a list of otlp, console and file separated by commas",
            |text| {
                if text == "none" {
                    return Some(Vec::new());
                }
                text.split(',')
                    .map(|name| match name.trim() {
                        "otlp" => Some(Exporter::Otlp),
                        "console" => Some(Exporter::Console),
                        "file" => Some(Exporter::File),
                        _ => None,
                    })
                    .collect()
            },
        )
    }

    fn otlp(&mut self, signal: Signal, settings: &Settings, by_name: bool) -> Option<Otlp> {
        let protocol = self
            .otlp_env(signal, "PROTOCOL", Protocol::EXPECTED, Protocol::parse)
            .or(settings.protocol)
            .unwrap_or_default();
        let (endpoint, endpoint_source) =
            self.endpoint(signal, protocol, settings).or_else(|| {
                let source = format!("OTEL_{}_EXPORTER", signal.variable());
                by_name.then(|| {
                    (
                        general(protocol.default_endpoint(), protocol, signal),
                        source,
                    )
                })
            })?;
        let mut headers = settings.headers.clone();
        headers.extend(
            self.otlp_env(signal, "HEADERS", PAIRS, |text| {
                pairs(text).map(BTreeMap::from_iter)
            })
            .unwrap_or_default(),
        );
        let mut file = |suffix, said: &Option<PathBuf>| {
            self.otlp_env(signal, suffix, "the path of a PEM file", |text| {
                Some(PathBuf::from(text))
            })
            .or_else(|| said.clone())
        };
        Some(Otlp {
            certificate: file("CERTIFICATE", &settings.certificate),
            client_certificate: file("CLIENT_CERTIFICATE", &settings.client_certificate),
            client_key: file("CLIENT_KEY", &settings.client_key),
            endpoint,
            endpoint_source,
            protocol,
            headers: headers.into_iter().collect(),
            compression: self
                .otlp_env(
                    signal,
                    "COMPRESSION",
                    Compression::EXPECTED,
                    Compression::parse,
                )
                .or(settings.compression)
                .unwrap_or_default(),
            timeout: self.timeout(signal),
        })
    }

    /// The exporter's own, or that of what calls it: one request is all that happens in an export.
    fn timeout(&mut self, signal: Signal) -> Duration {
        let export = match signal {
            Signal::Traces => "OTEL_BSP_EXPORT_TIMEOUT",
            Signal::Metrics => "OTEL_METRIC_EXPORT_TIMEOUT",
            Signal::Logs => "OTEL_BLRP_EXPORT_TIMEOUT",
        };
        let export = self.millis(export).unwrap_or(DEFAULT_EXPORT_TIMEOUT);
        self.otlp_env(signal, "TIMEOUT", MILLIS, millis)
            .unwrap_or(DEFAULT_TIMEOUT)
            .min(export)
    }

    /// The signal's own variable as it stands, or the general one with the signal's path.
    fn endpoint(
        &mut self,
        signal: Signal,
        protocol: Protocol,
        settings: &Settings,
    ) -> Option<(Url, String)> {
        let insecure = self
            .otlp_env(signal, "INSECURE", "true or false", |text| {
                match text.to_lowercase().as_str() {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                }
            })
            .unwrap_or(false);
        let url = |text: &str| {
            // gRPC knows endpoints without a scheme, and a variable for what they mean.
            if protocol.is_http() || text.contains("://") {
                return http_url(text);
            }
            let scheme = if insecure { "http" } else { "https" };
            http_url(&format!("{scheme}://{text}"))
        };
        let own = format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.variable());
        if let Some(url) = self.env(&own, Endpoint::EXPECTED, url) {
            return Some((url, own));
        }
        const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
        let (url, source) = match self.env(GENERAL, Endpoint::EXPECTED, url) {
            Some(url) => (url, GENERAL),
            None => (
                settings.endpoint.clone()?.0,
                "the endpoint of the builder or of tauri.conf.json",
            ),
        };
        Some((general(url, protocol, signal), source.to_owned()))
    }

    /// A variable of the OTLP exporter: the signal's own form, or the general one.
    fn otlp_env<T>(
        &mut self,
        signal: Signal,
        suffix: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{suffix}", signal.variable());
        self.env(&own, expected, &parse)
            .or_else(|| self.env(&format!("OTEL_EXPORTER_OTLP_{suffix}"), expected, &parse))
    }
}

/// The address of a signal below a general endpoint.
fn general(mut url: Url, protocol: Protocol, signal: Signal) -> Url {
    if protocol.is_http() {
        let base = url.path().trim_end_matches('/');
        let path = format!("{base}/v1/{}", signal.name());
        url.set_path(&path);
    }
    url
}

pub(super) const PAIRS: &str =
    "a list of key=value pairs separated by commas, values percent-encoded";

pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            Some((key.trim().to_owned(), value.into_owned()))
        })
        .collect()
}
