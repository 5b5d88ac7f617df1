//! An app that goes on recording while what it sends to, or runs on, does not keep up.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use otel_harness::{Emitter, Faulty, Home, Source, Span, until};
use serde_json::Value;

/// The promise for the end of an app, whatever its collector does.
pub const EXIT: Duration = Duration::from_millis(1_100);

/// As an app has it that does not wait long for its batches to fill, but longer than it takes to record one on a busy machine.
pub fn env(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "500"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]
}

/// Waits until the status of the traces is as it should be.
pub async fn traces(
    emitter: &mut Emitter,
    what: &str,
    holds: impl Fn(&Value) -> bool,
) -> Result<Value> {
    let start = Instant::now();
    loop {
        let status = emitter.tell("status").await?["traces"].take();
        if holds(&status) {
            return Ok(status);
        }
        anyhow::ensure!(
            start.elapsed() < otel_harness::DEADLINE,
            "waited for {what}: {status}, {}",
            emitter.errors()
        );
    }
}

/// Makes invokes, each of which must be answered.
async fn invoke(emitter: &mut Emitter, during: &str) -> Result<()> {
    let invokes = emitter.tell("invoke 200").await?;
    let answered = invokes.as_array().context("samples")?.len();
    assert_eq!(answered, 200, "invokes during {during}");
    Ok(())
}

/// Makes invokes while `silent` holds the first request of the app, which goes on waiting for its answer all the time.
pub async fn invoke_while_the_export_waits(emitter: &mut Emitter, silent: &Faulty) -> Result<()> {
    until("the request", async || {
        (silent.requests("traces") > 0).then_some(())
    })
    .await?;
    invoke(emitter, "silence").await?;
    // More of them wait than fit into one request.
    emitter.tell("spans 1000").await?;
    let status = emitter.tell("status").await?["traces"].take();
    assert_eq!(silent.requests("traces"), 1, "no other request was sent");
    assert_eq!(status["exported"], 0, "and no answer came");
    assert!(status["queued"].as_u64() >= Some(1000), "{status}");
    Ok(())
}

/// Records so many spans, which the collector does not take now, and waits until they are kept on disk.
pub async fn kept(emitter: &mut Emitter, spans: usize) -> Result<Value> {
    emitter.tell(&format!("spans {spans}")).await?;
    emitter.tell("flush").await?;
    traces(emitter, "the spool", |status| status["spoolBytes"] != 0).await
}

/// Makes invokes, which must be answered whatever the collector does at that moment, and ends the app, which must not
/// take longer than promised.
pub async fn exit(mut emitter: Emitter, during: &str) -> Result<Home> {
    invoke(&mut emitter, during).await?;
    let (took, home) = emitter.exit().await?;
    println!("{during}: exit {took:?}");
    assert!(took < EXIT, "{took:?} during {during}");
    Ok(home)
}

/// Waits until the spans numbered from 0 have arrived, and says how many came twice.
pub async fn arrived(source: &impl Source, count: usize) -> Result<usize> {
    let names: Vec<_> = (0..count).map(|index| format!("span {index}")).collect();
    source
        .wait_for(&format!("{count} spans"), |spans| {
            let has = |name: &String| spans.iter().any(|span| span.name == *name);
            names.iter().all(has).then_some(())
        })
        .await?;
    Ok(numbered(&source.spans()).count() - count)
}

/// The spans that were told by their number, and not those of an invoke.
fn numbered(spans: &[Span]) -> impl Iterator<Item = &Span> {
    spans.iter().filter(|span| span.name.starts_with("span "))
}

/// How many of them there are, however often each came: a request whose answer was lost is sent again.
pub fn distinct(spans: &[Span]) -> usize {
    let ids: HashSet<_> = numbered(spans).map(|span| &span.span_id).collect();
    ids.len()
}
