//! Records a text wherever telemetry has room for one, so that a test can look for what redaction has left of it.

use std::collections::HashMap;

use serde_json::Value;
use tauri::{App, test::MockRuntime};
use tauri_plugin_opentelemetry::{
    OpenTelemetryExt,
    opentelemetry::{
        Array, Context, InstrumentationScope, KeyValue, Value as Attribute,
        baggage::BaggageExt,
        global,
        logs::{AnyValue, LogRecord, Logger, Severity},
        trace::{Link, Span, SpanContext, Status, Tracer},
    },
};

use crate::TARGET;

/// Records a text in every field of every signal that takes one.
pub fn reveal(app: &App<MockRuntime>, text: &str) {
    let telemetry = app.opentelemetry();
    let list = Attribute::Array(Array::String(vec![text.to_owned().into()]));
    let attributes = vec![
        KeyValue::new("note", text.to_owned()),
        KeyValue::new("notes", list),
        KeyValue::new(text.to_owned(), "a key"),
    ];
    let baggage = [KeyValue::new("note", text.to_owned())];
    let _baggage = Context::current_with_baggage(baggage).attach();
    reveal_attributes(app, "emitter", format!("reveal {text}"), attributes);
    tracing::error!(target: TARGET, note = text, "log {text}");
    let mut record = telemetry.logger().create_log_record();
    record.set_severity_number(Severity::Error);
    record.set_body(nested(text));
    record.add_attribute("nested", nested(text));
    record.add_attribute("exception.stacktrace", format!("0: main\n1: {text}\n"));
    telemetry.logger().emit(record);
    let meter = telemetry.meter();
    let described = meter.u64_counter("emitter.described");
    described
        .with_description(text.to_owned())
        .build()
        .add(1, &[]);
    // Of a library, which has a scope of its own; nothing without a global provider.
    let scope = InstrumentationScope::builder("a library")
        .with_version(text.to_owned())
        .with_attributes([KeyValue::new("note", text.to_owned())]);
    global::tracer_with_scope(scope.build())
        .start("of a library")
        .end();
}

/// A text in a list in a map.
fn nested(text: &str) -> AnyValue {
    let list = AnyValue::ListAny(Box::new(vec![AnyValue::from(text.to_owned())]));
    AnyValue::Map(Box::new(HashMap::from([("notes".into(), list)])))
}

/// Records attributes wherever there are some. An instrument has a thousand sets of attributes at most, so the `instruments` have names.
fn reveal_attributes(
    app: &App<MockRuntime>,
    instruments: &str,
    text: String,
    attributes: Vec<KeyValue>,
) {
    let telemetry = app.opentelemetry();
    let tracer = telemetry.tracer();
    let link = Link::new(SpanContext::NONE, attributes.clone(), 0);
    let mut span = tracer
        .span_builder(text.clone())
        .with_links(vec![link])
        .with_attributes(attributes.clone())
        .start(&tracer);
    span.add_event(text.clone(), attributes.clone());
    span.set_status(Status::error(text));
    span.end();
    let mut record = telemetry.logger().create_log_record();
    record.set_severity_number(Severity::Error);
    for one in &attributes {
        record.add_attribute(one.key.clone(), one.value.to_string());
    }
    telemetry.logger().emit(record);
    let meter = telemetry.meter();
    meter
        .u64_counter(format!("{instruments}.revealed"))
        .build()
        .add(1, &attributes);
    meter
        .f64_gauge(format!("{instruments}.level"))
        .build()
        .record(0.5, &attributes);
    meter
        .f64_histogram(format!("{instruments}.took"))
        .build()
        .record(0.5, &attributes);
}

/// Records everything that a file of JSON lists.
pub fn reveal_all(app: &App<MockRuntime>, path: &str) {
    let file = std::fs::read(path).expect("a file");
    let all: Value = serde_json::from_slice(&file).expect("JSON");
    let list = |name: &str| all[name].as_array().cloned().unwrap_or_default();
    for text in list("texts") {
        reveal(app, text.as_str().expect("a text"));
    }
    for pair in list("attributes") {
        let part = |index: usize| pair[index].as_str().expect("a text").to_owned();
        let attributes = vec![KeyValue::new(part(0), part(1))];
        reveal_attributes(app, "emitter.keyed", "keyed".to_owned(), attributes);
    }
}
