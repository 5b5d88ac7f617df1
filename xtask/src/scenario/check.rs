//! What has to be true of the traces, and of everything that arrived.

use anyhow::{Context, Result, bail, ensure};
use otel_harness::{Collector, Source, Span, Trace, traces, until};

use super::{
    backend::Backend,
    drive::{SERVICES, TYPED},
};

/// The buttons that send a message, and the services that its trace goes through.
const MESSAGES: [(&str, &[&str]); 2] = [
    (
        "send",
        &[
            "desktop-1",
            "desktop-1-sidecar",
            "messenger-server",
            "desktop-2",
            "desktop-2-sidecar",
        ],
    ),
    (
        "send-file",
        &[
            "desktop-1",
            "desktop-1-sidecar",
            "desktop-2",
            "desktop-2-sidecar",
        ],
    ),
];

/// How much earlier than its parent a child may begin, in nanoseconds: the clock of a page ticks in milliseconds, and is
/// known to the app to within one more.
const UNCERTAINTY: u64 = 2_000_000;

/// Waits until the traces of both messages and the span of the command line are there.
pub async fn wait_for_all(backend: &Backend) -> Result<Vec<Span>> {
    let mut last = Vec::new();
    let complete = until("the traces of both messages", async || {
        last = backend.spans().await;
        let complete = MESSAGES.iter().all(|(button, services)| {
            message(&last, button).is_some_and(|trace| complete(&trace, services))
        });
        let every_service = SERVICES
            .iter()
            .all(|service| last.iter().any(|span| span.service() == *service));
        (complete && every_service).then(|| last.clone())
    });
    let complete = complete.await;
    complete.with_context(|| {
        let arrived: String = traces(&last).iter().map(ToString::to_string).collect();
        format!("what has arrived:\n{arrived}")
    })
}

/// The trace of the message that a click has sent.
pub fn message(spans: &[Span], button: &str) -> Option<Trace> {
    let clicked = |span: &Span| span.name == "ui.button_click" && span.text("button") == button;
    traces(spans)
        .into_iter()
        .find(|trace| trace.spans().iter().any(clicked))
}

/// Whether all its spans are there: of each service, up to the one that ends the way of a message.
fn complete(trace: &Trace, services: &[&str]) -> bool {
    let has = |service: &str| trace.spans().iter().any(|span| span.service() == service);
    trace.is_whole() && services.iter().all(|service| has(service))
}

/// Fails unless each message is one trace, in which every parent is there and begins before its children.
pub fn whole(spans: &[Span]) -> Result<()> {
    for (button, services) in MESSAGES {
        let trace = message(spans, button).with_context(|| format!("no trace of {button}"))?;
        ensure!(
            complete(&trace, services),
            "the trace of {button} is not one of {services:?}:\n{trace}"
        );
        for parent in trace.spans() {
            for child in trace.children(&parent.span_id) {
                ensure!(
                    child.start + UNCERTAINTY >= parent.start,
                    "{} of {} begins {} ns before its parent {} of {}:\n{trace}",
                    child.name,
                    child.service(),
                    parent.start - child.start,
                    parent.name,
                    parent.service()
                );
            }
        }
    }
    let failed = message(spans, "send-fail").context("no trace of send-fail")?;
    ensure!(
        failed
            .spans()
            .iter()
            .filter(|span| span.is_error())
            .any(|span| span.service() == "desktop-1"),
        "the failure is not in its trace:\n{failed}"
    );
    let linked = spans
        .iter()
        .filter(|span| span.service() == "messenger-cli");
    ensure!(linked.count() > 0, "no span of the command line");
    Ok(())
}

/// Waits until the metrics of both desktops have arrived.
pub async fn measured(collector: &Collector) -> Result<()> {
    for desktop in ["desktop-1", "desktop-2"] {
        until(&format!("the metrics of {desktop}"), async || {
            let metrics = collector.metrics();
            let mut calls = metrics
                .iter()
                .filter(|metric| metric.name == "rpc.server.call.duration");
            calls
                .any(|metric| metric.resource.get("service.name") == Some(&desktop.into()))
                .then_some(())
        })
        .await?;
    }
    Ok(())
}

/// Fails if something that a user has typed is in what arrived.
pub fn private(arrived: &[u8]) -> Result<()> {
    let arrived = String::from_utf8_lossy(arrived);
    for typed in TYPED {
        if let Some(at) = arrived.find(typed) {
            let around: String = arrived[..at].chars().rev().take(80).collect();
            let around: String = around.chars().rev().collect();
            bail!("{typed:?} was typed by a user and has arrived, after {around:?}");
        }
    }
    Ok(())
}
