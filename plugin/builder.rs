//! [`init`] and the [`Builder`].

use tauri::Runtime;

use crate::{
    app::OpenTelemetry,
    config::{CommandRule, Settings},
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
pub struct Builder(Settings);

impl Builder {
    /// A builder that says nothing: [`init`] is this, built.
    pub fn new() -> Self {
        Self::default()
    }

    /// The OTLP/HTTP endpoint, without the path of a signal (`OTEL_EXPORTER_OTLP_ENDPOINT`). Turns
    /// telemetry on.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.0.endpoint = Some(url.into());
        self
    }

    /// A header of every export (`OTEL_EXPORTER_OTLP_HEADERS`).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.headers.insert(name.into(), value.into());
        self
    }

    /// The name of the app in its telemetry (`OTEL_SERVICE_NAME`). Default: the product name.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.0.service_name = Some(name.into());
        self
    }

    /// An attribute of the resource (`OTEL_RESOURCE_ATTRIBUTES`).
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.resource_attributes.insert(key.into(), value.into());
        self
    }

    /// Which `tracing` spans and events are recorded (`RUST_LOG`): levels and `target=level` pairs.
    /// Default: `info`.
    pub fn filter(mut self, directives: impl Into<String>) -> Self {
        self.0.filter = Some(directives.into());
        self
    }

    /// The share of traces that are recorded, from 0 to 1 (`OTEL_TRACES_SAMPLER`,
    /// `OTEL_TRACES_SAMPLER_ARG`). Default: 1.
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.0.sampling_ratio = Some(ratio);
        self
    }

    /// How often invokes of the commands that match `pattern` are recorded, from 0 (never) to 1: see
    /// [`CommandRule`]. The first rule that matches a command counts.
    pub fn sample_commands(mut self, pattern: impl Into<String>, ratio: f64) -> Self {
        self.0.commands.push(CommandRule {
            pattern: pattern.into(),
            ratio,
        });
        self
    }

    /// Opens the [WebSocket bridge](crate::ws_bridge), or not (`DEV_WS_BRIDGE`). Default: not. Builds without
    /// the feature `ws-bridge` have none.
    pub fn ws_bridge(mut self, open: bool) -> Self {
        self.0.ws_bridge = open;
        self
    }

    /// Builds the plugin.
    pub fn build<R: Runtime>(self) -> OpenTelemetry<R> {
        OpenTelemetry::new(self.0)
    }
}
