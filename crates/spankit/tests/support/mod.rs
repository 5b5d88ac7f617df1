//! A subscriber for the whole program, because the threads of pools have no other, and what it exports.

#![allow(dead_code, reason = "every test program uses its own part")]

use std::sync::LazyLock;

use opentelemetry::{Value, metrics::MeterProvider, trace::TracerProvider};
use opentelemetry_sdk::{
    metrics::{
        InMemoryMetricExporter, PeriodicReader, SdkMeterProvider,
        data::{AggregatedMetrics, MetricData, ResourceMetrics},
    },
    trace::{InMemorySpanExporter, SdkTracerProvider, SpanData},
};
use tracing_subscriber::prelude::*;

struct Exported {
    spans: InMemorySpanExporter,
    metrics: InMemoryMetricExporter,
    meter: SdkMeterProvider,
}

static EXPORTED: LazyLock<Exported> = LazyLock::new(|| {
    let spans = InMemorySpanExporter::default();
    let tracer = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    let metrics = InMemoryMetricExporter::default();
    let meter = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(metrics.clone()).build())
        .build();
    let _ = meter.meter("test");
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracer.tracer("test")))
        .with(tracing_opentelemetry::MetricsLayer::new(meter.clone()))
        .init();
    Exported {
        spans,
        metrics,
        meter,
    }
});

/// Turns the telemetry of the program on.
pub fn start() {
    LazyLock::force(&EXPORTED);
}

/// The finished spans with this name.
pub fn all_named(name: &str) -> Vec<SpanData> {
    let spans = EXPORTED
        .spans
        .get_finished_spans()
        .expect("the exporter is alive");
    spans.into_iter().filter(|span| span.name == name).collect()
}

/// The only finished span with this name.
#[track_caller]
pub fn named(name: &str) -> SpanData {
    match <[_; 1]>::try_from(all_named(name)) {
        Ok([span]) => span,
        Err(found) => panic!("{} spans are called {name}", found.len()),
    }
}

/// An attribute as text, if there is one.
pub fn text(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
    found.map(|pair| Value::as_str(&pair.value).into_owned())
}

/// The data points of a metric: the attributes of each, and its sum.
pub fn metric(name: &str) -> Vec<(Vec<(String, String)>, f64)> {
    EXPORTED.meter.force_flush().expect("the meter is alive");
    let exports = EXPORTED
        .metrics
        .get_finished_metrics()
        .expect("the exporter is alive");
    let last: Option<&ResourceMetrics> = exports.last();
    last.into_iter()
        .flat_map(ResourceMetrics::scope_metrics)
        .flat_map(|scope| scope.metrics())
        .filter(|metric| metric.name() == name)
        .flat_map(|metric| points(metric.data()))
        .collect()
}

fn points(data: &AggregatedMetrics) -> Vec<(Vec<(String, String)>, f64)> {
    let attributes = |pairs: &mut dyn Iterator<Item = &opentelemetry::KeyValue>| {
        let mut attributes: Vec<_> = pairs
            .map(|pair| (pair.key.to_string(), pair.value.to_string()))
            .collect();
        attributes.sort();
        attributes
    };
    match data {
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => histogram
            .data_points()
            .map(|point| (attributes(&mut point.attributes()), point.sum()))
            .collect(),
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (attributes(&mut point.attributes()), point.value() as f64))
            .collect(),
        _ => Vec::new(),
    }
}
