//! The app's own `tracing` spans and events, as children of the invoke they run in.
//!
//! The layer works from before the plugin exists: it can be put into a subscriber in the first line of
//! `main`, and lets nothing through until telemetry goes [`live`]. With telemetry off it never does.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use opentelemetry::{
    Context,
    trace::{SpanBuilder, Tracer},
};
use opentelemetry_sdk::trace::{SdkTracer, Span};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    Layer, Registry,
    filter::Targets,
    layer::{self, Filter, SubscriberExt},
    registry::LookupSpan,
};

use crate::{diagnostics, ipc::Method};

/// The span in which tauri's command macro runs the body of a command. Without it the spans of an
/// async command would lose the invoke, so it passes any level (but for our own command); the others of
/// tauri's IPC say what the invoke span says, or are closed before anything happens in them.
const RUN: &str = "ipc::request::run";
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

/// What the layer needs once telemetry is on.
#[derive(Debug)]
struct Live {
    tracer: SdkTracer,
    filter: Targets,
}

static LIVE: OnceLock<Live> = OnceLock::new();

/// Whether the app has asked for the layer, and so can be expected to have put it in its subscriber.
static LAYER_TAKEN: AtomicBool = AtomicBool::new(false);

/// The layer for an app that has a `tracing` subscriber of its own.
///
/// Without it [`init`](crate::init) installs a subscriber itself, as long as the app has none. An app
/// that has one adds this layer to it; before or after the plugin is built makes no difference.
///
/// Which spans and events it takes is the plugin's configuration (`RUST_LOG`, or `filter`), whatever
/// the other layers of the subscriber take.
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// tracing_subscriber::registry()
///     .with(tracing_subscriber::fmt::layer())
///     .with(tauri_plugin_opentelemetry::layer())
///     .init();
/// ```
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    LAYER_TAKEN.store(true, Ordering::Relaxed);
    tracing_opentelemetry::layer()
        .with_tracer(LateTracer)
        // The paths of the build machine, and a thread that changes at every `await`, cost more than
        // they tell.
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(WhileLive)
}

/// Opens the layer, and installs a subscriber around it if the app has none.
pub(crate) fn go_live(tracer: SdkTracer, filter: Targets) {
    if LIVE.set(Live { tracer, filter }).is_err() {
        // A second app in one process; the first one's pipeline serves both.
        return;
    }
    let taken = LAYER_TAKEN.load(Ordering::Relaxed);
    if !taken && tracing::subscriber::set_global_default(Registry::default().with(layer())).is_err()
    {
        diagnostics::report(format_args!(
            "the app has a tracing subscriber without the layer of this plugin, so its own spans are \
             not recorded (invokes and page spans are); add \
             `.with(tauri_plugin_opentelemetry::layer())` to it"
        ));
    }
    // Call sites met before now have been told that nobody listens.
    tracing::callsite::rebuild_interest_cache();
}

/// Lets nothing through before [`go_live`], and what is asked for after.
struct WhileLive;

impl WhileLive {
    fn wants(metadata: &Metadata<'_>) -> bool {
        let Some(live) = LIVE.get() else {
            return false;
        };
        let target = metadata.target();
        let crate_name = target.split("::").next().unwrap_or(target);
        if metadata.is_span() && metadata.name().starts_with(IPC) {
            return metadata.name() == RUN && crate_name != env!("CARGO_CRATE_NAME");
        }
        !BELOW.contains(&crate_name) && live.filter.would_enable(target, metadata.level())
    }
}

impl<S> Filter<S> for WhileLive {
    fn enabled(&self, metadata: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        Self::wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if Self::wants(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // DEBUG is the level of `RUN`.
        Some(LIVE.get().map_or(LevelFilter::OFF, |live| {
            let asked = Filter::<S>::max_level_hint(&live.filter);
            asked.map_or(LevelFilter::TRACE, |level| level.max(LevelFilter::DEBUG))
        }))
    }
}

/// The tracer of the layer, which exists before the pipeline does.
struct LateTracer;

impl Tracer for LateTracer {
    type Span = Span;

    fn build_with_context(&self, mut builder: SpanBuilder, parent: &Context) -> Span {
        if builder.name == RUN {
            // No method: the page used `postMessage`, and the app does without `handler`.
            builder.name = match parent.get() {
                Some(Method(method)) => format!("run {method}").into(),
                None => "run".into(),
            };
        }
        LIVE.get()
            .expect("`WhileLive` lets no span through before LIVE is set")
            .tracer
            .build_with_context(builder, parent)
    }
}
