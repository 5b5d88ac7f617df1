//! [`init`] and the [`Builder`].

use std::{error::Error, fmt, path::PathBuf, str::FromStr, time::Duration};

use opentelemetry::Value;
use tauri::Runtime;

use crate::{
    app::OpenTelemetry,
    config::{
        BatchOptions, CommandRule, Compression, Consent, Exporter, Filter, HttpOrigin,
        Instrumentation, LimitOptions, LogFile, LogLevel, Millis, OtlpOptions, Propagator,
        Protocol, Proxies, Sampler, Settings, Spool, TailSampling, Temporality, Warning, is_ratio,
        proxy_url,
    },
    diagnostics::Verbosity,
    privacy::Redaction,
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
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built and registered"]
pub struct Builder {
    pub(crate) settings: Settings,
    warnings: Vec<Warning>,
    flush_on_signals: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            warnings: Vec::new(),
            flush_on_signals: cfg!(any(target_os = "linux", target_os = "android")),
        }
    }
}

impl Builder {
    /// A builder that says nothing: [`init`] is this, built.
    pub fn new() -> Self {
        Self::default()
    }

    /// Turns telemetry off, whatever else is set (`OTEL_SDK_DISABLED`). Default: `false`.
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.settings.disabled = Some(disabled);
        self
    }

    /// How much the plugin says about itself on standard error (`OTEL_LOG_LEVEL`). Default: [`Verbosity::Info`].
    pub fn verbosity(mut self, verbosity: Verbosity) -> Self {
        self.settings.verbosity = Some(verbosity);
        self
    }

    /// The OTLP endpoint, without the path of a signal (`OTEL_EXPORTER_OTLP_ENDPOINT`). Turns
    /// telemetry on.
    pub fn endpoint(self, url: impl AsRef<str>) -> Self {
        self.otlp(|otlp| otlp.endpoint(url))
    }

    /// The OTLP protocol (`OTEL_EXPORTER_OTLP_PROTOCOL`). Default: [`Protocol::HttpProtobuf`].
    pub fn protocol(self, protocol: Protocol) -> Self {
        self.otlp(|otlp| otlp.protocol(protocol))
    }

    /// A header of every export (`OTEL_EXPORTER_OTLP_HEADERS`): see [`OtlpOptions::header`].
    pub fn header(self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.otlp(|otlp| otlp.header(name, value))
    }

    /// Headers that change while the app runs, such as a token that expires: see [`OtlpOptions::headers_with`].
    ///
    /// ```
    /// # fn current_token() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// tauri_plugin_opentelemetry::Builder::new()
    ///     .endpoint("https://otlp.example.com")
    ///     .headers_with(|| {
    ///         let token = current_token()?;
    ///         Ok(vec![("authorization".to_owned(), format!("Bearer {token}"))])
    ///     })
    /// # ;
    /// ```
    pub fn headers_with<F>(self, source: F) -> Self
    where
        F: Fn() -> Result<Vec<(String, String)>, Box<dyn Error + Send + Sync>>
            + Send
            + Sync
            + 'static,
    {
        self.otlp(|otlp| otlp.headers_with(source))
    }

    /// How exports are compressed (`OTEL_EXPORTER_OTLP_COMPRESSION`). Default: not at all.
    pub fn compression(self, compression: Compression) -> Self {
        self.otlp(|otlp| otlp.compression(compression))
    }

    /// How long one export may take (`OTEL_EXPORTER_OTLP_TIMEOUT`); zero is no limit. Default: 10 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.otlp(|otlp| otlp.timeout(timeout))
    }

    /// A PEM file with the root certificates to trust instead of the system's
    /// (`OTEL_EXPORTER_OTLP_CERTIFICATE`).
    pub fn certificate(self, file: impl Into<PathBuf>) -> Self {
        self.otlp(|otlp| otlp.certificate(file))
    }

    /// PEM files with the certificate to show to the collector, and its private key
    /// (`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY`).
    pub fn client_certificate(
        self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.otlp(|otlp| otlp.client_certificate(certificate, key))
    }

    /// Whether a gRPC endpoint without a scheme is spoken to without TLS (`OTEL_EXPORTER_OTLP_INSECURE`). Default:
    /// `false`.
    pub fn insecure(self, insecure: bool) -> Self {
        self.otlp(|otlp| otlp.insecure(insecure))
    }

    /// How traces are sent, where they differ from the other signals (`OTEL_EXPORTER_OTLP_TRACES_*`).
    pub fn traces_otlp(mut self, options: OtlpOptions) -> Self {
        self.settings.traces_otlp = self.taken(options);
        self
    }

    /// How metrics are sent, where they differ from the other signals (`OTEL_EXPORTER_OTLP_METRICS_*`).
    pub fn metrics_otlp(mut self, options: OtlpOptions) -> Self {
        self.settings.metrics_otlp = self.taken(options);
        self
    }

    /// How logs are sent, where they differ from the other signals (`OTEL_EXPORTER_OTLP_LOGS_*`).
    pub fn logs_otlp(mut self, options: OtlpOptions) -> Self {
        self.settings.logs_otlp = self.taken(options);
        self
    }

    /// The URL of an HTTP proxy for exports over HTTP (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`; `NO_PROXY` names hosts
    /// that are reached without it). Default: none.
    pub fn proxy(mut self, url: impl AsRef<str>) -> Self {
        match proxy_url(url.as_ref(), "the builder's proxy") {
            Ok(url) => {
                self.settings.proxies = Proxies {
                    all: Some(Ok(url)),
                    ..Proxies::default()
                };
            }
            Err(warning) => self.warnings.push(warning),
        }
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

    /// What is carried from the page into the app with an invoke, nothing if the list is empty (`OTEL_PROPAGATORS`).
    /// Default: the trace context and the baggage.
    pub fn propagators(mut self, propagators: impl IntoIterator<Item = Propagator>) -> Self {
        self.settings.propagators = Some(propagators.into_iter().collect());
        self
    }

    /// The name of the app in its telemetry (`OTEL_SERVICE_NAME`). Default: the product name.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.settings.service_name = Some(name.into());
        self
    }

    /// An attribute of the resource, which describes the app in everything it sends (`OTEL_RESOURCE_ATTRIBUTES`). The
    /// value is a text, a number, a boolean, or a [`Value::Array`] of one of them.
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
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

    /// Which traces are recorded (`OTEL_TRACES_SAMPLER`). Default: [`Sampler::ParentBasedTraceIdRatio`].
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.settings.sampler = Some(sampler);
        self
    }

    /// The share of traces that the ratio samplers record, from 0 to 1 (`OTEL_TRACES_SAMPLER_ARG`, which counts only if
    /// `OTEL_TRACES_SAMPLER` is set). Default: 1.
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.settings.sampling_ratio = self.ratio("the builder's sampling ratio", ratio);
        self
    }

    /// Keeps traces with an error, slow ones and a share of the others, decided after they have ended. Default: all traces are
    /// kept that [`sampler`](Self::sampler) records.
    pub fn tail_sampling(mut self, rule: TailSampling) -> Self {
        let ratio = self.ratio("the builder's ratio of tail sampling", rule.ratio);
        self.settings.tail_sampling = ratio.map(|_| rule);
        self
    }

    /// How often invokes of the commands that match `pattern` are recorded, from 0 (never) to 1. In `pattern` `*`
    /// stands for any characters and `?` for one. The first rule that matches a command counts. If an invoke is
    /// left out, all spans below it are left out too.
    pub fn sample_commands(mut self, pattern: impl Into<String>, ratio: f64) -> Self {
        let pattern = pattern.into();
        let source = format!("the builder's ratio of the commands {pattern:?}");
        if let Some(ratio) = self.ratio(&source, ratio) {
            self.settings.commands.push(CommandRule { pattern, ratio });
        }
        self
    }

    /// What every page records by itself, without code of its own. Each call adds to those before. Default: nothing but
    /// its invokes.
    ///
    /// They are a script of 26 KiB at most, which is injected into every page if there is at least one. Those that record events
    /// need `opentelemetry:allow-page-logs` in the capability of the window.
    ///
    /// ```
    /// use tauri_plugin_opentelemetry::Instrumentation;
    ///
    /// tauri_plugin_opentelemetry::Builder::new()
    ///     .instrumentations([Instrumentation::Interactions, Instrumentation::DocumentLoad])
    /// # ;
    /// ```
    pub fn instrumentations(
        mut self,
        instrumentations: impl IntoIterator<Item = Instrumentation>,
    ) -> Self {
        self.settings.instrumentations.extend(instrumentations);
        self
    }

    /// Which origins get a `traceparent` from [`Instrumentation::Fetch`] and [`Instrumentation::Xhr`], beside that of the page. Each call adds
    /// one. Default: none.
    ///
    /// A server of another origin has to allow the header by CORS. If it does not, the browser refuses the requests of the page.
    ///
    /// ```
    /// use tauri_plugin_opentelemetry::Instrumentation;
    ///
    /// tauri_plugin_opentelemetry::Builder::new()
    ///     .instrumentations([Instrumentation::Fetch])
    ///     .propagate_to("https://api.example.com")
    /// # ;
    /// ```
    pub fn propagate_to(mut self, origin: impl AsRef<str>) -> Self {
        let origin = self.checked(
            "the builder's origin to propagate to",
            origin.as_ref(),
            HttpOrigin::EXPECTED,
        );
        self.settings.propagate_to.extend(origin);
        self
    }

    /// Whether every span and log record has the attribute `session.id`: one session over Rust and all windows, which ends
    /// when nothing was recorded for 30 minutes, and after 4 hours. An event `session.start` tells of each. The id is random,
    /// is forgotten at the end of the app, and is never propagated. Default: `false`.
    pub fn sessions(mut self, sessions: bool) -> Self {
        self.settings.sessions = Some(sessions);
        self
    }

    /// Whether the resource has the attribute `app.installation.id`, by which installations can be counted. The id is random, is kept in the
    /// app's data folder once there is consent, and says nothing about the device. [`Handle::erase`](crate::Handle::erase) and a
    /// denial remove it: the next run has another one. Default: `false`.
    pub fn installation_id(mut self, installation_id: bool) -> Self {
        self.settings.installation_id = Some(installation_id);
        self
    }

    /// The queue of spans, and how they are exported in batches (`OTEL_BSP_*`).
    pub fn span_batch(mut self, options: BatchOptions) -> Self {
        self.settings.span_batch = options;
        self
    }

    /// The queue of log records, and how they are exported in batches (`OTEL_BLRP_*`).
    pub fn log_batch(mut self, options: BatchOptions) -> Self {
        self.settings.log_batch = options;
        self
    }

    /// The time between two exports of metrics (`OTEL_METRIC_EXPORT_INTERVAL`). Default: 60 seconds.
    pub fn metric_interval(mut self, interval: Duration) -> Self {
        self.settings.metric_interval = Some(Millis(interval));
        self
    }

    /// How long an export of metrics may take, if that is less than [`timeout`](Self::timeout)
    /// (`OTEL_METRIC_EXPORT_TIMEOUT`). Default: 30 seconds.
    pub fn metric_export_timeout(mut self, timeout: Duration) -> Self {
        self.settings.metric_export_timeout = Some(Millis(timeout));
        self
    }

    /// What the points of metrics count from (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`). Default:
    /// [`Temporality::Cumulative`].
    pub fn temporality(mut self, temporality: Temporality) -> Self {
        self.settings.temporality = Some(temporality);
        self
    }

    /// How much of spans and log records is kept (`OTEL_*_LIMIT`).
    pub fn limits(mut self, options: LimitOptions) -> Self {
        self.settings.limits = options;
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

    /// Which secrets and personal data are removed before anything leaves the app, beside those that `redaction` of
    /// `tauri.conf.json` names. Default: the built-in rules of [`Redaction::new`].
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.settings.redaction = Some(redaction);
        self
    }

    /// Whether a run that ended by a crash, an abort or a kill is reported at the next start, with the spans that were open and
    /// the last log records, for which a file in the app's local data is kept up to date. Default: `true`.
    pub fn crash_reports(mut self, reported: bool) -> Self {
        self.settings.crash_reports = Some(reported);
        self
    }

    /// Whether the person who uses the app has to agree before anything leaves its memory. Default:
    /// [`Consent::Assumed`].
    pub fn consent(mut self, consent: Consent) -> Self {
        self.settings.consent = Some(consent);
        self
    }

    /// Makes the tracer, the meter and the propagators those of OpenTelemetry's global API
    /// ([`opentelemetry::global`]), for libraries that record through it. Default: `false`. The global API has no
    /// logger.
    pub fn set_global(mut self, global: bool) -> Self {
        self.settings.set_global = global;
        self
    }

    /// Whether release builds read the environment, which then is in the hands of whoever starts the
    /// app. Debug builds always do. Without it the bridge cannot be opened, and proxies and root
    /// certificates cannot be set from outside, either. Default: `true`.
    pub fn environment_in_release(mut self, read: bool) -> Self {
        self.settings.ignore_environment_in_release = !read;
        self
    }

    /// Shows what the app records in a window of its own, or not (`TAURI_OTEL_VIEWER`). Telemetry is then on without an
    /// endpoint. Default: not. Builds without the feature `viewer` have no viewer, and neither have builds without debug
    /// assertions.
    pub fn viewer(mut self, show: bool) -> Self {
        self.settings.viewer = Some(show);
        self
    }

    /// Opens the [WebSocket bridge](crate::ws_bridge), or not (`DEV_WS_BRIDGE`). Default: not. Builds without
    /// the feature `ws-bridge` have none.
    pub fn ws_bridge(mut self, open: bool) -> Self {
        self.settings.ws_bridge = open;
        self
    }

    /// Whether what is queued is exported when `SIGTERM`, `SIGINT` or `SIGHUP` ends the app. Default: `true` on Linux and
    /// Android, `false` elsewhere.
    ///
    /// On Linux and Android the plugin looks for a handler of the app one second after the app has been set up, and then
    /// leaves the end of the app to that handler. Say `false` if the app installs its handler later than that: the plugin
    /// would end the app.
    ///
    /// macOS and iOS do not say whether the app has a handler. Say `true` there if it has none for `SIGTERM` and `SIGINT`.
    /// `SIGHUP` is left alone. Windows has no such signals.
    pub fn flush_on_signals(mut self, flush: bool) -> Self {
        self.flush_on_signals = flush;
        self
    }

    /// Builds the plugin. What makes no sense is reported on standard error when the app starts, and ignored.
    pub fn build<R: Runtime>(self) -> OpenTelemetry<R> {
        OpenTelemetry::new(self.settings, self.warnings, self.flush_on_signals)
    }

    /// Builds the plugin, if everything that was given to this builder makes sense.
    ///
    /// # Errors
    /// If a value makes no sense: [`build`](Self::build) would ignore it. Values that do not fit together are no error, such
    /// as an endpoint without a scheme and a protocol over HTTP: the environment may still change one of them.
    ///
    /// ```
    /// let built = tauri_plugin_opentelemetry::Builder::new()
    ///     .sampling_ratio(1.5)
    ///     .try_build::<tauri::Wry>();
    /// let error = built.err().expect("a ratio is from 0 to 1");
    /// assert!(error.to_string().contains("1.5"));
    /// ```
    pub fn try_build<R: Runtime>(self) -> Result<OpenTelemetry<R>, BuildError> {
        if self.warnings.is_empty() {
            Ok(self.build())
        } else {
            Err(BuildError(self.warnings))
        }
    }

    fn otlp(mut self, change: impl FnOnce(OtlpOptions) -> OtlpOptions) -> Self {
        let changed = change(std::mem::take(&mut self.settings.otlp));
        self.settings.otlp = self.taken(changed);
        self
    }

    /// Takes over options with what there is to say about them.
    fn taken(&mut self, mut options: OtlpOptions) -> OtlpOptions {
        self.warnings.append(&mut options.warnings);
        options
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

/// Values given to a [`Builder`] that make no sense.
#[derive(Debug, Clone)]
pub struct BuildError(Vec<Warning>);

impl BuildError {
    /// A text for each value: the setting, the value unless it may be a secret, and what it has to be.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warnings: Vec<_> = self.warnings().collect();
        f.write_str(&warnings.join("; "))
    }
}

impl Error for BuildError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::reads_environment;

    #[test]
    fn what_is_printed_of_a_builder_has_no_secret() {
        let secret = || "hush".to_owned();
        let builder = Builder::new()
            .endpoint("https://user:hush@example.com")
            .header("Authorization", secret())
            .headers_with(move || Ok(vec![("x-token".to_owned(), secret())]))
            .proxy("http://user:hush@proxy:1")
            .logs_otlp(
                OtlpOptions::new()
                    .header("x-key", "hush")
                    .endpoint("hush@no url"),
            );
        let printed = format!("{builder:?}");
        assert!(!printed.contains("hush"), "{printed}");
        assert!(printed.contains("https://example.com"), "{printed}");
        assert!(printed.contains("authorization"), "{printed}");
        let error = builder.try_build::<tauri::Wry>().err().expect("no URL");
        assert!(!format!("{error} {error:?}").contains("hush"));
    }

    #[test]
    fn a_release_ignores_the_environment_if_the_builder_says_so() {
        for (read, expected) in [(true, true), (false, false)] {
            let builder = Builder::new().environment_in_release(read);
            assert_eq!(reads_environment(&builder.settings, false), expected);
        }
    }

    #[test]
    fn everything_that_makes_no_sense_is_an_error_at_once() {
        let builder = Builder::new()
            .endpoint("ftp://example.com")
            .traces_otlp(OtlpOptions::new().endpoint("http://"))
            .sampling_ratio(f64::NAN)
            .sample_commands("a", 2.0)
            .filter("a=b=c")
            .header("no name", "x")
            .logs_otlp(OtlpOptions::new().header("a", "hush\n"))
            .proxy("socks5://proxy:1080")
            .propagate_to("localhost:8000");
        let error = builder.try_build::<tauri::Wry>().err().expect("nonsense");
        assert_eq!(error.warnings().count(), 9, "{error}");
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(Builder::new().try_build::<tauri::Wry>().is_ok());
    }
}
