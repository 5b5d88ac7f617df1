//! What pages share with each other and with the app, and what is counted when it does not suffice.

use std::sync::Arc;

use anyhow::Result;
use opentelemetry::{
    logs::{LogRecord as _, Logger as _, Severity},
    trace::{Span as _, Tracer as _},
};
use otel_harness::{Answer, Faulty, Source, until};
use tempfile::TempDir;

use super::*;
use crate::{
    config::{Config, Settings, Signal},
    names::DURATIONS,
    pipeline::{AppIdentity, health::Loss},
    telemetry::Telemetry,
};

/// Telemetry that sends to `collector`, with spans in a queue of 64.
fn telemetry(collector: &Faulty, folder: &TempDir) -> Result<Arc<Telemetry>> {
    let env = |name: &str| {
        let value = match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => collector.endpoint(),
            "OTEL_BSP_MAX_QUEUE_SIZE" => "64",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE" => "16",
            "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_BLRP_SCHEDULE_DELAY" => "1",
            "OTEL_BSP_EXPORT_TIMEOUT" => "1000",
            "OTEL_METRIC_EXPORT_INTERVAL" => "50",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let decision = Config::resolve(&env, Settings::default(), Settings::default());
    let identity = AppIdentity {
        name: "test".to_owned(),
        version: String::new(),
        identifier: String::new(),
        home_folder: None,
        log_folder: Some(folder.path().to_owned()),
        config_folder: Some(folder.path().to_owned()),
        data_folder: Some(folder.path().to_owned()),
    };
    Ok(Telemetry::start(
        &decision.config.unwrap(),
        &identity,
        None,
    )?)
}

fn send(page_intake: &PageIntake, webview: &'static str, message: &Json) -> BatchAnswer {
    let webview = StringValue::from(webview);
    let body = message.to_string();
    let read = page_intake.read(body.as_bytes(), &webview, &SpanContext::NONE);
    page_intake.pass_on(read, &webview)
}

#[tokio::test]
async fn a_looping_page_costs_neither_the_app_nor_another_page_its_spans() -> Result<()> {
    let collector = Faulty::start(Answer::Never).await?;
    let folder = tempfile::tempdir()?;
    let telemetry = telemetry(&collector, &folder)?;
    let in_rust = || telemetry.tracer.start("rust").end();
    in_rust();
    until("the thread of the queue to be occupied", async || {
        (collector.requests("traces") == 1).then_some(())
    })
    .await?;

    let failed = |name: &str| {
        with(|span| {
            span.insert("name".into(), json!(name));
            span.insert("status".into(), json!({ "code": "error" }));
        })
    };
    let looping = batch(&vec![failed("looping"); 1_000]);
    send(&telemetry.page_intake, "looping", &looping);
    (0..3).for_each(|_| in_rust());
    send(
        &telemetry.page_intake,
        "main",
        &batch(&vec![with_field("name", json!("main")); 5]),
    );
    send(&telemetry.page_intake, "looping", &looping);

    collector.answer(Answer::Well);
    until("the others' spans to arrive", async || {
        let spans = collector.spans();
        let count = |name| spans.iter().filter(|span| span.name == name).count();
        (count("rust") >= 3 && count("main") == 5).then_some(())
    })
    .await?;
    let health = &telemetry.pipeline.signal(Signal::Traces).health;
    assert_eq!(
        health.total_lost(Loss::QueueFull),
        1_000 + 3 + 5 + 1_000 - 64
    );
    telemetry.pipeline.shutdown();
    Ok(())
}

#[tokio::test]
async fn all_signals_of_a_page_arrive_at_a_receiver() -> Result<()> {
    let collector = Faulty::start(Answer::Well).await?;
    let folder = tempfile::tempdir()?;
    let telemetry = telemetry(&collector, &folder)?;
    let body = include_bytes!("../../../tests/fixtures/page-signals.json");
    let webview = StringValue::from("main");
    let read = telemetry
        .page_intake
        .read(body, &webview, &SpanContext::NONE);
    let answer = telemetry.page_intake.pass_on(read, &webview);
    assert_eq!((answer.accepted, answer.dropped), (8, 0));

    let failed = collector.log("it failed ß😀").await?;
    assert_eq!((failed.scope.as_str(), failed.severity), ("app.ui", 17));
    assert_eq!(failed.event_name, "exception");
    assert_eq!(
        (failed.trace_id.as_str(), failed.span_id.as_str()),
        (TRACE, SPAN)
    );
    assert_eq!(failed.attributes["tauri.webview.label"], "main");
    let vital = collector
        .metric("browser.web_vital.lcp", |metric| {
            let point = metric.histogram(("rating", "good"));
            point.is_some_and(|point| point.sum == Some(812.5))
        })
        .await?;
    assert_eq!(vital.scope, "@app/instrumentation-web-vitals");
    assert_eq!(vital.unit, "ms");
    until("the spans to arrive", async || {
        (collector.spans().len() == 2).then_some(())
    })
    .await?;
    telemetry.pipeline.shutdown();
    Ok(())
}

#[tokio::test]
async fn a_histogram_of_seconds_has_buckets_for_them() -> Result<()> {
    let collector = Faulty::start(Answer::Well).await?;
    let folder = tempfile::tempdir()?;
    let telemetry = telemetry(&collector, &folder)?;
    let body = br#"{"drift": 0, "dropped": 0, "spans": [], "metrics": [
        {"kind": "histogram", "name": "seconds", "value": 0.2, "unit": "s"},
        {"kind": "histogram", "name": "millis", "value": 200, "unit": "ms"}
    ]}"#;
    let webview = StringValue::from("main");
    let read = telemetry
        .page_intake
        .read(body, &webview, &SpanContext::NONE);
    telemetry.page_intake.pass_on(read, &webview);
    for (name, expected) in [("seconds", true), ("millis", false)] {
        let metric = collector.metric(name, |_| true).await?;
        let bounds = &metric.histograms()[0].explicit_bounds;
        assert_eq!(bounds[..] == DURATIONS, expected, "{name}: {bounds:?}");
    }
    telemetry.pipeline.shutdown();
    Ok(())
}

#[tokio::test]
async fn an_error_in_a_page_lets_go_the_breadcrumbs_of_its_own_trace_only() -> Result<()> {
    const OTHER: &str = "11111111111111111111111111111111";

    let collector = Faulty::start(Answer::Well).await?;
    let folder = tempfile::tempdir()?;
    let telemetry = telemetry(&collector, &folder)?;
    let mut record = telemetry.logger.create_log_record();
    record.set_severity_number(Severity::Trace);
    record.set_body("in rust".into());
    let (trace, span) = (TraceId::from_hex(TRACE)?, SpanId::from_hex(SPAN)?);
    record.set_trace_context(trace, span, None);
    telemetry.logger.emit(record);

    let page = |trace: &str, severity: u8, body: &str| {
        let mut message = batch(&[]);
        message["logs"] = json!([{
            "time": NOW, "severity": severity, "body": body, "traceId": trace,
        }]);
        send(&telemetry.page_intake, "main", &message);
    };
    page(TRACE, 1, "in the page");
    page(OTHER, 17, "another error");
    collector.log("another error").await?;
    let bodies = || {
        collector
            .logs()
            .into_iter()
            .map(|log| log.body)
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies(), ["another error"]);

    page(TRACE, 17, "its own error");
    for body in ["in rust", "in the page", "its own error"] {
        collector.log(body).await?;
    }
    telemetry.pipeline.shutdown();
    Ok(())
}

#[test]
fn everything_that_is_dropped_on_the_way_is_counted_by_its_reason() {
    let page_intake = page_intake();
    let mut message = batch(&[
        good(),
        with_field("name", json!("")),
        with_field("name", json!("x".repeat(70_000))),
        with_field(
            "attributes",
            json!({ "null": null, "long": "x".repeat(5_000) }),
        ),
    ]);
    message["dropped"] = json!(7);
    message["logs"] = json!([{}]);
    message["metrics"] = json!([7]);
    let answer = send(&page_intake, "main", &message);
    assert_eq!((answer.accepted, answer.dropped), (2, 11));
    send(&page_intake, "main", &json!("no batch"));
    let huge = format!("[{}1]", "1,".repeat(9_000_000));
    let webview = StringValue::from("main");
    let read = page_intake.read(huge.as_bytes(), &webview, &SpanContext::NONE);
    page_intake.pass_on(read, &webview);

    let [traces, metrics, logs] = &page_intake.sinks.health;
    for (health, loss, count) in [
        (traces, Loss::PageInvalid, 2),
        (traces, Loss::PageTooLarge, 2),
        (traces, Loss::PageDropped, 7),
        (traces, Loss::PageRateLimited, 0),
        (logs, Loss::PageInvalid, 1),
        (metrics, Loss::PageInvalid, 1),
    ] {
        assert_eq!(health.total_lost(loss), count, "{loss:?}");
    }
    assert_eq!(traces.total_cut_attributes(), 2);

    // Taken in an hour from now, so that no token is back by the time of the next batch.
    let later = Instant::now() + Duration::from_secs(3600);
    page_intake.buckets.take(&webview, usize::MAX, later);
    send(&page_intake, "main", &batch(&vec![good(); 3]));
    assert_eq!(traces.total_lost(Loss::PageRateLimited), 3);
    assert_eq!(send(&page_intake, "other", &batch(&[good()])).accepted, 1);
}

#[test]
fn a_message_that_is_json_already_is_written_out_only_as_far_as_a_batch_goes() {
    let long = "x".repeat(1024 * 1024);
    assert!(as_bytes(&json!({ "spans": vec![&long; 15] })).is_some());
    assert!(as_bytes(&json!({ "spans": vec![&long; 17] })).is_none());
}
