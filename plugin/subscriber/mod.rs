//! The app's own `tracing` spans and events, and its `log` records: spans become children of the invoke
//! they run in, events become log records of their trace, and those that carry a metric a measurement.
//!
//! The layers work from before the plugin exists: they can be put into a subscriber in the first line
//! of `main`, and let nothing through until telemetry [starts](start). With telemetry off they never do.

mod body_events;
mod emits;
mod events;
mod filter;
mod in_task;
mod late;
mod log_bridge;
mod received;
mod span;
mod tauri_spans;
mod unsigned;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
};

use tracebaton::TraceContext;
use tracing::Subscriber;
use tracing_log::{AsLog, LogTracer};
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt, registry::LookupSpan};

use self::{
    body_events::BodyEventLayer,
    events::EventLayer,
    filter::{LayerKind, Levels, Noticing, WhileRunning},
    in_task::{EnterTask, LeaveTask},
    late::LateTracer,
    received::ReceivedLayer,
    unsigned::UnsignedLayer,
};
use crate::{config, diagnostics, ipc::task, telemetry::Telemetry};

/// What the layers need once telemetry is on.
#[derive(Debug)]
struct RunningTelemetry {
    telemetry: Arc<Telemetry>,
    levels: Levels,
    /// Whether the requests of the `ipc` scheme go to Tauri's own handler, and not to the plugin's.
    tauri_answers_ipc: bool,
    main_thread: ThreadId,
}

static RUNNING: OnceLock<RunningTelemetry> = OnceLock::new();

/// Whether the app has asked for the layer, and so can be expected to have put it in its subscriber.
static LAYER_TAKEN: AtomicBool = AtomicBool::new(false);

/// The layer for an app that has a `tracing` subscriber of its own.
///
/// Without it [`init`](crate::init) installs a subscriber itself when the app starts to run, as long as
/// the app has none. An app that has one adds this layer to it; before or after the plugin is
/// built makes no difference.
///
/// Which spans and events it takes is the plugin's configuration (`RUST_LOG`, or `filter`), whatever
/// the other layers of the subscriber take. But a filter that is a layer of its own, such as `.with(EnvFilter::new("info"))`,
/// is for all layers: this layer does not get what such a filter leaves out. Give the filter to the one layer that needs it.
///
/// The subscriber has to be a [`Registry`]: [`tracing_subscriber::fmt::Subscriber`] panics when a layer with a filter is added to it.
///
/// Events with fields as [`tracing_opentelemetry::MetricsLayer`] knows them (`monotonic_counter.clicks = 1`) are
/// measurements as well. Without a message they are not log records.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// tracing_subscriber::registry()
///     .with(tracing_subscriber::fmt::layer().with_filter(tracing_subscriber::filter::LevelFilter::INFO))
///     .with(tauri_plugin_opentelemetry::layer())
///     .init();
/// ```
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    LAYER_TAKEN.store(true, Ordering::Relaxed);
    let spans = tracing_opentelemetry::layer()
        .with_tracer(LateTracer)
        // The paths of the build machine, and a thread that changes at every `await`, cost more than
        // they tell.
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    EnterTask
        .and_then(spans)
        .and_then(LeaveTask)
        .and_then(UnsignedLayer::new())
        .and_then(ReceivedLayer)
        .and_then(BodyEventLayer)
        .with_filter(Noticing(WhileRunning(LayerKind::Spans)))
        .and_then(EventLayer::new().with_filter(Noticing(WhileRunning(LayerKind::Events))))
}

/// Opens the layers. To be called on the main thread. `tauri_answers_ipc` says whether the requests of the `ipc` scheme go to Tauri's own handler.
pub(crate) fn start(telemetry: Arc<Telemetry>, filter: config::Filter, tauri_answers_ipc: bool) {
    // A second app in one process: the first one's pipeline serves both.
    let _ = RUNNING.set(RunningTelemetry {
        telemetry,
        levels: Levels::new(filter),
        tauri_answers_ipc,
        main_thread: thread::current().id(),
    });
    TraceContext::set_fallback(task::context);
    // Call sites met before now have been told that nobody listens.
    tracing::callsite::rebuild_interest_cache();
}

/// Whether the subscriber of the app hands spans to the plugin's layers. Tried with the span that Tauri's macro puts around a command: no
/// value of `RUST_LOG` keeps it from the layers.
fn get_spans() -> bool {
    let span = if task::TAURI_CARRIES_CONTEXT {
        // The level at which Tauri makes it. Without it, the context of an async command would be lost.
        tracing::debug_span!(target: "app", "ipc::request::run")
    } else {
        tracing::error_span!(target: "app", "ipc::request::run")
    };
    !span.is_disabled()
}

/// Installs a subscriber, and a logger, where the app has none.
///
/// To be called when everything else of the app is set up: only the first subscriber of a process can be installed, and
/// the `init` of an app whose subscriber comes second panics.
pub(crate) fn install() {
    let Some(running) = RUNNING.get() else {
        return;
    };
    let taken = LAYER_TAKEN.load(Ordering::Relaxed);
    if !taken && tracing::subscriber::set_global_default(Registry::default().with(layer())).is_err()
    {
        diagnostics::warn(format_args!(
            "the app has a tracing subscriber without the layer of this plugin, so its own spans and \
             events are not recorded (invokes and page spans are); add \
             `.with(tauri_plugin_opentelemetry::layer())` to it"
        ));
        return;
    }
    if taken && !get_spans() {
        diagnostics::warn(format_args!(
            "the tracing subscriber of the app does not have the layer of this plugin, or has a filter for all of its \
             layers, which leaves out spans that this plugin needs; give the filter to the layer that it is meant for, as in \
             `.with(fmt::layer().with_filter(filter))`"
        ));
    }
    if !running.telemetry.pipeline.takes_logs() {
        return;
    }
    let level = running.levels.of_events().as_log();
    if log::set_boxed_logger(Box::new(LogTracer::new())).is_ok() {
        log::set_max_level(level);
    } else if log_bridge::reaches_layer() {
        // `init` of `tracing-subscriber` has installed it, for the levels that were asked for before this plugin started.
        log::set_max_level(level.max(log::max_level()));
    } else if cfg!(debug_assertions) {
        // The app's choice, like that of `tauri-plugin-log`. Whether it passes its records on cannot be known.
        diagnostics::info(format_args!(
            "the app has a logger of its own, so records of the log crate are exported only if that logger passes them \
             to tracing_log::LogTracer: docs/setup.md of this plugin shows how"
        ));
    }
}
