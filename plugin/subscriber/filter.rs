//! What the layers let through: nothing before telemetry is on, and then what is asked for.

use tracing::{Event, Metadata, level_filters::LevelFilter, subscriber::Interest};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    Registry,
    layer::{self, Filter},
};

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

/// The layers, which each take their part of the events. All spans that are asked for are for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The events that stay with their spans: all where logs go nowhere, else only errors, which make
    /// their span a failed one.
    Spans,
    /// Events, as log records and as measurements.
    Events,
}

impl Part {
    fn takes(self, live: &Live, event: &Metadata<'_>) -> bool {
        let pipeline = &live.telemetry.pipeline;
        match self {
            Self::Spans => *event.level() == tracing::Level::ERROR || !pipeline.takes_logs(),
            Self::Events => pipeline.takes_logs() || pipeline.takes_metrics(),
        }
    }
}

/// Lets through what is for one part.
///
/// About a span, all parts say the same: where filters do not agree, `tracing` asks them all about every single
/// one. And what they say of an event they say when there is one: `tracing` keeps the answer to a mere question,
/// such as `enabled!` asks, for whatever comes next on the thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct WhileLive(pub(super) Part);

fn wants(metadata: &Metadata<'_>) -> bool {
    LIVE.get().is_some_and(|live| asked_for(live, metadata))
}

fn asked_for(live: &Live, metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let crate_name = target.split("::").next().unwrap_or(target);
    if metadata.is_span() && metadata.name().starts_with(IPC) {
        return metadata.name() == RUN && crate_name != env!("CARGO_CRATE_NAME");
    }
    !BELOW.contains(&crate_name) && live.filter.0.would_enable(target, metadata.level())
}

/// The most detailed level that is asked for.
pub(super) fn most_detailed(live: &Live) -> LevelFilter {
    Filter::<Registry>::max_level_hint(&live.filter.0).unwrap_or(LevelFilter::TRACE)
}

impl<S> Filter<S> for WhileLive {
    fn enabled(&self, metadata: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        !metadata.is_span() || wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_event() && (metadata.target() == LOG || wants(metadata)) {
            // Each is looked at. Under `LOG` there is one call site for all records of a level.
            Interest::sometimes()
        } else if wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn event_enabled(&self, event: &Event<'_>, _: &layer::Context<'_, S>) -> bool {
        let record = event.normalized_metadata();
        let metadata = record.as_ref().unwrap_or_else(|| event.metadata());
        LIVE.get()
            .is_some_and(|live| asked_for(live, metadata) && self.0.takes(live, metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match LIVE.get() {
            // The level of `RUN`.
            Some(live) => most_detailed(live).max(LevelFilter::DEBUG),
            None => LevelFilter::OFF,
        })
    }
}

/// The target under which `tracing-log` hands on the records of the `log` crate.
pub(super) const LOG: &str = "log";
