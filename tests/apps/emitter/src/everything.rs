//! Something of every signal, with values of every type.

use tauri::{App, test::MockRuntime};
use tauri_plugin_opentelemetry::{
    OpenTelemetryExt,
    opentelemetry::{
        Array, Context, KeyValue, Value as Attribute,
        trace::{Link, Span, SpanContext, SpanKind, Status, TraceContextExt, Tracer},
    },
};
use tracing::{Level, field::Empty};

use crate::TARGET;

pub fn record(app: &App<MockRuntime>) {
    span_of_all_types(app);
    log_of_all_levels();
    metrics_of_all_kinds(app);
}

fn span_of_all_types(app: &App<MockRuntime>) {
    let tracer = app.opentelemetry().tracer();
    let linked = tracer.start("linked");
    let link = Link::with_context(linked.span_context().clone());
    let parent = tracer.start("parent");
    let context = parent.span_context().clone();
    let mut span = tracer
        .span_builder("everything")
        .with_kind(SpanKind::Producer)
        .with_links(vec![link])
        .with_attributes(attributes())
        .start_with_context(&tracer, &remote(&context));
    span.add_event("happened", vec![KeyValue::new("deep", true)]);
    span.set_status(Status::error("deliberately"));
    span.end();
}

fn remote(parent: &SpanContext) -> Context {
    Context::new().with_remote_span_context(parent.clone())
}

fn attributes() -> Vec<KeyValue> {
    vec![
        KeyValue::new("text", "Grüße, 世界 🦀"),
        KeyValue::new("empty", ""),
        KeyValue::new("bool", true),
        KeyValue::new("large", 9_007_199_254_740_993_i64),
        KeyValue::new("smallest", i64::MIN),
        KeyValue::new("double", 0.1),
        KeyValue::new("whole", 3.0),
        KeyValue::new("nan", f64::NAN),
        KeyValue::new("infinite", f64::INFINITY),
        KeyValue::new("negative", f64::NEG_INFINITY),
        KeyValue::new("no_numbers", Attribute::Array(Array::I64(vec![]))),
        KeyValue::new("numbers", Attribute::Array(Array::I64(vec![1, 2]))),
        KeyValue::new(
            "texts",
            Attribute::Array(Array::String(vec!["a".into(), "ö".into()])),
        ),
    ]
}

fn log_of_all_levels() {
    let span = tracing::info_span!(
        target: TARGET,
        "logging",
        rows = 5_u16,
        large = 9_007_199_254_740_993_u64,
        huge = u64::MAX,
        late = Empty,
        again = 1,
    );
    let _entered = span.enter();
    span.record("late", 6_usize).record("again", 2);
    let bytes: &[u8] = &[0, 159, 146, 150];
    tracing::info!(
        target: TARGET,
        text = "Grüße, 世界 🦀",
        large = 9_007_199_254_740_993_i64,
        huge = u64::MAX,
        nan = f64::NAN,
        infinite = f64::INFINITY,
        flag = true,
        bytes,
        debugged = ?Some(1),
        "an event with fields"
    );
    tracing::warn!(target: TARGET, "a warning");
    tracing::error!(target: TARGET, "an error");
}

fn metrics_of_all_kinds(app: &App<MockRuntime>) {
    let meter = app.opentelemetry().meter();
    let attributes = [KeyValue::new("kind", "test")];
    meter
        .u64_counter("emitter.counter")
        .build()
        .add(3, &attributes);
    meter
        .f64_gauge("emitter.gauge")
        .build()
        .record(0.5, &attributes);
    meter
        .i64_up_down_counter("emitter.up_down")
        .build()
        .add(-9_007_199_254_740_993, &attributes);
    let histogram = meter
        .f64_histogram("emitter.histogram")
        .with_unit("s")
        .build();
    histogram.record(0.25, &attributes);
    histogram.record(70.0, &attributes);
    tracing::event!(target: TARGET, Level::INFO, monotonic_counter.emitter.silent = 5_u64);
    tracing::event!(
        target: TARGET,
        Level::INFO,
        monotonic_counter.emitter.traced = 7_u64,
        histogram.emitter.duration = 0.002,
        "counted by tracing"
    );
}
