//! The files under test.

#[allow(dead_code, reason = "a model uses a part")]
#[path = "../../../plugin/pipeline/sending/queue.rs"]
pub(crate) mod queue;
#[allow(dead_code, reason = "a model uses a part")]
#[path = "../../../plugin/pipeline/sending/source.rs"]
pub(crate) mod source;
#[path = "sync.rs"]
pub(crate) mod sync;
#[path = "../../../plugin/pipeline/sending/wake.rs"]
pub(crate) mod wake;

/// The plugin suppresses telemetry here; in a model there is none.
pub(crate) fn unrecorded<T>(run: impl FnOnce() -> T) -> T {
    run()
}
