//! [`init`] and the [`Builder`].

use std::{path::PathBuf, str::FromStr};

use tauri::Runtime;

use crate::{
    app::OpenTelemetry,
    config::{
        CommandRule, Compression, Endpoint, Exporter, Filter, LogFile, LogLevel, Protocol,
        Settings, Spool, Warning, is_ratio,
    },
};

/// The plugin, configured by the environment and by `tauri.conf.json` alone.
///
/// ```
/// tauri::Builder::default().plugin(tauri_plugin_opentelemetry::init())
/// # ;
/// ```
pub fn init<R: Runtime>() -> OpenTelemetry<R> {
    Builder::new().build()
}

/// Configures the plugin in code. What the environment says wins over it, and it wins over
/// `tauri.conf.json`.
///
/// ```
/// # fn build() -> tauri_plugin_opentelemetry::OpenTelemetry<tauri::Wry> {
/// tauri_plugin_opentelemetry::Builder::new()
///     .endpoint("https://otlp.example.com")
///     .header("authorization", "Bearer …")
///     .sample_commands("refresh_*", 0.01)
///     .build()
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until it is built and registered"]
pub struct Builder {
    settings: Settings,
    warnings: Vec<Warning>,
}

impl Builder {
    /// A builder that says nothing: [`init`] is this, built.
    pub fn new() -> Self {
        Self::default()
    }

    /// The OTLP endpoint, without the path of a signal (`OTEL_EXPORTER_OTLP_ENDPOINT`). Turns
    /// telemetry on.
    pub fn endpoint(mut self, url: impl AsRef<str>) -> Self {
        self.settings.endpoint =
            self.checked("the builder's endpoint", url.as_ref(), Endpoint::EXPECTED);
        self
    }

    /// The OTLP protocol (`OTEL_EXPORTER_OTLP_PROTOCOL`). Default: [`Protocol::HttpProtobuf`].
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.settings.protocol = Some(protocol);
        self
    }

    /// A header of every export (`OTEL_EXPORTER_OTLP_HEADERS`).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.insert(name.into(), value.into());
        self
    }

    /// How exports are compressed (`OTEL_EXPORTER_OTLP_COMPRESSION`). Default: not at all.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.settings.compression = Some(compression);
        self
    }

    /// A PEM file with the root certificates to trust instead of the system's
    /// (`OTEL_EXPORTER_OTLP_CERTIFICATE`).
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.settings.certificate = Some(file.into());
        self
    }

    /// PEM files with the certificate to show to the collector, and its private key
    /// (`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY`).
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.settings.client_certificate = Some(certificate.into());
        self.settings.client_key = Some(key.into());
        self
    }

    /// Where traces go, nowhere if the list is empty (`OTEL_TRACES_EXPORTER`). Default: over OTLP, if
    /// there is an endpoint.
    pub fn traces_exporter(mut self, exporters: impl IntoIterator<Item = Exporter>) -> Self {
        self.settings.traces_exporter = Some(exporters.into_iter().collect());
        self
    }

    /// Where metrics go, nowhere if the list is empty (`OTEL_METRICS_EXPORTER`). Default: over OTLP, if
    /// there is an endpoint.
    pub fn metrics_exporter(mut self, exporters: impl IntoIterator<Item = Exporter>) -> Self {
        self.settings.metrics_exporter = Some(exporters.into_iter().collect());
        self
    }

    /// Where logs go, nowhere if the list is empty (`OTEL_LOGS_EXPORTER`). Default: over OTLP, if
    /// there is an endpoint.
    pub fn logs_exporter(mut self, exporters: impl IntoIterator<Item = Exporter>) -> Self {
        self.settings.logs_exporter = Some(exporters.into_iter().collect());
        self
    }

    /// The file of [`Exporter::File`] (`OTEL_EXPORTER_FILE_PATH`): `a/b.jsonl` stands for
    /// `a/b-traces.jsonl`, `a/b-metrics.jsonl` and `a/b-logs.jsonl`. Default: `telemetry.jsonl` in the
    /// app's log folder.
    pub fn file_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.file_path = Some(path.into());
        self
    }

    /// The name of the app in its telemetry (`OTEL_SERVICE_NAME`). Default: the product name.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.settings.service_name = Some(name.into());
        self
    }

    /// An attribute of the resource (`OTEL_RESOURCE_ATTRIBUTES`).
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings
            .resource_attributes
            .insert(key.into(), value.into());
        self
    }

    /// Which `tracing` spans and events are recorded (`RUST_LOG`): levels and `target=level` pairs.
    /// Default: `info`.
    pub fn filter(mut self, directives: impl AsRef<str>) -> Self {
        self.settings.filter = self.checked(
            "the builder's filter",
            directives.as_ref(),
            Filter::EXPECTED,
        );
        self
    }

    /// The share of traces that are recorded, from 0 to 1 (`OTEL_TRACES_SAMPLER`,
    /// `OTEL_TRACES_SAMPLER_ARG`). Default: 1.
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.settings.sampling_ratio = self.ratio("the builder's sampling ratio", ratio);
        self
    }

    /// How often invokes of the commands that match `pattern` are recorded, from 0 (never) to 1: see
    /// [`CommandRule`]. The first rule that matches a command counts.
    pub fn sample_commands(mut self, pattern: impl Into<String>, ratio: f64) -> Self {
        let pattern = pattern.into();
        let source = format!("the builder's ratio of the commands {pattern:?}");
        if let Some(ratio) = self.ratio(&source, ratio) {
            self.settings.commands.push(CommandRule { pattern, ratio });
        }
        self
    }

    /// The lowest level of log records that are exported at once. Those below it wait, and are exported
    /// if an error follows. Default: [`LogLevel::Warn`] in release builds, else [`LogLevel::Info`].
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.settings.log_level = Some(level);
        self
    }

    /// How many log records below [`log_level`](Self::log_level) wait for an error. At 0 they are
    /// dropped. Default: 512.
    pub fn breadcrumbs(mut self, records: usize) -> Self {
        self.settings.breadcrumbs = Some(records);
        self
    }

    /// Writes all log records to a file on this machine, whatever is exported, also when nothing is.
    pub fn log_file(mut self, file: LogFile) -> Self {
        self.settings.log_file = Some(file);
        self
    }

    /// What is kept on disk while it cannot be delivered.
    pub fn spool(mut self, spool: Spool) -> Self {
        self.settings.spool = Some(spool);
        self
    }

    /// Whether release builds read the environment, which then is in the hands of whoever starts the
    /// app. Debug builds always do. Default: `true`.
    pub fn environment_in_release(mut self, read: bool) -> Self {
        self.settings.ignore_environment = !read && !cfg!(debug_assertions);
        self
    }

    /// Opens the [WebSocket bridge](crate::ws_bridge), or not (`DEV_WS_BRIDGE`). Default: not. Builds without
    /// the feature `ws-bridge` have none.
    pub fn ws_bridge(mut self, open: bool) -> Self {
        self.settings.ws_bridge = open;
        self
    }

    /// Builds the plugin.
    pub fn build<R: Runtime>(self) -> OpenTelemetry<R> {
        OpenTelemetry::new(self.settings, self.warnings)
    }

    fn checked<T: FromStr>(&mut self, source: &str, text: &str, expected: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.warnings.push(Warning::new(source, text, expected));
        }
        parsed
    }

    fn ratio(&mut self, source: &str, ratio: f64) -> Option<f64> {
        if is_ratio(ratio) {
            return Some(ratio);
        }
        let warning = Warning::new(source, &ratio.to_string(), "a number from 0 to 1");
        self.warnings.push(warning);
        None
    }
}
