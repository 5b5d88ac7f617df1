//! What an app can do in code, seen by what arrives.

use anyhow::Result;
use otel_harness::{Answer, Collector, Emitter, Faulty, Source, until};
use serde_json::{Value, json};

#[tokio::test]
async fn a_library_that_knows_the_global_api_only_is_recorded_if_the_app_says_so() -> Result<()> {
    let collector = Collector::start().await?;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    let mut emitter = Emitter::start(&[endpoint, ("EMITTER_GLOBAL", "1")])?;
    let carriers = emitter.tell("global").await?;
    emitter.exit().await?;
    let trace = collector.trace("of a library", 1, |_| true).await?;
    let span = trace.root("of a library");
    assert_eq!(span.scope, "a library");
    let expected = format!("00-{}-{}-01", span.trace_id, span.span_id);
    assert_eq!(carriers["sent"], json!({ "traceparent": expected }));
    // All that W3C allows, and not what the propagators of the SDK know of it.
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
    let relayed =
        json!({ "traceparent": parent, "tracestate": "of@two@systems=1", "baggage": "user=1" });
    assert_eq!(carriers["relayed"], relayed);
    let metric = collector.metric("library.calls", |_| true).await?;
    assert_eq!(metric.scope, "a library");
    let instances = [&metric.resource, &span.resource].map(|of| &of["service.instance.id"]);
    assert_eq!(instances[0], instances[1], "one run is one instance");

    let without_baggage = ("OTEL_PROPAGATORS", "tracecontext");
    let mut emitter = Emitter::start(&[endpoint, ("EMITTER_GLOBAL", "1"), without_baggage])?;
    let carriers = emitter.tell("global").await?;
    assert_eq!(carriers["relayed"]["traceparent"], parent);
    assert_eq!(carriers["relayed"]["baggage"], Value::Null);
    emitter.exit().await?;

    let mut emitter = Emitter::start(&[endpoint])?;
    let carriers = emitter.tell("global").await?;
    let nobody_asked = json!({ "sent": {}, "relayed": {} });
    assert_eq!(carriers, nobody_asked);
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn the_logger_of_the_app_makes_events() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())])?;
    emitter.tell("event").await?;
    emitter.exit().await?;
    let sold = until("the event", async || {
        let mut logs = collector.logs().into_iter();
        logs.find(|log| log.event_name == "shop.sold")
    })
    .await?;
    assert_eq!(sold.scope, "emitter");
    Ok(())
}

/// An app with a collector and credentials of its own; metrics and logs would send requests as well.
fn start(own: &Faulty, env: &[(&str, &str)]) -> Result<Emitter> {
    let traces_only = [
        ("EMITTER_ENDPOINT", own.endpoint()),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    Emitter::start(&[&traces_only, env].concat())
}

#[tokio::test]
async fn a_token_is_made_before_every_export_and_wins_over_the_header_of_its_name() -> Result<()> {
    let own = Faulty::start(Answer::Well).await?;
    let mut emitter = start(&own, &[])?;
    for _ in 0..2 {
        emitter.tell("spans 1").await?;
        emitter.tell("flush").await?;
    }
    let tokens = ["hush-token 1", "hush-token 2"].map(|token| Some(token.to_owned()));
    assert_eq!(own.header("authorization"), tokens);
    let tenant = Some("hush-tenant".to_owned());
    assert_eq!(own.header("x-tenant"), [tenant.clone(), tenant]);

    emitter.tell("spans 1").await?;
    let printed = emitter.tell("handle").await?;
    let errors = emitter.errors();
    for text in [printed.to_string(), errors] {
        assert!(!text.contains("hush"), "{text}");
        assert!(!text.contains("span 0"), "{text}");
    }
    assert_eq!(printed, "Handle { enabled: true, .. }");
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn whoever_sets_the_environment_does_not_get_the_credentials_of_the_app() -> Result<()> {
    let own = Faulty::start(Answer::Well).await?;
    let other = Faulty::start(Answer::Well).await?;
    let mut emitter = start(&own, &[("OTEL_EXPORTER_OTLP_ENDPOINT", other.endpoint())])?;
    emitter.tell("spans 1").await?;
    emitter.tell("flush").await?;
    assert_eq!(other.header("authorization"), [None]);
    assert_eq!(other.header("x-tenant"), [None]);
    assert_eq!(own.requests("traces"), 0);
    let errors = emitter.errors();
    assert!(
        errors.contains("are not sent to OTEL_EXPORTER_OTLP_ENDPOINT"),
        "{errors}"
    );
    assert!(!errors.contains("hush"), "{errors}");
    emitter.exit().await?;
    Ok(())
}
