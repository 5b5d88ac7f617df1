//! Anything that spans arrive at.

use anyhow::{Context, Result};

use crate::{
    log::Log,
    metric::Metric,
    span::Span,
    trace::{Trace, traces},
    wait::until,
};

/// A receiver whose spans can be read back.
// Only ever awaited where it is called, so nothing has to be known of the futures.
#[allow(async_fn_in_trait)]
pub trait Source {
    /// Everything that has arrived so far.
    fn spans(&self) -> Vec<Span>;

    /// All log records that have arrived so far.
    fn logs(&self) -> Vec<Log>;

    /// All metrics that have arrived so far, one for each export.
    fn metrics(&self) -> Vec<Metric>;

    /// Waits for the log record with this body.
    ///
    /// # Errors
    /// If it does not arrive in time.
    async fn log(&self, body: &str) -> Result<Log> {
        until(&format!("the log record {body:?}"), async || {
            self.logs().into_iter().find(|log| log.body == body)
        })
        .await
        .with_context(|| format!("what has arrived: {:#?}", self.logs()))
    }

    /// Waits until the latest export of the metric with this name is as it should be.
    ///
    /// # Errors
    /// If it is not in time.
    async fn metric(&self, name: &str, matches: impl Fn(&Metric) -> bool) -> Result<Metric> {
        until(&format!("the metric {name}"), async || {
            let mut found = self.metrics().into_iter().rev();
            found.find(|metric| metric.name == name).filter(&matches)
        })
        .await
        .with_context(|| format!("what has arrived: {:#?}", self.metrics()))
    }

    /// Waits until `found` finds what it looks for among the spans that have arrived.
    ///
    /// # Errors
    /// If it does not in time; the error shows the traces that did arrive.
    async fn wait_for<T>(&self, what: &str, found: impl Fn(&[Span]) -> Option<T>) -> Result<T> {
        until(what, async || found(&self.spans()))
            .await
            .with_context(|| {
                let arrived: String = traces(&self.spans())
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                format!("what has arrived:\n{arrived}")
            })
    }

    /// Waits for the trace with a span that `matches`, until it has so many spans and all their
    /// parents.
    ///
    /// # Errors
    /// If it does not arrive in time.
    async fn trace(
        &self,
        what: &str,
        spans: usize,
        matches: impl Fn(&Span) -> bool,
    ) -> Result<Trace> {
        self.wait_for(&format!("the trace of {what}, of {spans} spans"), |all| {
            traces(all).into_iter().find(|trace| {
                trace.spans().iter().any(&matches)
                    && trace.spans().len() >= spans
                    && trace.is_whole()
            })
        })
        .await
    }

    /// The trace of the click on the button with this id; `spans` is how many spans it has.
    ///
    /// # Errors
    /// If it does not arrive in time.
    async fn click(&self, button: &str, spans: usize) -> Result<Trace> {
        self.trace(&format!("the click on {button}"), spans, |span| {
            span.name == "ui.button_click" && span.text("button") == button
        })
        .await
    }
}
