//! `tracing` events and records of the `log` crate become log records, and measurements if their fields say so.
//!
//! `opentelemetry-appender-tracing` is not used: its names of code attributes are outdated, it exports paths of the
//! build machine, and it drops the name of a field that holds an error.

use std::{error::Error, fmt, sync::OnceLock, time::SystemTime};

use opentelemetry::{
    Context,
    logs::{AnyValue, LogRecord, Logger, Severity},
};
use opentelemetry_sdk::logs::SdkLogger;
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    dispatcher::WeakDispatch,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_opentelemetry::{MetricsLayer, get_otel_context};
use tracing_subscriber::{Layer, layer, registry::LookupSpan};

use super::{RUNNING, late::LateMeterProvider};
use crate::{ipc::task, names::add_code_location};

/// The fields in which `tracing-log` passes the metadata of a record of the `log` crate.
const LOG_METADATA: [&str; 4] = ["log.target", "log.module_path", "log.file", "log.line"];

/// [`MetricsLayer`] takes fields with these prefixes as measurements.
const INSTRUMENTS: [&str; 4] = ["monotonic_counter.", "counter.", "histogram.", "gauge."];

/// Whether an event has a measurement and no message. Such an event is not a log record.
pub(super) fn is_only_measurement(event: &Metadata<'_>) -> bool {
    let fields = event.fields();
    let measures = |name: &str| INSTRUMENTS.iter().any(|prefix| name.starts_with(prefix));
    event.is_event()
        && fields.field("message").is_none()
        && fields.iter().any(|field| measures(field.name()))
}

/// Emits a log record for every event that is more than a measurement, and records the measurements.
pub(super) struct EventLayer<S> {
    metrics: MetricsLayer<S, LateMeterProvider>,
    /// The subscriber that this layer is part of, which knows the contexts of its spans.
    subscriber: OnceLock<WeakDispatch>,
}

impl<S> EventLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    pub(super) fn new() -> Self {
        Self {
            metrics: MetricsLayer::new(LateMeterProvider),
            subscriber: OnceLock::new(),
        }
    }

    /// The context of the span that `event` names as its parent, if it does not belong to the current one: an empty one
    /// if it names none (`parent: None`).
    fn explicit_parent(&self, event: &Event<'_>, cx: &layer::Context<'_, S>) -> Option<Context> {
        if event.is_contextual() {
            return None;
        }
        let named = event.parent().and_then(|parent| {
            // Keeps the span open: `get_otel_context` panics if it has closed.
            let parent = cx.span(parent)?;
            let subscriber = self.subscriber.get()?.upgrade()?;
            get_otel_context(&parent.id(), &subscriber)
        });
        Some(named.unwrap_or_default())
    }
}

impl<S> Layer<S> for EventLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        // A subscriber that is registered twice is the same one.
        let _ = self.subscriber.set(subscriber.downgrade());
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.metrics.on_layer(subscriber);
    }

    fn on_event(&self, event: &Event<'_>, cx: layer::Context<'_, S>) {
        let _parent = match self.explicit_parent(event, &cx) {
            Some(parent) => Some(parent.attach()),
            None => task::attach(),
        };
        if let Some(running) = RUNNING.get()
            && running.telemetry.pipeline.takes_logs()
            && !is_only_measurement(event.metadata())
        {
            emit(event, &running.telemetry.logger);
        }
        // `MetricsLayer` has a filter of its own. It is asked here and not for every span, about which it has no say.
        self.metrics.enabled(event.metadata(), cx.clone());
        self.metrics.on_event(event, cx);
    }
}

fn emit(event: &Event<'_>, logger: &SdkLogger) {
    // The metadata of a record of the `log` crate are among the fields of its event.
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    let mut record = logger.create_log_record();
    let (number, text) = severity(metadata.level());
    record.set_timestamp(SystemTime::now());
    record.set_severity_number(number);
    record.set_severity_text(text);
    record.set_target(metadata.target().to_owned());
    add_code_location(&mut record, metadata.file(), metadata.line());
    event.record(&mut Fields(|name, value| match name {
        "message" => record.set_body(value),
        _ => record.add_attribute(name, value),
    }));
    logger.emit(record);
}

fn severity(level: &Level) -> (Severity, &'static str) {
    match *level {
        Level::TRACE => (Severity::Trace, "TRACE"),
        Level::DEBUG => (Severity::Debug, "DEBUG"),
        Level::INFO => (Severity::Info, "INFO"),
        Level::WARN => (Severity::Warn, "WARN"),
        Level::ERROR => (Severity::Error, "ERROR"),
    }
}

/// Hands each field to a function, with `message` as the name of the message. What `tracing-log` passes of a record is no field.
pub(super) struct Fields<F>(pub(super) F);

impl<F: FnMut(&'static str, AnyValue)> Fields<F> {
    fn add(&mut self, field: &Field, value: impl Into<AnyValue>) {
        if !LOG_METADATA.contains(&field.name()) {
            self.0(field.name(), value.into());
        }
    }
}

impl<F: FnMut(&'static str, AnyValue)> Visit for Fields<F> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(field, value.to_string());
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.add(field, AnyValue::Bytes(Box::new(value.to_owned())));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(number) => self.add(field, number),
            Err(_) => self.add(field, value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use log::Log;
    use opentelemetry::{InstrumentationScope, logs::LoggerProvider};
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        logs::{LogProcessor, SdkLogRecord, SdkLoggerProvider},
    };
    use parking_lot::Mutex;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Emits every event.
    struct Emitting(SdkLogger);

    impl<S: Subscriber> Layer<S> for Emitting {
        fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
            emit(event, &self.0);
        }
    }

    #[derive(Debug, Clone, Default)]
    struct Emitted(Arc<Mutex<Vec<SdkLogRecord>>>);

    impl LogProcessor for Emitted {
        fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
            self.0.lock().push(record.clone());
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Ok(())
        }
    }

    #[test]
    fn an_event_whose_parent_has_closed_is_recorded_without_it() {
        let subscriber = tracing_subscriber::registry().with(EventLayer::new());
        tracing::subscriber::with_default(subscriber, || {
            let closed = tracing::info_span!("closed").id();
            tracing::info!(parent: closed, "done");
        });
    }

    #[test]
    fn fields_whose_names_begin_as_those_of_the_log_crate_are_attributes() {
        let emitted = Emitted::default();
        let provider = SdkLoggerProvider::builder().with_log_processor(emitted.clone());
        let logger = provider.build().logger("test");
        let subscriber = tracing_subscriber::registry().with(Emitting(logger));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(log.iostream = "stderr", "said");
        });
        let emitted = emitted.0.lock();
        let mut keys = emitted[0].attributes_iter().map(|(key, _)| key.as_str());
        assert!(keys.any(|key| key == "log.iostream"));
    }

    #[test]
    fn a_record_tells_the_path_of_a_file_of_the_app_and_no_other() {
        let emitted = Emitted::default();
        let provider = SdkLoggerProvider::builder().with_log_processor(emitted.clone());
        let logger = provider.build().logger("test");
        let subscriber = tracing_subscriber::registry().with(Emitting(logger));
        tracing::subscriber::with_default(subscriber, || {
            for file in ["src/main.rs", "/home/me/.cargo/registry/src/lib.rs"] {
                let mut record = log::Record::builder();
                let record = record.level(log::Level::Warn).target("a").file(Some(file));
                tracing_log::LogTracer::new().log(&record.line(Some(7)).build());
            }
        });
        let places: Vec<Vec<_>> = emitted
            .0
            .lock()
            .iter()
            .map(|record| {
                let attributes = record.attributes_iter();
                attributes
                    .map(|(key, value)| format!("{key}={value:?}"))
                    .collect()
            })
            .collect();
        assert_eq!(places.len(), 2);
        assert_eq!(places[0].len(), 2, "{places:?}");
        assert!(places[0][0].contains("src/main.rs"), "{places:?}");
        assert_eq!(places[1], [""; 0], "neither the path nor the line");
    }
}
