//! Where and how one signal is sent over OTLP
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tauri::Url;

use super::{
    Exports, Signal,
    reader::{MILLIS, PAIRS, Reader, millis, pairs},
    settings::{Endpoint, Exporter, Settings},
    transport::{Compression, Otlp, Protocol, http_url},
};

/// The specification's default for `OTEL_EXPORTER_OTLP_TIMEOUT`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The specification's default for `OTEL_BSP_EXPORT_TIMEOUT` and the like.
const DEFAULT_EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

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
