//! Attributes of unsigned whole numbers.
//!
//! `tracing-opentelemetry` does not know the type `u64`, to which `tracing` widens all unsigned types, and records such a field as text
//! (<https://github.com/tokio-rs/tracing-opentelemetry/pull/267>). The layer here records the field once more, as an `i64`, which is what
//! OTLP has. Of the two values the last one is exported, as of any attribute that is set again.

use std::fmt;

use tracing::{
    Subscriber,
    field::{Field, Value, Visit},
    span::{Attributes, Id, Record},
};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, layer, registry::LookupSpan};

use super::late::LateTracer;

/// Comes after the layer that makes the spans.
pub(super) struct UnsignedLayer<S>(OpenTelemetryLayer<S, LateTracer>);

impl<S> UnsignedLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    pub(super) fn new() -> Self {
        Self(OpenTelemetryLayer::new(LateTracer))
    }
}

impl<S> Layer<S> for UnsignedLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: layer::Context<'_, S>) {
        attributes.record(&mut AsSigned {
            spans: &self.0,
            id,
            cx,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: layer::Context<'_, S>) {
        values.record(&mut AsSigned {
            spans: &self.0,
            id,
            cx,
        });
    }
}

/// Records the unsigned fields of a span as signed ones.
struct AsSigned<'a, S> {
    spans: &'a OpenTelemetryLayer<S, LateTracer>,
    id: &'a Id,
    cx: layer::Context<'a, S>,
}

impl<S> Visit for AsSigned<'_, S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn record_u64(&mut self, field: &Field, value: u64) {
        // A number that is too large for OTLP stays a text.
        let (Ok(signed), Some(metadata)) = (i64::try_from(value), self.cx.metadata(self.id)) else {
            return;
        };
        let values = [(field, Some(&signed as &dyn Value))];
        let values = metadata.fields().value_set(&values);
        self.spans
            .on_record(self.id, &Record::new(&values), self.cx.clone());
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
