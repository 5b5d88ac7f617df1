//! The spans and metrics of `spankit`, as they arrive at a Collector: the parent of each span, for every way in which work ends and on
//! every kind of thread, and the sums of the metrics.

use std::{
    future::{pending, poll_fn},
    io, panic,
    pin::pin,
    task::Poll,
};

use anyhow::Result;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{metrics::SdkMeterProvider, trace::SdkTracerProvider};
use otel_harness::{Collector, Source};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use spankit::{
    Bytes,
    db::{Db, DbEnd},
    geo::{Spatial, SpatialEnd},
    job::{Enqueue, EnqueueEnd, Job, JobEnd},
    query::{Query, QueryEnd},
    storage::{Read, ReadEnd, Write, WriteEnd},
    udf::{Udf, UdfEnd},
    workflow::{Node, NodeEnd, Run},
};
use tokio::task::spawn_blocking;
use tracebaton::TraceContext;
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::{filter::LevelFilter, prelude::*};

use super::{counted, timed};

/// Makes a span of each family that has metrics, with known values.
fn measure() {
    Db::new("redb", "scan", "articles")
        .start()
        .ok(DbEnd::new().returned_rows(4));
    let job = Job::new("index", "articles", 1).start();
    job.partial(JobEnd {
        batch_size: 3,
        processed: 2,
    });
    let run = Run::new("nightly", "42").start();
    for is_cached in [true, false, false] {
        let node = Node::new("read", "source", "1", "42").start();
        node.ok(NodeEnd { is_cached });
    }
    run.ok(());
    let query = || Query::new("datafusion", "articles").start();
    query().ok(QueryEnd::new(7).bytes_scanned(Bytes(4096)));
    query().ok(QueryEnd::new(5));
    let read = || {
        let read = Read {
            system: "fs",
            container: "documents",
        };
        read.start()
    };
    read().ok(ReadEnd::new(Bytes(10)).is_cached(true));
    read().ok(ReadEnd::new(Bytes(20)).is_cached(false));
    read().ok(ReadEnd::new(Bytes(30)).is_cached(true));
    read().ok(ReadEnd::new(Bytes(40)));
    let write = Write {
        system: "fs",
        container: "documents",
    };
    write.start().ok(WriteEnd {
        bytes_out: Bytes(50),
    });
    step("slug").start().ok(UdfEnd { rows: 8 });
    let spatial = Spatial {
        predicate: "within",
        index: "rtree",
    };
    spatial.start().ok(SpatialEnd {
        candidates: 6,
        matches: 5,
    });
}

#[tokio::test]
async fn what_the_kits_measure_arrives() -> Result<()> {
    let collector = Collector::start().await?;
    let exporter = MetricExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/metrics", collector.endpoint()))
        .build()?;
    let meter = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter)
        .build();
    let subscriber = tracing_subscriber::registry().with(MetricsLayer::new(meter.clone()));
    tracing::subscriber::with_default(subscriber, measure);
    meter.force_flush()?;

    let fs = ("storage.system", "fs");
    counted(
        &collector,
        &[
            ("job.items_processed", ("job.status", "partial"), 2.0),
            (
                "workflow.node.cache_hits",
                ("workflow.node.name", "read"),
                1.0,
            ),
            (
                "workflow.node.cache_misses",
                ("workflow.node.name", "read"),
                2.0,
            ),
            ("query.rows_processed", ("query.name", "articles"), 12.0),
            ("query.bytes_scanned", ("query.name", "articles"), 4096.0),
            ("storage.bytes_in", fs, 100.0),
            ("storage.bytes_out", fs, 50.0),
            ("storage.cache_hits", fs, 2.0),
            ("storage.cache_misses", fs, 1.0),
            ("udf.rows_processed", ("udf.name", "slug"), 8.0),
            ("geo.candidates", ("geo.index", "rtree"), 6.0),
            ("geo.matches", ("geo.predicate", "within"), 5.0),
        ],
    )
    .await?;
    let rows = collector
        .metric("db.client.response.returned_rows", |_| true)
        .await?;
    let rows = rows.histogram(("db.collection.name", "articles"));
    assert_eq!(
        rows.map(|point| (point.count, point.sum)),
        Some((1, Some(4.0)))
    );
    timed(
        &collector,
        &[
            (
                "db.client.operation.duration",
                ("db.operation.name", "scan"),
                1,
            ),
            ("job.duration", ("job.type", "index"), 1),
            ("workflow.run.duration", ("workflow.name", "nightly"), 1),
            (
                "workflow.node.duration",
                ("workflow.node.type", "source"),
                3,
            ),
            ("query.duration", ("query.engine", "datafusion"), 2),
            ("storage.read.duration", fs, 4),
            ("storage.write.duration", fs, 1),
            ("udf.duration", ("udf.name", "slug"), 1),
            ("geo.duration", ("geo.index", "rtree"), 1),
        ],
    )
    .await
}

/// Sends the spans of this process, its other threads included, to the Collector.
fn send_to(collector: &Collector) -> Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", collector.endpoint()))
        .build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter);
    let provider = provider.build();
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")))
        // More would trace the export.
        .with(LevelFilter::INFO)
        .try_init()?;
    Ok(provider)
}

const fn step(name: &'static str) -> Udf<'static> {
    Udf { name, version: "1" }
}

fn fails_early() -> io::Result<()> {
    let step = step("early").start();
    Err(io::Error::other("no"))?;
    step.ok(UdfEnd { rows: 1 });
    Ok(())
}

async fn is_cancelled() {
    let endless = pending::<io::Result<()>>();
    let mut step = pin!(step("cancelled").run(endless, |()| UdfEnd { rows: 1 }));
    // Once, so that it has started before it is dropped.
    poll_fn(|cx| Poll::Ready(step.as_mut().poll(cx).is_pending())).await;
}

#[tokio::test]
async fn however_work_ends_and_wherever_it_runs_its_span_arrives_with_its_parent() -> Result<()> {
    const THREADS: usize = 8;

    let collector = Collector::start().await?;
    let provider = send_to(&collector)?;

    // The run is resumed: what began it is another process, of which only the context is left.
    let enqueue = Enqueue {
        kind: "work",
        target: "run",
    }
    .start_root();
    let begun = enqueue.in_scope(TraceContext::current);
    enqueue.ok(EnqueueEnd { batch_size: 1 });
    let run = begun.run(|| Run::new("work", "1").is_resumed(true).start());
    let parent = run.span().clone();

    run.run(
        async {
            assert!(fails_early().is_err());
            let panics = || {
                step("panics")
                    .run_blocking(|| -> io::Result<()> { panic!() }, |()| UdfEnd { rows: 1 })
            };
            assert!(panic::catch_unwind(panics).is_err());
            is_cancelled().await;
            let blocking = parent.clone();
            spawn_blocking(move || {
                step("blocking")
                    .start_below(&blocking)
                    .ok(UdfEnd { rows: 1 })
            })
            .await?;
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(THREADS)
                .build()?;
            pool.install(|| {
                (0..THREADS).into_par_iter().for_each(|_| {
                    let step = step("parallel").start_below(&parent);
                    step.in_scope(rayon::yield_now);
                    step.ok(UdfEnd { rows: 1 });
                });
            });
            anyhow::Ok(())
        },
        |()| (),
    )
    .await?;
    drop(parent);
    provider.force_flush()?;

    let trace = collector
        .trace("the run", 6 + THREADS, |span| span.name == "run work")
        .await?;
    let run = trace
        .root("enqueue work")
        .child("run work")
        .has("workflow.run.is_resumed", true)
        .ok();
    let named = |name: &str| {
        let name = format!("udf {name}");
        let found = run
            .children()
            .into_iter()
            .filter(|child| child.name == name);
        found.collect::<Vec<_>>()
    };
    for (name, error_type) in [
        ("early", "dropped"),
        ("panics", "panic"),
        ("cancelled", "cancelled"),
    ] {
        let found = named(name);
        assert_eq!(found.len(), 1, "{name}");
        found[0].error(error_type);
    }
    assert_eq!(named("blocking").len(), 1);
    assert_eq!(named("parallel").len(), THREADS);
    Ok(())
}
