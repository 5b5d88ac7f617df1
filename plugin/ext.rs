//! What an app can do with its telemetry while it runs.

use std::{collections::BTreeMap, fmt, io, sync::Arc, time::Duration};

use opentelemetry::{
    logs::LoggerProvider,
    metrics::{Meter, MeterProvider},
    trace::TracerProvider,
};
use opentelemetry_sdk::{
    logs::{SdkLogger, SdkLoggerProvider},
    metrics::SdkMeterProvider,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use tauri::{Manager, Runtime};

use crate::{
    config::Signal,
    pipeline::{Breaker, health::Loss},
    telemetry::{SCOPE, Telemetry},
};

/// Gives the app its telemetry.
///
/// ```
/// use tauri_plugin_opentelemetry::OpenTelemetryExt;
///
/// fn count_a_sale(app: &tauri::AppHandle) {
///     let sales = app.opentelemetry().meter().u64_counter("shop.sales").build();
///     sales.add(1, &[]);
/// }
/// ```
pub trait OpenTelemetryExt<R: Runtime> {
    /// The telemetry of the app. While it is off everything in it does nothing.
    fn opentelemetry(&self) -> Handle;
}

impl<R: Runtime, T: Manager<R>> OpenTelemetryExt<R> for T {
    fn opentelemetry(&self) -> Handle {
        let telemetry = self.try_state::<Arc<Telemetry>>();
        Handle(telemetry.map(|telemetry| telemetry.inner().clone()))
    }
}

/// The telemetry of an app, on or off.
#[derive(Clone)]
pub struct Handle(Option<Arc<Telemetry>>);

/// Whether it is on. What is behind it holds the headers of exports, which are secrets, and what was recorded.
impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("enabled", &self.0.is_some())
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// What is on, where it goes, and what became of it.
    pub fn status(&self) -> Status {
        let of = |signal| {
            let Some(telemetry) = &self.0 else {
                return SignalStatus::default();
            };
            let report = telemetry.pipeline.report(signal);
            let lost = Loss::ALL
                .into_iter()
                .map(|loss| (loss.name(), report.health.total_lost(loss)));
            SignalStatus {
                destinations: report.destinations(),
                queued: telemetry.pipeline.queued(signal),
                exported: report.health.total_exported(),
                dropped: lost.filter(|(_, count)| *count > 0).collect(),
                spool_bytes: report.spool_bytes(),
                cut_attributes: report.health.total_cut_attributes(),
                corrupt_files: report.health.total_corrupt_files(),
                breaker: report.breaker().map(Breaker::name),
            }
        };
        Status {
            enabled: self.0.is_some(),
            traces: of(Signal::Traces),
            metrics: of(Signal::Metrics),
            logs: of(Signal::Logs),
        }
    }

    /// Exports everything recorded so far, and waits for it, but not longer than `timeout`. Returns
    /// whether it was done by then; whether it arrived is in [`status`](Self::status).
    ///
    /// It blocks: in an async command, call it with `tauri::async_runtime::spawn_blocking`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.0
            .as_ref()
            .is_none_or(|telemetry| telemetry.pipeline.flush(timeout))
    }

    /// Exports what is queued, for a second at most, and ends the telemetry of this run of the app. It
    /// happens by itself when the app exits.
    pub fn shutdown(&self) {
        if let Some(telemetry) = &self.0 {
            telemetry.pipeline.shutdown();
        }
    }

    /// Removes everything that is kept on disk until it can be delivered.
    ///
    /// # Errors
    /// If a file cannot be removed; the others are gone.
    pub fn purge(&self) -> io::Result<()> {
        self.0
            .as_ref()
            .map_or(Ok(()), |telemetry| telemetry.pipeline.purge())
    }

    /// The tracer of the app, for spans made without `tracing`.
    pub fn tracer(&self) -> SdkTracer {
        match &self.0 {
            Some(telemetry) => telemetry.app_tracer(),
            None => SdkTracerProvider::builder()
                .with_sampler(Sampler::AlwaysOff)
                .build()
                .tracer(SCOPE),
        }
    }

    /// The meter of the app, for its own counters, gauges and histograms. Keep the instruments: to make one
    /// takes longer than to use it.
    pub fn meter(&self) -> Meter {
        match &self.0 {
            Some(telemetry) => telemetry.app_meter(),
            None => SdkMeterProvider::default().meter(SCOPE),
        }
    }

    /// The logger of the app, for log records made without `tracing` and the `log` crate, such as events with a name.
    ///
    /// ```
    /// use tauri_plugin_opentelemetry::{
    ///     OpenTelemetryExt,
    ///     opentelemetry::logs::{LogRecord, Logger, Severity},
    /// };
    ///
    /// fn sold(app: &tauri::AppHandle) {
    ///     let logger = app.opentelemetry().logger();
    ///     let mut record = logger.create_log_record();
    ///     record.set_event_name("shop.sold");
    ///     record.set_severity_number(Severity::Info);
    ///     logger.emit(record);
    /// }
    /// ```
    pub fn logger(&self) -> SdkLogger {
        match &self.0 {
            Some(telemetry) => telemetry.app_logger(),
            None => SdkLoggerProvider::builder().build().logger(SCOPE),
        }
    }
}

/// What is on, where it goes, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Whether telemetry is on.
    pub enabled: bool,
    /// Spans.
    pub traces: SignalStatus,
    /// Points of metrics.
    pub metrics: SignalStatus,
    /// Log records.
    pub logs: SignalStatus,
}

/// What is known of one signal, since the app was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalStatus {
    /// Where it goes: endpoints without user and password, files, `console`. Empty if nowhere.
    pub destinations: Vec<String>,
    /// What waits to be exported.
    pub queued: usize,
    /// What was exported.
    pub exported: u64,
    /// What was lost, by reason. The reasons that begin with `page_` are about what pages sent.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Attributes of what pages sent that were left out, or whose value was shortened, because of a limit or a type
    /// that attributes do not have.
    pub cut_attributes: u64,
    /// Bytes on disk that wait to be delivered.
    pub spool_bytes: u64,
    /// Files on disk that could not be read, or not to their end.
    pub corrupt_files: u64,
    /// The circuit breaker of the collector: `closed`, `open` or `half_open`. `None` if it goes to none.
    pub breaker: Option<&'static str>,
}
