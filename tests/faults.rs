//! No collector, however broken, loses what it need not or keeps the app waiting.

mod common;
#[path = "faults/mistakes.rs"]
mod mistakes;

use std::time::Duration;

use anyhow::Result;
use common::outage::{arrived, distinct, env, exit, invoke_while_the_export_waits, kept, traces};
use otel_harness::{Answer, Collector, Emitter, Faulty, Options, Source, free_port, until};
use serde_json::json;

#[tokio::test]
async fn down_at_start_is_delivered_at_the_next_start() -> Result<()> {
    let port = free_port()?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let mut emitter = Emitter::start(&env(&endpoint))?;
    let status = kept(&mut emitter, 10).await?;
    assert_eq!(status["dropped"], json!({}), "kept is not lost");
    let home = exit(emitter, "nobody listening").await?;

    let mut collector = Collector::start().await?;
    let emitter = Emitter::start_in(home, &env(collector.endpoint()))?;
    let home = exit(emitter, "a healthy collector").await?;
    collector
        .wait_for("the invokes", |spans| {
            spans.iter().any(|span| span.name == "greet").then_some(())
        })
        .await?;
    assert_eq!(
        distinct(&collector.spans()),
        0,
        "it was for another endpoint"
    );

    // The same endpoint, so that it is the same collector.
    collector.stop().await?;
    let mut emitter = Emitter::start_in(home, &env(collector.endpoint()))?;
    kept(&mut emitter, 10).await?;
    let home = exit(emitter, "nobody listening").await?;
    collector.resume().await?;
    let mut emitter = Emitter::start_in(home, &env(collector.endpoint()))?;
    assert_eq!(arrived(&collector, 10).await?, 0);
    traces(&mut emitter, "10 exported", |status| {
        status["exported"].as_u64() >= Some(10)
    })
    .await?;
    exit(emitter, "a replay").await?;
    Ok(())
}

#[tokio::test]
async fn an_outage_in_the_middle_loses_nothing() -> Result<()> {
    let mut collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(collector.endpoint()))?;
    emitter.tell("spans 5").await?;
    arrived(&collector, 5).await?;
    collector.stop().await?;
    for _ in 0..2 {
        emitter.tell("spans 20").await?;
        emitter.tell("flush").await?;
    }
    collector.resume().await?;
    // What is new finds out that the collector is back; what is old follows.
    emitter.tell("spans 1").await?;
    traces(&mut emitter, "46 exported", |status| {
        status["exported"] == 46
    })
    .await?;
    let errors = emitter.errors();
    assert_eq!(errors.matches("cannot export").count(), 1, "{errors}");
    assert_eq!(errors.matches("is back").count(), 1, "{errors}");
    exit(emitter, "a recovered outage").await?;
    collector
        .wait_for("all 46 spans", |spans| {
            (distinct(spans) == 46).then_some(())
        })
        .await
}

#[tokio::test]
async fn what_is_kept_by_one_protocol_is_delivered_by_another() -> Result<()> {
    for [keeps, delivers] in [
        ["grpc", "grpc"],
        ["http/protobuf", "http/json"],
        ["http/json", "http/protobuf"],
    ] {
        let mut collector = Collector::start().await?;
        collector.stop().await?;
        let endpoint = match keeps {
            "grpc" => collector.grpc_endpoint().to_owned(),
            _ => collector.endpoint().to_owned(),
        };
        let env = |protocol| {
            [
                env(&endpoint),
                vec![("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)],
            ]
        };
        let mut emitter = Emitter::start(&env(keeps).concat())?;
        kept(&mut emitter, 10).await?;
        let home = exit(emitter, &format!("nobody listening for {keeps}")).await?;
        collector.resume().await?;
        let emitter = Emitter::start_in(home, &env(delivers).concat())?;
        arrived(&collector, 10).await?;
        exit(emitter, &format!("a replay by {delivers}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_kept_and_the_breaker_are_metrics() -> Result<()> {
    let collector = Collector::start().await?;
    let faulty = Faulty::start(Answer::Status(503, "")).await?;
    let metrics = format!("{}/v1/metrics", collector.endpoint());
    let mut env = env(faulty.endpoint());
    env.retain(|(name, _)| *name != "OTEL_METRICS_EXPORTER");
    env.extend([
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &*metrics),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
    ]);
    let mut emitter = Emitter::start(&env)?;
    for _ in 0..3 {
        emitter.tell("spans 1").await?;
        emitter.tell("flush").await?;
    }
    let traces = ("tauri.telemetry.signal", "traces");
    collector
        .metric("tauri.telemetry.spool.size", |size| {
            size.number(&[traces]) > Some(0.0)
        })
        .await?;
    collector
        .metric("tauri.telemetry.breaker", |breaker| {
            breaker.number(&[traces, ("tauri.telemetry.breaker.state", "open")]) == Some(1.0)
        })
        .await?;
    exit(emitter, "503 for traces only").await?;
    Ok(())
}

#[tokio::test]
async fn three_failures_open_the_breaker_and_then_nothing_is_sent() -> Result<()> {
    let faulty = Faulty::start(Answer::Status(503, "")).await?;
    let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
    for _ in 0..10 {
        emitter.tell("spans 1").await?;
        emitter.tell("flush").await?;
    }
    let status = traces(&mut emitter, "open", |status| status["breaker"] == "open").await?;
    assert_eq!(faulty.requests("traces"), 3);
    assert_eq!(status["dropped"], json!({}));
    exit(emitter, "503").await?;
    Ok(())
}

#[tokio::test]
async fn retry_after_is_honoured_in_both_forms() -> Result<()> {
    for header in [
        "Retry-After: 600",
        "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let faulty = Faulty::start(Answer::Status(429, header)).await?;
        let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
        for _ in 0..5 {
            emitter.tell("spans 1").await?;
            emitter.tell("flush").await?;
        }
        traces(&mut emitter, "open", |status| status["breaker"] == "open").await?;
        assert_eq!(faulty.requests("traces"), 1, "{header}");
        exit(emitter, "429").await?;
    }
    let faulty = Faulty::start(Answer::Status(503, "Retry-After: 1")).await?;
    let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
    emitter.tell("spans 3").await?;
    emitter.tell("flush").await?;
    faulty.answer(Answer::Well);
    let status = traces(&mut emitter, "a replay", |status| status["exported"] == 3).await?;
    assert_eq!(status["breaker"], "closed");
    assert_eq!(arrived(&faulty, 3).await?, 0);
    exit(emitter, "503 with Retry-After").await?;
    Ok(())
}

#[tokio::test]
async fn what_is_refused_for_good_is_dropped_and_counted() -> Result<()> {
    for (status, remedy) in [
        (400, "Bad Request"),
        (401, "OTEL_EXPORTER_OTLP_HEADERS"),
        (404, "OTEL_{SIGNAL}_EXPORTER=none"),
        (500, "500"),
    ] {
        let faulty = Faulty::start(Answer::Status(status, "")).await?;
        let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", faulty.endpoint())])?;
        for _ in 0..4 {
            emitter.tell("spans 2").await?;
            emitter.tell("logs 1").await?;
            emitter.tell("flush").await?;
        }
        let found = traces(&mut emitter, "8 refused", |found| {
            found["dropped"]["refused"] == 8
        })
        .await?;
        assert_eq!(found["spoolBytes"], 0, "{status}");
        assert_eq!(found["breaker"], "closed", "{status}: it answers");
        assert_eq!(
            faulty.requests("traces"),
            4,
            "{status}: nothing is sent twice"
        );
        let errors = emitter.errors();
        let lines: Vec<_> = errors.lines().collect();
        assert_eq!(lines.len(), 3, "one for each signal: {errors}");
        for signal in ["traces", "metrics", "logs"] {
            let remedy = remedy.replace("{SIGNAL}", &signal.to_uppercase());
            let told = lines
                .iter()
                .any(|line| line.contains(signal) && line.contains(&remedy));
            assert!(told, "{signal}, {remedy} in {errors}");
        }
        exit(emitter, &status.to_string()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_for_the_collector_arrives_in_pieces() -> Result<()> {
    // A span of the emitter is larger than this with its resource, a dozen are not.
    let faulty = Faulty::start(Answer::UpTo(4096)).await?;
    let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
    emitter.tell("spans 100").await?;
    emitter.tell("flush").await?;
    let status = traces(&mut emitter, "100 exported", |found| {
        found["exported"] == 100
    })
    .await?;
    assert_eq!(status["dropped"], json!({}));
    assert_eq!(arrived(&faulty, 100).await?, 0);

    faulty.answer(Answer::Status(503, ""));
    kept(&mut emitter, 100).await?;
    faulty.answer(Answer::UpTo(4096));
    emitter.tell("spans 1").await?;
    traces(&mut emitter, "201 exported", |found| {
        found["exported"] == 201 && found["spoolBytes"] == 0
    })
    .await?;

    faulty.answer(Answer::UpTo(10));
    emitter.tell("spans 2").await?;
    emitter.tell("flush").await?;
    let status = traces(&mut emitter, "2 dropped", |found| {
        found["dropped"]["too_large"] == 2
    })
    .await?;
    assert_eq!(status["spoolBytes"], 0);
    exit(emitter, "a collector with a small limit").await?;
    Ok(())
}

#[tokio::test]
async fn a_partial_success_is_counted_and_told() -> Result<()> {
    // ExportTraceServiceResponse { partial_success: { rejected_spans: 2, error_message: "old" } }
    let body = vec![0x0a, 0x07, 0x08, 0x02, 0x12, 0x03, b'o', b'l', b'd'];
    let faulty = Faulty::start(Answer::Body(body)).await?;
    let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
    for _ in 0..2 {
        emitter.tell("spans 5").await?;
        emitter.tell("flush").await?;
    }
    let status = traces(&mut emitter, "6 exported", |status| status["exported"] == 6).await?;
    assert_eq!(status["dropped"], json!({ "rejected": 4 }));
    let errors = emitter.errors();
    assert_eq!(errors.matches("\"old\"").count(), 1, "{errors}");
    exit(emitter, "a partial success").await?;
    Ok(())
}

#[tokio::test]
async fn invokes_are_answered_while_the_export_waits_for_its_answer() -> Result<()> {
    let silent = Faulty::start(Answer::Never).await?;
    let mut env = env(silent.endpoint());
    // Longer than the test: the answer never comes, and the export does not give up.
    env.push(("OTEL_EXPORTER_OTLP_TIMEOUT", "600000"));
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("spans 10").await?;
    invoke_while_the_export_waits(&mut emitter, &silent).await?;
    exit(emitter, "silence").await?;
    Ok(())
}

#[tokio::test]
async fn whoever_never_answers_holds_up_nobody_and_loses_nothing() -> Result<()> {
    let healthy = Faulty::start(Answer::Well).await?;
    exit(Emitter::start(&env(healthy.endpoint()))?, "all is well").await?;
    for (answer, name) in [
        (Answer::Never, "silence"),
        (
            Answer::Slowly(Duration::from_millis(100)),
            "an answer byte by byte",
        ),
    ] {
        let faulty = Faulty::start(answer).await?;
        let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
        emitter.tell("spans 10").await?;
        until("the request", async || {
            (faulty.requests("traces") > 0).then_some(())
        })
        .await?;
        emitter.tell("spans 10").await?;
        let home = exit(emitter, name).await?;

        faulty.answer(Answer::Well);
        let mut emitter = Emitter::start_in(home, &env(faulty.endpoint()))?;
        arrived(&faulty, 10).await?;
        traces(&mut emitter, "an empty spool", |status| {
            status["spoolBytes"] == 0
        })
        .await?;
        exit(emitter, "a replay").await?;
    }
    Ok(())
}

#[tokio::test]
async fn garbage_and_the_log_in_page_of_a_network_are_outages() -> Result<()> {
    for (answer, name) in [
        (Answer::Garbage, "garbage"),
        (
            Answer::Status(302, "Location: http://127.0.0.1:1/"),
            "a redirect",
        ),
    ] {
        let faulty = Faulty::start(answer).await?;
        let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
        kept(&mut emitter, 3).await?;
        faulty.answer(Answer::Well);
        emitter.tell("spans 3").await?;
        let status = traces(&mut emitter, "6 exported", |status| status["exported"] == 6).await?;
        assert_eq!(status["dropped"], json!({}), "{name}");
        exit(emitter, name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_success_that_breaks_off_was_delivered() -> Result<()> {
    let faulty = Faulty::start(Answer::BreaksOff).await?;
    let mut emitter = Emitter::start(&env(faulty.endpoint()))?;
    emitter.tell("spans 3").await?;
    emitter.tell("flush").await?;
    let status = traces(&mut emitter, "3 exported", |status| status["exported"] == 3).await?;
    assert_eq!(status["spoolBytes"], 0);
    assert_eq!(faulty.requests("traces"), 1, "nothing is sent twice");
    exit(emitter, "an answer that breaks off").await?;
    Ok(())
}

#[tokio::test]
async fn a_network_that_is_cut_loses_nothing() -> Result<()> {
    const ADDRESS: &str = "10.55.55.55";
    let port = free_port()?;
    // The emitter has the network that the Collector joins.
    let endpoint = format!("http://{ADDRESS}:{port}");
    let mut env = env(&endpoint);
    env.push(("OTEL_EXPORTER_OTLP_TIMEOUT", "500"));
    let mut emitter = Emitter::start_in_network(ADDRESS, &env)?;
    // Once it answers its network is there.
    emitter.tell("status").await?;
    let collector = Collector::with(Options {
        network: Some((&emitter, ADDRESS)),
        port: Some(port),
        ..Options::default()
    })
    .await?;
    emitter.tell("spans 5").await?;
    arrived(&collector, 5).await?;
    emitter.address("del", ADDRESS).await?;
    for _ in 0..2 {
        emitter.tell("spans 20").await?;
        emitter.tell("flush").await?;
    }
    traces(&mut emitter, "the spool", |status| {
        status["spoolBytes"] != 0
    })
    .await?;
    emitter.address("add", ADDRESS).await?;
    emitter.tell("spans 1").await?;
    traces(&mut emitter, "an empty spool", |status| {
        status["exported"].as_u64() >= Some(46) && status["spoolBytes"] == 0
    })
    .await?;
    exit(emitter, "a network that was cut").await?;
    collector
        .wait_for("all 46 spans", |spans| {
            (distinct(spans) == 46).then_some(())
        })
        .await
}
