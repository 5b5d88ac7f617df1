//! An event becomes a log record, and measurements if its fields say so.

use tracing_core::Level;

use crate::{
    attributes::Attributes,
    context::Context,
    field::{TakeField, Value},
    kernel::Kernel,
    queue::{self, Signal},
    span::write_ids,
};

/// The field with the text of an event.
pub(crate) const MESSAGE: &str = "message";

/// `tracing-log` passes the metadata of a record of the `log` crate as fields with this prefix.
const LOG_METADATA: &str = "log.";

/// The target of such a record.
const LOG_TARGET: &str = "log.target";

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
    /// What makes the log record an event of OpenTelemetry.
    name: Option<&'static str>,
    body: Option<String>,
    target: Option<String>,
    /// The value of a field named `error`, which tells why the span of the event failed.
    pub(crate) error: Option<String>,
    attributes: Attributes,
    measurements: Vec<(&'static str, String, f64)>,
}

impl EventFields {
    pub(crate) fn named(name: &'static str) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }

    /// The target, unless the fields have one.
    pub(crate) fn set_target(&mut self, target: &str) {
        self.target.get_or_insert_with(|| target.to_owned());
    }

    /// Queues the measurements, and a log record unless the event is a mere measurement.
    pub(crate) fn push(self, kernel: &dyn Kernel, severity: u64, context: Option<Context>) {
        for (kind, name, value) in &self.measurements {
            queue::push(kernel, Signal::Metrics, &mut |item| {
                item.text("kind", kind);
                item.text("name", name);
                item.float("value", *value);
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
        queue::push(kernel, Signal::Logs, &mut |item| {
            item.time("time", kernel.now());
            item.integer("severity", severity);
            if let Some(name) = self.name {
                item.text("eventName", name);
            }
            if let Some(body) = &self.body {
                item.text("body", body);
            }
            item.object("attributes", |attributes| {
                if let Some(target) = &self.target {
                    attributes.text("target", target);
                }
                attributes.members(self.attributes.members());
            });
            if let Some(context) = context {
                write_ids(context, item);
            }
        });
    }

    /// Takes a finite number as a measurement if the name of its field is one of an instrument.
    fn take_measurement(&mut self, name: &str, value: f64) -> bool {
        let instrument = INSTRUMENTS
            .iter()
            .find_map(|(prefix, kind)| Some((*kind, name.strip_prefix(prefix)?)));
        let Some((kind, name)) = instrument else {
            return false;
        };
        if value.is_finite() && self.measurements.len() < MAX_MEASUREMENTS {
            self.measurements.push((kind, name.to_owned(), value));
        }
        true
    }
}

/// The severity number of OpenTelemetry.
pub(crate) fn severity(level: Level) -> u64 {
    match level {
        Level::TRACE => 1,
        Level::DEBUG => 5,
        Level::INFO => 9,
        Level::WARN => 13,
        Level::ERROR => 17,
    }
}

impl TakeField for EventFields {
    fn take(&mut self, name: &'static str, value: Value<'_>) {
        match (name, value) {
            (MESSAGE, Value::Text(text)) => self.body = Some(text.to_owned()),
            (LOG_TARGET, Value::Text(text)) => self.target = Some(text.to_owned()),
            _ if name.starts_with(LOG_METADATA) => {}
            _ if number(value).is_some_and(|number| self.take_measurement(name, number)) => {}
            _ => {
                if let ("error", Value::Text(text)) = (name, value) {
                    self.error = Some(text.to_owned());
                }
                self.attributes.push(name, value);
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript has no other numbers"
)]
fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Float(value) => Some(value),
        Value::Signed(value) => Some(value as f64),
        Value::Unsigned(value) => Some(value as f64),
        Value::Text(_) | Value::Bool(_) => None,
    }
}
