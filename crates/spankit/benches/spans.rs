//! What a span of a family costs: `cargo bench -p spankit`. The goal is that `family_off`, while telemetry is off, takes at most 2 ns more
//! than `family_none`, which is the same work without a family.

use std::{convert::Infallible, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use spankit::db::{Db, DbEnd};
use tracing_subscriber::prelude::*;

/// Generic, because a call through a pointer would cost as much as a family while telemetry is off.
fn measure(criterion: &mut Criterion, name: &str, mut run: impl FnMut()) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(criterion::Throughput::Elements(1));
    group.bench_function("run", |bencher| bencher.iter(&mut run));
    group.finish();
}

fn spans(criterion: &mut Criterion) {
    let work = || Ok::<u64, Infallible>(black_box(3));
    measure(criterion, "family_none", || {
        black_box("articles");
        let read = work();
        black_box(read.is_ok());
    });
    measure(criterion, "family_off", || {
        let operation = Db::new("redb", "get", black_box("articles"));
        let read = operation.run_blocking(work, |rows| DbEnd::new().returned_rows(*rows));
        black_box(read.is_ok());
    });
    measure(criterion, "family_off_guard", || {
        let operation = Db::new("redb", "get", black_box("articles")).start();
        let read = operation.in_scope(work);
        black_box(read.is_ok());
        operation.ok(DbEnd::new().returned_rows(3));
    });

    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        measure(criterion, "family_on", || {
            let operation = Db::new("redb", "get", black_box("articles"));
            let read = operation.run_blocking(work, |rows| DbEnd::new().returned_rows(*rows));
            black_box(read.is_ok());
        });
        measure(criterion, "tracing_span_on", || {
            let span = tracing::info_span!(
                "get",
                otel.name = %format_args!("get {}", black_box("articles")),
                otel.kind = "client",
                db.system.name = "redb",
                db.operation.name = "get",
                db.collection.name = black_box("articles"),
                db.response.returned_rows = tracing::field::Empty,
            );
            let read = span.in_scope(|| black_box(3_u64));
            span.record("db.response.returned_rows", read);
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = spans
}
criterion_main!(benches);
