//! What an app can do with its telemetry while it runs.

use std::{fmt, io, sync::Arc, time::Duration};

use opentelemetry::{
    logs::LoggerProvider,
    metrics::{Meter, MeterProvider},
    trace::TracerProvider,
};
use opentelemetry_sdk::{
    logs::{SdkLogger, SdkLoggerProvider},
    metrics::SdkMeterProvider,
    trace::{SdkTracer, SdkTracerProvider},
};
use tauri::{Manager, Runtime};

use crate::{
    config::LogLevel,
    names::SCOPE,
    pipeline::{ConsentState, Purpose},
    status::Status,
    telemetry::Telemetry,
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
    /// Whether telemetry is on, and for each signal where it goes and how many items are queued, exported and lost.
    pub fn status(&self) -> Status {
        Status::of(self.0.as_deref())
    }

    /// What the person who uses the app has decided about its telemetry. `None` if there is nothing to decide, because
    /// telemetry is off or the app asks for no consent. If the [purposes](Self::consent_for) differ, it is the most permissive of
    /// them: [`ConsentState::Granted`] if anything may leave.
    pub fn consent(&self) -> Option<ConsentState> {
        Some(self.0.as_ref()?.consent()?.most_open())
    }

    /// What the person has decided about telemetry for one purpose. `None` as for [`consent`](Self::consent).
    pub fn consent_for(&self, purpose: Purpose) -> Option<ConsentState> {
        Some(self.0.as_ref()?.consent()?.of(purpose))
    }

    /// Makes a decision take effect at once, and keeps it for later runs in `telemetry-consent.json` of the app's config
    /// folder. Does nothing if the app asks for no consent ([`Consent::Required`](crate::Consent::Required)).
    ///
    /// A grant exports what was recorded while the decision was pending, and lets pages record. A denial deletes what is
    /// queued and what is kept on disk, and ends all recording. After a denial, metrics are exported again from the next start
    /// of the app.
    ///
    /// # Errors
    /// If the decision or the denied telemetry cannot be changed on disk. For this run the decision has taken effect.
    pub fn set_consent(&self, choice: ConsentState) -> io::Result<()> {
        self.choose(Purpose::ALL, choice)
    }

    /// As [`set_consent`](Self::set_consent), for one purpose: an app that asks about each by itself calls it for each.
    ///
    /// # Errors
    /// As for [`set_consent`](Self::set_consent).
    pub fn set_consent_for(&self, purpose: Purpose, choice: ConsentState) -> io::Result<()> {
        self.choose(&[purpose], choice)
    }

    fn choose(&self, purposes: &[Purpose], choice: ConsentState) -> io::Result<()> {
        self.0
            .as_ref()
            .map_or(Ok(()), |telemetry| telemetry.set_consent(purposes, choice))
    }

    /// What is exported next, redacted as it would leave: OTLP JSON, a line for each signal that has something queued, with 50
    /// items of it at most.
    pub fn preview(&self) -> String {
        let lines = self
            .0
            .as_ref()
            .map(|telemetry| telemetry.pipeline.preview());
        let lines = lines.unwrap_or_default().into_iter();
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// Deletes everything that was recorded and has not left yet, in memory and on disk, and the
    /// [`app.installation.id`](crate::Builder::installation_id). Unlike a denial it ends nothing.
    ///
    /// # Errors
    /// If a file cannot be removed. Everything else is deleted.
    pub fn erase(&self) -> io::Result<()> {
        self.0
            .as_ref()
            .map_or(Ok(()), |telemetry| telemetry.pipeline.erase())
    }

    /// Changes the share of traces that are recorded among those that start in the app or in its pages, from 0 to 1. It
    /// holds until the app ends. A number outside of this range is taken as the nearer end, and one that is none as 0.
    pub fn set_sampling(&self, ratio: f64) {
        if let Some(telemetry) = &self.0 {
            let ratio = if ratio.is_nan() { 0.0 } else { ratio };
            telemetry.set_sampling(ratio.clamp(0.0, 1.0));
        }
    }

    /// Changes the lowest level of log records that are exported at once
    /// ([`Builder::log_level`](crate::Builder::log_level)), until the app ends. Records that the filter leaves out stay out.
    pub fn set_level(&self, level: LogLevel) {
        if let Some(telemetry) = &self.0 {
            telemetry.pipeline.set_log_level(level);
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
            // Not a sampler that is always off: its spans have ids, which tell servers not to record.
            None => {
                let provider = SdkTracerProvider::default();
                let _ = provider.shutdown();
                provider.tracer(SCOPE)
            }
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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span, Tracer};

    use super::*;

    #[test]
    fn while_telemetry_is_off_a_span_has_no_ids_that_could_be_sent_along() {
        let span = Handle(None).tracer().start("a");
        assert!(!span.span_context().is_valid());
    }
}
