//! Which log records leave, when, and what stays on this machine.

use anyhow::{Context, Result};
use otel_harness::{Answer, Collector, Emitter, Faulty, Source, until};
use serde_json::Value;

fn env(collector: &Collector) -> Vec<(&str, &str)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("RUST_LOG", "debug"),
    ]
}

fn bodies(source: &impl Source) -> Vec<String> {
    let mut logs = source.logs();
    logs.sort_by_key(|log| log.time);
    let bodies = logs.iter().filter_map(|log| log.body.as_str());
    bodies.map(str::to_owned).collect()
}

#[tokio::test]
async fn records_below_the_floor_leave_only_if_an_error_follows() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(&collector))?;
    emitter.tell("debug first").await?;
    emitter.tell("logs 1").await?;
    emitter.tell("flush").await?;
    collector.log("log 0").await?;
    assert_eq!(bodies(&collector), ["log 0"]);
    emitter.tell("error that was it").await?;
    emitter.tell("debug after").await?;
    emitter.exit().await?;
    collector.log("that was it").await?;
    assert_eq!(bodies(&collector), ["first", "log 0", "that was it"]);
    Ok(())
}

#[tokio::test]
async fn an_invoke_that_fails_is_an_error_too() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(&collector))?;
    emitter.tell("debug of something else").await?;
    emitter.tell("fail").await?;
    emitter.exit().await?;
    let log = collector.log("about to fail").await?;
    let failed = collector
        .trace("fail", 1, |span| span.name == "fail")
        .await?;
    assert_eq!(log.trace_id, failed.root("fail").trace_id);
    assert_eq!(
        bodies(&collector),
        ["about to fail"],
        "and only of its trace"
    );
    Ok(())
}

#[tokio::test]
async fn without_logs_events_stay_with_their_spans() -> Result<()> {
    let collector = Collector::start().await?;
    let mut env = env(&collector);
    env.push(("OTEL_LOGS_EXPORTER", "none"));
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("invoke 1").await?;
    emitter.exit().await?;
    let trace = collector
        .trace("greet", 1, |span| span.name == "greet")
        .await?;
    let greet = trace.root("greet").has("name.length", 3);
    assert_eq!(greet.events, ["greeting"]);
    assert_eq!(bodies(&collector), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn with_logs_an_error_marks_its_span_as_well() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(&collector))?;
    emitter.tell("everything").await?;
    emitter.exit().await?;
    let trace = collector
        .trace("logging", 1, |span| span.name == "logging")
        .await?;
    let span = trace.root("logging");
    assert!(span.is_error());
    assert_eq!(span.events, ["an error"], "and nothing is told twice");
    Ok(())
}

#[tokio::test]
async fn an_error_that_a_command_logs_marks_its_invoke() -> Result<()> {
    for command in ["complain", "complain_async"] {
        let collector = Collector::start().await?;
        let mut emitter = Emitter::start(&env(&collector))?;
        emitter.tell(command).await?;
        emitter.exit().await?;
        let log = collector.log("nothing works").await?;
        let trace = collector
            .trace(command, 1, |span| span.name == command)
            .await?;
        let span = trace.root(command);
        assert!(span.is_error(), "{command}");
        assert_eq!(span.events, ["nothing works"]);
        assert_eq!(log.span_id, span.span_id);
    }
    Ok(())
}

#[tokio::test]
async fn an_app_that_asks_whether_anybody_listens_is_told_and_loses_nothing() -> Result<()> {
    for errors_only in [None, Some(("ERRORS_ONLY", ""))] {
        let collector = Collector::start().await?;
        let mut env = env(&collector);
        env.retain(|(name, _)| *name != "OTEL_METRICS_EXPORTER");
        env.extend(errors_only);
        let mut emitter = Emitter::start(&env)?;
        for _ in 0..2 {
            let heard = serde_json::json!([true, false, true, false]);
            assert_eq!(emitter.tell("ask").await?, heard);
            emitter.tell("everything").await?;
        }
        emitter.exit().await?;
        collector
            .wait_for("the spans", |spans| {
                let asked = spans.iter().filter(|span| span.name == "asked");
                (asked.count() == 6).then_some(())
            })
            .await?;
        collector
            .metric("emitter.traced", |metric| {
                let values = metric.numbers().iter().map(|point| &point.value);
                format!("{:?}", values.collect::<Vec<_>>()) == "[Some(AsInt(14))]"
            })
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_log_file_works_without_any_export_and_knows_the_trace() -> Result<()> {
    for format in ["text", "json"] {
        let mut emitter = Emitter::start(&[("EMITTER_LOG_FILE", format), ("RUST_LOG", "debug")])?;
        emitter.tell("invoke 1").await?;
        emitter.tell("debug not in a span").await?;
        let path = emitter.home().join("emitter.log");
        let (_, _home) = emitter.exit().await?;
        let log = std::fs::read_to_string(path)?;
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        if format == "json" {
            let line: Value = serde_json::from_str(lines[0])?;
            assert_eq!(line["level"], "INFO");
            assert_eq!(line["target"], "emitter");
            assert_eq!(line["message"], "greeting");
            assert_eq!(line["attributes"]["length"], 3);
            assert_eq!(line["trace_id"].as_str().map(str::len), Some(32));
            assert_eq!(line["span_id"].as_str().map(str::len), Some(16));
            let line: Value = serde_json::from_str(lines[1])?;
            assert_eq!(line["trace_id"], Value::Null);
        } else {
            assert!(lines[0].contains(" INFO emitter: greeting"), "{log}");
            assert!(lines[0].contains(" trace_id="), "{log}");
            assert!(lines[1].contains(" DEBUG emitter: not in a span"), "{log}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_log_file_is_written_also_while_the_collector_is_broken() -> Result<()> {
    let broken = Faulty::start(Answer::Never).await?;
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", broken.endpoint()),
        ("EMITTER_LOG_FILE", "text"),
    ])?;
    emitter.tell("logs 3").await?;
    let path = emitter.home().join("emitter.log");
    until("three lines", async || {
        let log = std::fs::read_to_string(&path).ok()?;
        (log.lines().count() == 3).then_some(())
    })
    .await?;
    emitter.exit().await?;
    Ok(())
}

/// At the most talkative setting, the export itself says a lot: about itself.
#[tokio::test]
async fn an_export_is_no_reason_for_an_export() -> Result<()> {
    let faulty = Faulty::start(Answer::Well).await?;
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", faulty.endpoint()),
        ("RUST_LOG", "trace"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "1"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
    ])?;
    emitter.tell("spans 1").await?;
    emitter.tell("logs 1").await?;
    until("twenty exports of metrics", async || {
        (faulty.requests("metrics") >= 20).then_some(())
    })
    .await?;
    assert_eq!(faulty.requests("traces"), 1);
    assert_eq!(faulty.requests("logs"), 1);
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn the_resource_says_what_runs_and_not_who() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("USER", "a-person"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "team=%C3%A4,deployment.environment.name=staging",
        ),
    ])?;
    emitter.tell("spans 1").await?;
    let pid = emitter.pid().context("a process")?;
    let home = emitter.home().display().to_string();
    emitter.exit().await?;
    let trace = collector.trace("a span", 1, |_| true).await?;
    let resource = &trace.root("span 0").resource;
    for (key, value) in [
        ("team", "ä"),
        ("deployment.environment.name", "staging"),
        ("service.name", "emitter"),
        ("service.version", "1.2.3"),
        ("tauri.version", tauri::VERSION),
        ("telemetry.sdk.name", "opentelemetry"),
        ("os.type", "linux"),
        ("process.executable.name", "emitter"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.distro.name", "tauri-plugin-opentelemetry"),
    ] {
        assert_eq!(resource[key], value, "{key}");
    }
    let reserved = ["app.", "otel.", "rpc."];
    for key in resource.keys() {
        let is_ours = reserved.iter().any(|prefix| key.starts_with(prefix));
        assert!(!is_ours, "{key} is not in the registry of the conventions");
    }
    assert_eq!(resource["process.pid"], pid);
    for key in ["service.instance.id", "host.arch", "os.name", "os.version"] {
        assert_ne!(resource[key], "", "{key}");
    }
    let all = format!("{resource:?}");
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname")?;
    for secret in ["a-person", home.trim(), hostname.trim()] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    Ok(())
}

#[tokio::test]
async fn propagators_decide_what_an_invoke_takes_over() -> Result<()> {
    for (propagators, child, baggage) in [
        ("tracecontext,baggage", true, "blue"),
        ("tracecontext", true, ""),
        ("baggage", false, "blue"),
        ("none", false, ""),
    ] {
        let collector = Collector::start().await?;
        let mut emitter = Emitter::start(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
            ("OTEL_PROPAGATORS", propagators),
        ])?;
        let answer = emitter.tell("called").await?;
        assert_eq!(answer, baggage, "{propagators}");
        emitter.exit().await?;
        let span = collector
            .wait_for("the span of the invoke", |spans| {
                spans.iter().find(|span| span.name == "colour").cloned()
            })
            .await?;
        // The parent is not in this trace: it is in the headers of the call.
        assert_eq!(
            span.parent_span_id == "b7ad6b7169203331",
            child,
            "{propagators}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_instrument_with_endless_attributes_is_cut_short() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())])?;
    emitter.tell("counters 5000").await?;
    emitter.tell("flush").await?;
    emitter.exit().await?;
    let metric = collector.metric("emitter.many", |_| true).await?;
    let points = metric.numbers().len();
    assert!((1_000..=1_001).contains(&points), "{points} points");
    let rest = metric.numbers().iter().find(|point| {
        let mut attributes = point.attributes.iter();
        attributes.any(|pair| pair.key == "otel.metric.overflow")
    });
    assert!(rest.is_some(), "the others are counted together");
    Ok(())
}

#[tokio::test]
async fn while_it_is_off_everything_does_nothing() -> Result<()> {
    let mut emitter = Emitter::start(&[])?;
    for command in ["everything", "invoke 1", "panic"] {
        emitter.tell(command).await?;
    }
    assert_eq!(emitter.tell("flush").await?, true);
    assert_eq!(emitter.tell("purge").await?, true);
    let status = emitter.tell("status").await?;
    assert_eq!(status["enabled"], false);
    assert_eq!(status["traces"]["destinations"], serde_json::json!([]));
    let folder = emitter.home().join("data/telemetry");
    assert!(!folder.exists(), "no file");
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn an_event_belongs_to_the_span_it_names() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(&collector))?;
    emitter.tell("adopted").await?;
    emitter.exit().await?;
    for (body, name) in [("adopted", "parent"), ("at home", "current")] {
        let log = collector.log(body).await?;
        let trace = collector.trace(name, 1, |span| span.name == name).await?;
        let span = trace.root(name);
        assert_eq!(
            (&log.trace_id, &log.span_id),
            (&span.trace_id, &span.span_id),
            "{body}"
        );
    }
    let log = collector.log("orphaned").await?;
    assert_eq!((&*log.trace_id, &*log.span_id), ("", ""));
    Ok(())
}

#[tokio::test]
async fn what_the_http_client_of_an_app_says_is_the_app_s() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(&collector))?;
    // Installs the bridge from the log crate.
    emitter.tell("ask").await?;
    emitter.tell("client").await?;
    emitter.exit().await?;
    for body in ["of reqwest", "of hyper", "of rustls"] {
        collector.log(body).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_panic_in_a_library_tells_no_path_of_the_build_machine() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&env(&collector))?;
    emitter.tell("panic").await?;
    emitter.tell("panic-below").await?;
    emitter.exit().await?;
    let panics = until("both panics", async || {
        let logs = collector.logs().into_iter();
        let panics: Vec<_> = logs.filter(|log| log.event_name == "exception").collect();
        (panics.len() == 2).then_some(panics)
    })
    .await?;
    for panic in panics {
        let file = panic.attributes.get("code.file.path");
        if panic.attributes["exception.message"] == "told to" {
            assert_eq!(file, Some(&"tests/apps/emitter/src/main.rs".into()));
        } else {
            assert_eq!(file, None);
        }
    }
    Ok(())
}
