//! What tests of spans have in common.

#![allow(dead_code, reason = "every test program uses its own part")]

use opentelemetry::{Value, trace::TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::prelude::*;

/// Runs `work` under a subscriber of its own, and returns the spans it made.
pub fn spans_of(work: impl FnOnce()) -> Vec<SpanData> {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    exporter
        .get_finished_spans()
        .expect("the exporter is alive")
}

pub fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("there is a span {name}"))
}

/// Whether an attribute is an integer, and not the text of one.
pub fn is_int(span: &SpanData, key: &str) -> bool {
    let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
    found.is_some_and(|pair| matches!(pair.value, Value::I64(_)))
}

/// An attribute as text; empty if there is none.
pub fn text(span: &SpanData, key: &str) -> String {
    let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
    found
        .map(|pair| pair.value.clone())
        .as_ref()
        .map(Value::as_str)
        .unwrap_or_default()
        .into_owned()
}
