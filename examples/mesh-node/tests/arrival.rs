//! What the Collector gets of a round: every family below its phase, with the attributes under their names and types.

#[path = "arrival/registry.rs"]
mod registry;

use std::{
    future::{pending, poll_fn},
    io, panic,
    pin::pin,
    process::Stdio,
    task::Poll,
};

use anyhow::{Result, ensure};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::trace::SdkTracerProvider;
use otel_harness::{Collector, Kind, Metric, Node, Source, python};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use spankit::{
    job::{Enqueue, EnqueueEnd},
    udf::{Udf, UdfEnd},
    workflow::Run,
};
use tokio::{process::Command, task::spawn_blocking};
use tracebaton::TraceContext;
use tracing_subscriber::{filter::LevelFilter, prelude::*};

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The children by name.
#[track_caller]
fn children<'a, const N: usize>(parent: Node<'a>, names: [&str; N]) -> [Node<'a>; N] {
    let mut children = parent.children();
    children.sort_by_key(|child| child.start);
    let found: Vec<_> = children.iter().map(|child| child.name.clone()).collect();
    assert_eq!(found, names);
    children
        .try_into()
        .unwrap_or_else(|_| unreachable!("as many as names"))
}

async fn run(env: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-node"));
    for name in [
        "OTEL_SERVICE_NAME",
        "OTEL_SDK_DISABLED",
        "OTEL_TRACES_SAMPLER",
    ] {
        command.env_remove(name);
    }
    let status = command
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .status();
    ensure!(status.await?.success(), "the node failed");
    Ok(())
}

#[tokio::test]
async fn a_round_is_one_trace_with_ten_families() -> Result<()> {
    let collector = Collector::start().await?;
    run(&[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())]).await?;
    let trace = collector
        .trace("the round", 16, |span| span.name == "run mesh-round")
        .await?;
    let round = trace.root("run mesh-round");
    assert_eq!(round.service(), "mesh-node");

    let [monitor, analyze, plan, execute] = children(
        round,
        [
            "mape_k.monitor",
            "mape_k.analyze",
            "mape_k.plan",
            "mape_k.execute",
        ],
    );
    monitor
        .has("mape_k.phase", "monitor")
        .has("mape_k.cycle", 1)
        .has("mape_k.findings", 3)
        .has("mape_k.outcome", "success");
    let [attest, near, _, far, maps] = children(
        monitor,
        [
            "spiffe.attest",
            "mesh.connect node-b",
            "mesh.connect node-c",
            "mesh.connect node-d",
            "ebpf.read tcp_retransmit",
        ],
    );
    attest
        .kind(Kind::Client)
        .has("spiffe.svid.type", "x509")
        .has("spiffe.svid.lifetime", 3600.0)
        .leaf();
    near.has("mesh.hops", 1).has("mesh.round_trip", 0.01);
    far.has("mesh.hops", 4).has("network.transport", "udp");
    maps.has("ebpf.events", 120).has("ebpf.lost_events", 2);

    analyze
        .child("ml.infer anomaly")
        .has("ml.model.version", "3")
        .has("ml.samples", 3)
        .has("ml.confidence", 2.0 / 3.0);

    let [vote, replicate] = children(plan, ["dao.vote", "raft.replicate"]);
    vote.has("dao.is_accepted", true).has("dao.quorum", 0.5);
    replicate
        .kind(Kind::Producer)
        .has("raft.index", 42)
        .has("raft.is_committed", true);

    let [train, aggregate, merge, append] = children(
        execute,
        [
            "ml.train anomaly",
            "fl.aggregate",
            "crdt.merge g_counter",
            "ledger.append",
        ],
    );
    train.has("ml.loss", 0.25);
    aggregate.has("fl.outcome", "partial").ok();
    merge
        .kind(Kind::Consumer)
        .has("crdt.operations", 3)
        .has("crdt.conflicts", 2);
    assert_eq!(append.text("ledger.block.hash").len(), 64);
    append.has("ledger.block.size", 33);

    collector
        .metric("mape_k.phase.duration", |_: &Metric| true)
        .await?;
    collector
        .metric("ledger.written", |_: &Metric| true)
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_round_continues_the_trace_of_whoever_starts_it() -> Result<()> {
    let collector = Collector::start().await?;
    run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("TRACEPARENT", TRACEPARENT),
    ])
    .await?;
    let round = collector
        .wait_for("the round", |spans| {
            spans
                .iter()
                .find(|span| span.name == "run mesh-round")
                .cloned()
        })
        .await?;
    let continued = format!("00-{}-{}-01", round.trace_id, round.parent_span_id);
    assert_eq!(continued, TRACEPARENT);
    Ok(())
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

#[tokio::test]
async fn a_round_without_telemetry_sends_nothing_and_ends_as_well() -> Result<()> {
    let collector = Collector::start().await?;
    run(&[]).await?;
    run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_SDK_DISABLED", "true"),
    ])
    .await?;
    assert!(collector.spans().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_declarations_in_python_keep_what_these_promise() -> Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
    let status = Command::new(python()?)
        .args(["-m", "unittest", "discover", "--start-directory", folder])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder)
        .status();
    ensure!(
        status.await?.success(),
        "the tests of the Python module failed"
    );
    Ok(())
}
