//! `tracing` events and `log` records, as log records and as measurements.
//!
//! Not `opentelemetry-appender-tracing`: it names what it knows of the code by names of old, puts the
//! path of the build machine among them, and drops the name of a field that is an error.

use std::{error::Error, fmt, time::SystemTime};

use opentelemetry::logs::{AnyValue, LogRecord, Logger, Severity};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{LIVE, late::LateMeterProvider};

/// The names of fields by which `tracing-log` carries what it knows of a record.
const CARRIED: &str = "log.";

/// Emits a log record for every event, and measures what it tells.
pub(super) struct EventLayer<S> {
    metrics: MetricsLayer<S, LateMeterProvider>,
}

impl<S> EventLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    pub(super) fn new() -> Self {
        Self {
            metrics: MetricsLayer::new(LateMeterProvider),
        }
    }
}

impl<S> Layer<S> for EventLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_layer(&mut self, subscriber: &mut S) {
        self.metrics.on_layer(subscriber);
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if let Some(live) = LIVE.get()
            && live.telemetry.pipeline.takes_logs()
        {
            emit(event, &live.telemetry.logger);
        }
        // It has a filter of its own, which is asked only now: it has nothing to say about spans.
        self.metrics.enabled(event.metadata(), cx.clone());
        self.metrics.on_event(event, cx);
    }
}

fn emit(event: &Event<'_>, logger: &SdkLogger) {
    // A record of the `log` crate has its own metadata in its fields.
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    let mut record = logger.create_log_record();
    let (number, text) = severity(metadata.level());
    record.set_timestamp(SystemTime::now());
    record.set_severity_number(number);
    record.set_severity_text(text);
    record.set_target(metadata.target().to_owned());
    if let Some(file) = metadata.file().filter(|file| is_of_the_app(file)) {
        record.add_attribute("code.file.path", file.to_owned());
        if let Some(line) = metadata.line() {
            record.add_attribute("code.line.number", i64::from(line));
        }
    }
    event.record(&mut Fields(&mut record));
    logger.emit(record);
}

/// A library's file is named by where it lay on the build machine, with the name of its user.
fn is_of_the_app(file: &str) -> bool {
    let bytes = file.as_bytes();
    let has_drive = bytes.get(1) == Some(&b':');
    !file.starts_with(['/', '\\']) && !has_drive
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

/// The message becomes the body, every other field an attribute of its type.
struct Fields<'a>(&'a mut SdkLogRecord);

impl Fields<'_> {
    fn add(&mut self, field: &Field, value: impl Into<AnyValue>) {
        if field.name() == "message" {
            self.0.set_body(value.into());
        } else if !field.name().starts_with(CARRIED) {
            self.0.add_attribute(field.name(), value);
        }
    }
}

impl Visit for Fields<'_> {
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
