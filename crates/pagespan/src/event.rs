//! An event becomes a log record, and measurements if its fields say so.

use std::fmt;

use tracing::{
    Level, Metadata,
    field::{Field, Visit},
};

use crate::{
    attributes::Attributes,
    context::Context,
    kernel::Kernel,
    queue::{self, Signal},
    span::write_ids,
};

/// `tracing-log` passes the metadata of a record of the `log` crate as fields with this prefix.
const LOG_METADATA: &str = "log.";

/// Fields with these prefixes are measurements, as in `tracing-opentelemetry`.
const INSTRUMENTS: [(&str, &str); 4] = [
    ("monotonic_counter.", "counter"),
    ("counter.", "upDownCounter"),
    ("histogram.", "histogram"),
    ("gauge.", "gauge"),
];

/// Measurements of one event. More would be a mistake.
const MAX_MEASUREMENTS: usize = 32;

/// The fields of an event.
#[derive(Debug, Default)]
pub(crate) struct EventFields {
    body: Option<String>,
    /// The value of a field named `error`, which tells why the span of the event failed.
    pub(crate) error: Option<String>,
    attributes: Attributes,
    measurements: Vec<(&'static str, &'static str, f64)>,
}

impl EventFields {
    /// Queues the measurements, and a log record unless the event is a mere measurement.
    pub(crate) fn push(
        self,
        kernel: &dyn Kernel,
        metadata: &Metadata<'_>,
        context: Option<Context>,
    ) {
        for (kind, name, value) in &self.measurements {
            queue::push(kernel, Signal::Metrics, |item| {
                item.text("kind", kind);
                item.text("name", name);
                item.literal("value", value);
                if !self.attributes.members().is_empty() {
                    item.object("attributes", |attributes| {
                        attributes.members(self.attributes.members());
                    });
                }
            });
        }
        if !self.measurements.is_empty() && self.body.is_none() {
            return;
        }
        queue::push(kernel, Signal::Logs, |item| {
            item.time("time", kernel.now());
            item.literal("severity", severity(metadata.level()));
            if let Some(body) = &self.body {
                item.text("body", body);
            }
            item.object("attributes", |attributes| {
                attributes.text("target", metadata.target());
                attributes.members(self.attributes.members());
            });
            if let Some(context) = context {
                write_ids(context, item);
            }
        });
    }

    /// Takes a finite number as a measurement if the name of its field is one of an instrument.
    fn take_measurement(&mut self, field: &Field, value: f64) -> bool {
        let instrument = INSTRUMENTS.iter().find_map(|(prefix, kind)| {
            let name = field.name().strip_prefix(prefix)?;
            Some((*kind, name, value))
        });
        let Some(instrument) = instrument else {
            return false;
        };
        if value.is_finite() && self.measurements.len() < MAX_MEASUREMENTS {
            self.measurements.push(instrument);
        }
        true
    }
}

/// The severity number of OpenTelemetry.
fn severity(level: &Level) -> u8 {
    match *level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    }
}

impl Visit for EventFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.body = Some(value.to_owned()),
            name if name.starts_with(LOG_METADATA) => {}
            name => {
                if name == "error" {
                    self.error = Some(value.to_owned());
                }
                self.attributes.text(name, value);
            }
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.bool(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if !self.take_measurement(field, value) {
            self.attributes.float(field.name(), value);
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "JavaScript has no other numbers"
    )]
    fn record_i64(&mut self, field: &Field, value: i64) {
        if !field.name().starts_with(LOG_METADATA) && !self.take_measurement(field, value as f64) {
            self.attributes
                .integer(field.name(), value, value.unsigned_abs().into());
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "JavaScript has no other numbers"
    )]
    fn record_u64(&mut self, field: &Field, value: u64) {
        if !field.name().starts_with(LOG_METADATA) && !self.take_measurement(field, value as f64) {
            self.attributes.integer(field.name(), value, value.into());
        }
    }
}
