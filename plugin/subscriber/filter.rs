//! What the layers let through: nothing before telemetry is on, and then what is asked for.

use tracing::{Metadata, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::layer::{self, Filter};

use super::{LIVE, Live};

/// The span in which tauri's command macro runs the body of a command. Without it the spans of an
/// async command would lose the invoke, so it passes any level (but for our own command); the others of
/// tauri's IPC say what the invoke span says, or are closed before anything happens in them.
pub(super) const RUN: &str = "ipc::request::run";
const IPC: &str = "ipc::";

/// What works below the app: the windowing stack, whose events are not about the app, and whatever an
/// export runs through, which would report on its own reports.
const BELOW: [&str; 15] = [
    "tauri",
    "tauri_runtime",
    "tauri_runtime_wry",
    "wry",
    "tao",
    "opentelemetry",
    "opentelemetry_sdk",
    "opentelemetry_otlp",
    "hyper",
    "hyper_util",
    "reqwest",
    "h2",
    "tonic",
    "rustls",
    "ureq",
];

/// The layers, which each take their part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Spans, and the events that stay with them: all where logs go nowhere, else only errors, which make
    /// their span a failed one.
    Spans,
    /// Events, as log records.
    Logs,
    /// Events, as measurements.
    Metrics,
}

/// Lets through what is for one part.
#[derive(Debug, Clone, Copy)]
pub(super) struct WhileLive(pub(super) Part);

impl WhileLive {
    fn wants(self, metadata: &Metadata<'_>) -> bool {
        LIVE.get()
            .is_some_and(|live| self.is_for(live, metadata) && asked_for(live, metadata))
    }

    fn is_for(self, live: &Live, metadata: &Metadata<'_>) -> bool {
        let pipeline = &live.telemetry.pipeline;
        match self.0 {
            Part::Spans => {
                metadata.is_span()
                    || *metadata.level() == tracing::Level::ERROR
                    || !pipeline.takes_logs()
            }
            Part::Logs => metadata.is_event() && pipeline.takes_logs(),
            Part::Metrics => metadata.is_event() && pipeline.takes_metrics(),
        }
    }
}

fn asked_for(live: &Live, metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let crate_name = target.split("::").next().unwrap_or(target);
    if metadata.is_span() && metadata.name().starts_with(IPC) {
        return metadata.name() == RUN && crate_name != env!("CARGO_CRATE_NAME");
    }
    !BELOW.contains(&crate_name) && live.filter.0.would_enable(target, metadata.level())
}

impl<S> Filter<S> for WhileLive {
    fn enabled(&self, metadata: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == LOG && metadata.is_event() {
            // The one call site of all `log` records, whose own targets come with each.
            Interest::sometimes()
        } else if self.wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let Some(live) = LIVE.get() else {
            return Some(LevelFilter::OFF);
        };
        let asked = Filter::<S>::max_level_hint(&live.filter.0).unwrap_or(LevelFilter::TRACE);
        Some(match self.0 {
            // The level of `RUN`.
            Part::Spans => asked.max(LevelFilter::DEBUG),
            Part::Logs | Part::Metrics => asked,
        })
    }
}

/// The target under which `tracing-log` hands on the records of the `log` crate.
pub(super) const LOG: &str = "log";
