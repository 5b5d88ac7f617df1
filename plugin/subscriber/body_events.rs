//! Events in the body of a command, outside of every span of `tracing`.
//!
//! `tracing-opentelemetry` keeps an event with the span of `tracing` around it. The body of a command has none: its events belong to the
//! span of the invoke.

use opentelemetry::{
    Context, KeyValue, Value,
    logs::AnyValue,
    trace::{SpanRef, Status, TraceContextExt},
};
use tracing::{Event, Level, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{Layer, layer, registry::LookupSpan};

use super::events::Fields;
use crate::{command::Command, ipc::task};

/// Adds such events to the span of the invoke, as the layer of `tracing-opentelemetry` does to other spans. An error marks the span as failed.
pub(super) struct BodyEventLayer;

impl<S> Layer<S> for BodyEventLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_event(&self, event: &Event<'_>, cx: layer::Context<'_, S>) {
        if !event.is_contextual() || cx.lookup_current().is_some() {
            return;
        }
        let _invoke = task::attach();
        if Command::is_current() {
            add(event, &Context::current().span());
        }
    }
}

fn add(event: &Event<'_>, span: &SpanRef<'_>) {
    let normalized = event.normalized_metadata();
    let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
    let mut name = event.metadata().name().to_owned();
    let mut attributes = vec![
        KeyValue::new("level", metadata.level().as_str()),
        KeyValue::new("target", metadata.target().to_owned()),
    ];
    event.record(&mut Fields(|field, value| {
        match (field, text_or_number(value)) {
            ("message", message) => name = message.to_string(),
            (field, value) => attributes.push(KeyValue::new(field, value)),
        }
    }));
    span.add_event(name, attributes);
    if *metadata.level() == Level::ERROR {
        span.set_status(Status::error(""));
    }
}

/// The value of an attribute of a span, which is never a list of bytes.
fn text_or_number(value: AnyValue) -> Value {
    match value {
        AnyValue::Boolean(value) => value.into(),
        AnyValue::Double(value) => value.into(),
        AnyValue::Int(value) => value.into(),
        AnyValue::String(value) => value.into(),
        other => format!("{other:?}").into(),
    }
}
