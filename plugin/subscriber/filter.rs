//! Which spans and events the layers take: none before telemetry is on, then those that the configuration asks for.

use tracing::{Event, Metadata, level_filters::LevelFilter, subscriber::Interest};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    Registry,
    filter::Targets,
    layer::{self, Filter},
};

use super::{
    RUNNING, RunningTelemetry, emits,
    events::is_only_measurement,
    log_bridge,
    tauri_spans::{TauriSpan, crate_of},
};
use crate::config;

/// Crates whose spans and events are not about the app: the windowing stack, and the OpenTelemetry SDK, which reports
/// on the export of its own reports.
///
/// The HTTP client of the exports is not among them: its threads have no subscriber, and an app may use the same crates.
const BELOW_THE_APP: [&str; 7] = [
    "tauri",
    "tauri_runtime",
    "tauri_runtime_wry",
    "wry",
    "tao",
    "opentelemetry",
    "opentelemetry_sdk",
];

/// The target under which `tracing-log` hands on the records of the `log` crate. There is one call site for all records
/// of a level; the target of the record is among the fields of the event.
const LOG: &str = "log";

/// The levels that the configuration asks for.
#[derive(Debug)]
pub(super) struct Levels {
    events: Targets,
    spans: Targets,
}

impl Levels {
    pub(super) fn new(filter: config::Filter) -> Self {
        Self {
            spans: filter.of_spans(),
            events: filter.0,
        }
    }

    /// The most detailed level of events that is asked for.
    pub(super) fn of_events(&self) -> LevelFilter {
        Filter::<Registry>::max_level_hint(&self.events).unwrap_or(LevelFilter::TRACE)
    }

    fn takes(&self, metadata: &Metadata<'_>) -> bool {
        let levels = if metadata.is_span() || is_only_measurement(metadata) {
            &self.spans
        } else {
            &self.events
        };
        let target = metadata.target();
        !BELOW_THE_APP.contains(&crate_of(target)) && levels.would_enable(target, metadata.level())
    }
}

/// The two layers, which share the events between them. Both take every span, because `tracing` keeps the answer for a call
/// site only if all filters agree. Otherwise it asks them each time a span is made there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LayerKind {
    /// Spans, and the events that stay with their spans: errors, which make their span a failed one, and all events if
    /// logs are not exported.
    Spans,
    /// Events, as log records and as measurements.
    Events,
}

impl LayerKind {
    fn takes(self, running: &RunningTelemetry, event: &Metadata<'_>) -> bool {
        let pipeline = &running.telemetry.pipeline;
        match self {
            Self::Spans if is_only_measurement(event) => false,
            Self::Spans => *event.level() == tracing::Level::ERROR || !pipeline.takes_logs(),
            Self::Events => pipeline.takes_logs() || pipeline.takes_metrics(),
        }
    }
}

/// A filter that also notices what the layer is asked about: a probe of the logger of the app, and an event of Tauri that is emitted
/// on the wrong thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noticing<F>(pub(super) F);

impl<S, F: Filter<S>> Filter<S> for Noticing<F> {
    fn enabled(&self, metadata: &Metadata<'_>, cx: &layer::Context<'_, S>) -> bool {
        log_bridge::notice_probe(metadata.target());
        if is_emit(metadata) {
            emits::warn_unless_main_thread();
        }
        self.0.enabled(metadata, cx)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if cfg!(debug_assertions) && is_emit(metadata) {
            // Each emit is looked at.
            Interest::sometimes()
        } else {
            self.0.callsite_enabled(metadata)
        }
    }

    fn event_enabled(&self, event: &Event<'_>, cx: &layer::Context<'_, S>) -> bool {
        self.0.event_enabled(event, cx)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level_hint()
    }
}

/// The filter of one layer.
///
/// It answers about an event only when there is one ([`event_enabled`](Filter::event_enabled)): `tracing` would keep the
/// answer to a mere question, such as that of `enabled!`, for the next span or event of the thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct WhileRunning(pub(super) LayerKind);

fn is_taken(metadata: &Metadata<'_>) -> bool {
    RUNNING
        .get()
        .is_some_and(|running| takes(&running.levels, running.tauri_answers_ipc, metadata))
}

fn takes(levels: &Levels, tauri_answers_ipc: bool, metadata: &Metadata<'_>) -> bool {
    if !metadata.is_span() {
        return levels.takes(metadata);
    }
    match TauriSpan::at(metadata) {
        // But for the plugin's own command.
        Some(TauriSpan::Run) => crate_of(metadata.target()) != env!("CARGO_CRATE_NAME"),
        Some(TauriSpan::SchemeRequest) => tauri_answers_ipc,
        Some(TauriSpan::Handle | TauriSpan::Respond | TauriSpan::Message) => true,
        // Looked at, and not made.
        Some(TauriSpan::Emit) => false,
        None => !TauriSpan::is_of_ipc(metadata) && levels.takes(metadata),
    }
}

fn is_emit(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && TauriSpan::at(metadata) == Some(TauriSpan::Emit)
}

impl<S> Filter<S> for WhileRunning {
    fn enabled(&self, metadata: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        !metadata.is_span() || is_taken(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.is_event() && (metadata.target() == LOG || is_taken(metadata)) {
            // Each event is looked at.
            Interest::sometimes()
        } else if is_taken(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn event_enabled(&self, event: &Event<'_>, _: &layer::Context<'_, S>) -> bool {
        let record = event.normalized_metadata();
        let metadata = record.as_ref().unwrap_or_else(|| event.metadata());
        RUNNING.get().is_some_and(|running| {
            running.levels.takes(metadata) && self.0.takes(running, metadata)
        })
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match RUNNING.get() {
            // The level of `TauriSpan::Handle`.
            Some(_) => LevelFilter::TRACE,
            None => LevelFilter::OFF,
        })
    }
}

#[cfg(test)]
mod tests {
    use tracing::{Level, callsite::Callsite, field::FieldSet, metadata::Kind};

    use super::*;

    struct CallSite;

    impl Callsite for CallSite {
        fn set_interest(&self, _: Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            unreachable!("nobody asks")
        }
    }

    /// A call site of a span in `module`.
    fn span(name: &'static str, module: &'static str) -> Metadata<'static> {
        call_site(name, module, Level::TRACE, &["request"], Kind::SPAN)
    }

    fn call_site(
        name: &'static str,
        module: &'static str,
        level: Level,
        fields: &'static [&'static str],
        kind: Kind,
    ) -> Metadata<'static> {
        let fields = FieldSet::new(fields, tracing::callsite::Identifier(&CallSite));
        Metadata::new(name, module, level, None, None, Some(module), fields, kind)
    }

    #[test]
    fn spans_that_carry_payloads_are_disabled_whatever_is_asked_for() {
        let all = levels("trace,tauri=trace,wry=trace");
        let takes = |name, module| takes(&all, true, &span(name, module));
        let tauri = "tauri::ipc::protocol";
        for name in [
            "ipc::request",
            "ipc::request::response",
            "ipc::request::deserialize",
        ] {
            assert!(!takes(name, tauri), "{name}");
        }
        assert!(takes("ipc::request::handle", tauri));
        let own = "tauri_plugin_opentelemetry::ipc::tauri_spans";
        assert!(
            !takes("ipc::request::handle", own),
            "it tells of an invoke that has a span"
        );
        for name in ["ipc::connect", "app::emit"] {
            assert!(takes(name, "app::ipc"), "{name}: a span of the app");
        }
    }

    #[test]
    fn requests_of_schemes_are_listened_to_only_where_tauri_answers_them() {
        let levels = levels("info");
        let request = span(
            "wry::custom_protocol::handle",
            "wry::webkitgtk::web_context",
        );
        assert!(takes(&levels, true, &request));
        assert!(!takes(&levels, false, &request));
    }

    fn levels(filter: &str) -> Levels {
        Levels::new(filter.parse().unwrap())
    }

    #[test]
    fn a_quiet_level_for_everything_keeps_the_spans_of_the_app() {
        for filter in ["error", "warn", "hyper=debug,error"] {
            let levels = levels(filter);
            assert!(
                levels.spans.would_enable("app", &Level::INFO),
                "{filter}: spans"
            );
            assert!(
                !levels.events.would_enable("app", &Level::INFO),
                "{filter}: events"
            );
        }
    }

    #[test]
    fn a_quiet_level_for_everything_keeps_measurements_that_are_no_log_records() {
        let takes = |filter, fields| {
            let event = call_site(
                "event",
                "spankit::metrics",
                Level::INFO,
                fields,
                Kind::EVENT,
            );
            levels(filter).takes(&event)
        };
        let measured = &["histogram.job.duration", "job.type"];
        assert!(takes("error", measured));
        assert!(!takes("spankit::metrics=off,info", measured));
        assert!(!takes("error", &["histogram.job.duration", "message"]));
        assert!(!takes("error", &["job.type"]));
    }

    #[test]
    fn a_level_for_one_target_and_off_are_for_spans_as_well() {
        for filter in ["off", "info,app=error", "other=info"] {
            let levels = levels(filter);
            assert!(!levels.spans.would_enable("app", &Level::INFO), "{filter}");
        }
        assert!(levels("debug").spans.would_enable("app", &Level::DEBUG));
    }
}
