//! What it costs to hand a context on: `cargo bench -p tracebaton`. The goal is 0.3 µs for each direction, and 2 ns
//! while telemetry is off.

use std::{collections::HashMap, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use http::HeaderMap;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracebaton::TraceContext;
use tracing_subscriber::prelude::*;

/// Generic, because a call through a pointer would cost as much as a context that is empty.
fn measure(criterion: &mut Criterion, name: &str, run: impl FnMut()) {
    measure_times(criterion, name, 1, run);
}

/// With so many calls in a run, where the loop of criterion would take longer than one call.
fn measure_times(criterion: &mut Criterion, name: &str, times: u64, mut run: impl FnMut()) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(criterion::Throughput::Elements(times));
    group.bench_function("run", |bencher| {
        bencher.iter(|| (0..times).for_each(|_| run()));
    });
    group.finish();
}

fn propagation(criterion: &mut Criterion) {
    measure_times(criterion, "capture_off", 100, || {
        drop(black_box(TraceContext::current()));
    });
    let mut map = HashMap::new();
    let empty = TraceContext::default();
    measure_times(criterion, "inject_off", 100, || {
        black_box(&empty).inject(black_box(&mut map));
    });

    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("send").in_scope(|| {
            let mut headers = HeaderMap::new();
            measure(criterion, "capture_and_inject_headers", || {
                TraceContext::current().inject_headers(black_box(&mut headers));
            });
            measure(criterion, "extract_headers", || {
                drop(black_box(TraceContext::from_headers(black_box(&headers))));
            });
            let mut map = HashMap::new();
            measure(criterion, "capture_and_inject_map", || {
                TraceContext::current().inject(black_box(&mut map));
            });
            measure(criterion, "extract_map", || {
                drop(black_box(TraceContext::extract(black_box(&map))));
            });
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = propagation
}
criterion_main!(benches);
