//! From a queue of recorded items to where they go: a collector, a file or the console.
//!
//! A [`Lane`] holds the queue of one signal and encodes its batches. [`Outlets`] writes each batch to the file and to the
//! console, hands it to the viewer, and gives it to the uplink, which sends it to the collector. The uplink keeps on disk what it cannot send, and
//! the replay thread delivers that later.
//!
//! Everything that can block happens on the threads that are started here.

mod client;
mod collector;
pub(crate) mod console;
mod encoded;
pub(crate) mod json;
mod lane;
mod outlet;
mod queue;
pub(crate) mod replay;
mod request;
mod source;
mod sync;
pub(crate) mod uplink;
mod wake;

#[cfg(fuzzing)]
pub(crate) use self::client::fuzz_answer;
pub(crate) use self::{
    collector::{Breaker, Collectors},
    lane::{Drain, Lane, Route},
    outlet::{Outlets, ViewerFeed},
    queue::{Admission, DropPriority, InHand, Queue},
    replay::ReplayJob,
    source::{Ring, Source},
    wake::Wake,
};

use opentelemetry::Context;
use tracing::Dispatch;

/// Runs a thread of the pipeline: nothing that happens in `run` is recorded, because each export would otherwise
/// produce telemetry to export.
pub(super) fn unrecorded<T>(run: impl FnOnce() -> T) -> T {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    // Not a `NoSubscriber`: `tracing` counts it as one more subscriber, and with two subscribers it asks the app's
    // subscriber at every pass of a call site instead of once.
    tracing::dispatcher::with_default(&Dispatch::none(), run)
}
