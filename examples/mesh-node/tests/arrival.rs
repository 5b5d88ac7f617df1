//! What the Collector gets of a round: every family below its phase, with the attributes under their names and types.

#[path = "arrival/kits.rs"]
mod kits;
#[path = "arrival/registry.rs"]
mod registry;

use std::{net::TcpListener, process::Stdio};

use anyhow::{Context, Result, ensure};
use otel_harness::{Collector, DEADLINE, Kind, Metric, Node, Source, Span, free_port, python};
use spankit::Type;
use tokio::{process::Command, time::timeout};

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

/// Runs the node, which has to end by itself.
async fn run(env: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-node"));
    for name in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_SERVICE_NAME",
        "OTEL_SDK_DISABLED",
        "OTEL_TRACES_SAMPLER",
        "TRACEPARENT",
    ] {
        command.env_remove(name);
    }
    command.envs(env.iter().copied()).stdin(Stdio::null());
    let mut node = command.kill_on_drop(true).spawn()?;
    let status = timeout(DEADLINE, node.wait()).await;
    ensure!(
        status.context("the node does not end")??.success(),
        "the node failed"
    );
    Ok(())
}

/// Compares a span of each family with the declaration: it has every attribute that is declared, by that name and of that type.
fn check_declared(spans: &[Span]) {
    for family in registry::DECLARATIONS {
        let id = registry::id(&family);
        let span = spans.iter().find(|span| span.name.starts_with(id));
        let span = span.unwrap_or_else(|| panic!("no span of {}", family.name));
        for attribute in family.start.iter().chain(family.end) {
            let value = span.attributes.get(attribute.name);
            let has_its_type = value.is_some_and(|value| match attribute.ty {
                Type::String => value.is_string(),
                Type::Int => value.is_i64(),
                Type::Double => value.is_f64(),
                Type::Boolean => value.is_boolean(),
                Type::Members(members) => members.iter().any(|member| value == member),
            });
            assert!(has_its_type, "{attribute:?} is {value:?}");
        }
    }
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
    check_declared(trace.spans());

    counted(
        &collector,
        &[
            ("mape_k.findings", ("mape_k.phase", "monitor"), 3.0),
            ("mape_k.findings", ("mape_k.phase", "analyze"), 2.0),
            ("ml.inferred_samples", ("ml.model.name", "anomaly"), 3.0),
            ("ledger.written", ("ledger.name", "mesh"), 33.0),
            (
                "ebpf.lost_events",
                ("ebpf.program.name", "tcp_retransmit"),
                2.0,
            ),
            ("crdt.conflicts", ("crdt.type", "g_counter"), 2.0),
            ("fl.updates", ("fl.outcome", "partial"), 2.0),
        ],
    )
    .await?;
    let accepted = |metric: &Metric| metric.number(&[]) == Some(1.0);
    collector.metric("dao.accepted_proposals", accepted).await?;
    let round_trips = collector.metric("mesh.round_trip", |_| true).await?;
    let round_trips = round_trips.histogram(("network.transport", "udp"));
    let round_trips = round_trips.map(|point| (point.count, point.sum));
    assert_eq!(round_trips, Some((3, Some(0.01 + 0.02 + 0.04))));
    timed(
        &collector,
        &[
            ("mape_k.phase.duration", ("mape_k.phase", "execute"), 1),
            ("spiffe.attest.duration", ("spiffe.svid.type", "x509"), 1),
            ("ml.train.duration", ("ml.model.name", "anomaly"), 1),
            ("fl.aggregate.duration", ("fl.outcome", "partial"), 1),
        ],
    )
    .await
}

/// Waits until counters have these sums, each in the group of an attribute.
async fn counted(collector: &Collector, expected: &[(&str, (&str, &str), f64)]) -> Result<()> {
    for (name, group, sum) in expected {
        let is_there = |metric: &Metric| metric.number(&[*group]) == Some(*sum);
        let found = collector.metric(name, is_there).await;
        found.with_context(|| format!("{name} of {group:?} is not {sum}"))?;
    }
    Ok(())
}

/// Waits until histograms of durations have so many values, each in the group of an attribute.
async fn timed(collector: &Collector, expected: &[(&str, (&str, &str), u64)]) -> Result<()> {
    for (name, group, count) in expected {
        let found = collector.metric(name, |_| true).await?;
        let point = found.histogram(*group);
        let point = point.with_context(|| format!("{name} has no group {group:?}"))?;
        let seconds = point.sum.unwrap_or_default();
        ensure!(
            point.count == *count && seconds > 0.0 && seconds < 60.0,
            "{name} of {group:?}: {point:?}"
        );
    }
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

#[tokio::test]
async fn a_round_without_telemetry_sends_nothing_and_ends_as_well() -> Result<()> {
    // Without an endpoint a request would go to the default one, over this proxy.
    let proxy = TcpListener::bind("127.0.0.1:0")?;
    proxy.set_nonblocking(true)?;
    run(&[("http_proxy", &format!("http://{}", proxy.local_addr()?))]).await?;
    let request = proxy.accept();
    ensure!(request.is_err(), "a request was sent: {request:?}");

    let collector = Collector::start().await?;
    run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_SDK_DISABLED", "true"),
    ])
    .await?;
    assert!(collector.spans().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_round_ends_when_nobody_takes_its_telemetry() -> Result<()> {
    let endpoint = format!("http://127.0.0.1:{}", free_port()?);
    run(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await
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
