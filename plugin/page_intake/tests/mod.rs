//! What pages send, and what comes out behind the intake.

mod arrival;
mod hostile;
mod meters;
mod sharing;
mod short_form;
mod signals;

use std::time::{Duration, Instant, SystemTime};

use opentelemetry::{
    Array, Key, SpanId, StringValue, TraceFlags, TraceId, Value,
    trace::{SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::trace::SpanData;
use serde_json::{Value as Json, json};

use super::{
    BatchAnswer, MAX_DROPPED, PageIntake, Sinks, as_bytes,
    items::ReadBatch,
    rate,
    wire::{MAX_ITEMS_PER_BATCH, PageBatch},
};
use crate::config::Propagators;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
const NOW: f64 = 1_700_000_000_000.0;

fn page_intake() -> PageIntake {
    let propagators = Propagators {
        trace_context: true,
        baggage: true,
    };
    PageIntake::new(Sinks::default(), propagators)
}

fn read_batch(message: &Json) -> ReadBatch {
    let body = message.to_string();
    page_intake().read(
        body.as_bytes(),
        &StringValue::from("main"),
        &SpanContext::NONE,
    )
}

fn read_bytes(body: &[u8], parent: &SpanContext) -> (Vec<SpanData>, BatchAnswer) {
    let read = page_intake().read(body, &StringValue::from("main"), parent);
    let answer = read.answer();
    (read.spans.items, answer)
}

fn read(message: &Json) -> (Vec<SpanData>, BatchAnswer) {
    read_bytes(message.to_string().as_bytes(), &SpanContext::NONE)
}

/// A batch of a page whose clock is right.
fn batch(spans: &[Json]) -> Json {
    json!({ "drift": 0.25, "spans": spans, "dropped": 0 })
}

fn good() -> Json {
    json!({
        "traceId": TRACE, "spanId": SPAN, "name": "good",
        "startTime": NOW, "endTime": NOW + 1.5,
    })
}

fn with(change: impl FnOnce(&mut serde_json::Map<String, Json>)) -> Json {
    let mut span = good();
    change(span.as_object_mut().unwrap());
    span
}

fn with_field(name: &str, value: Json) -> Json {
    with(|span| {
        span.insert(name.to_owned(), value);
    })
}

fn attribute<'a>(span: &'a SpanData, key: &'static str) -> Option<&'a Value> {
    let key = Key::from_static_str(key);
    span.attributes
        .iter()
        .find(|attribute| attribute.key == key)
        .map(|attribute| &attribute.value)
}
