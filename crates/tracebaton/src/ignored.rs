//! Counts the invalid values of incoming carriers.

use std::sync::atomic::{AtomicU64, Ordering};

static IGNORED: AtomicU64 = AtomicU64::new(0);

/// How many values this process has ignored since it started: each `traceparent`, `tracestate` and member of
/// `baggage` that was malformed or above a limit counts once.
#[must_use]
pub fn ignored() -> u64 {
    IGNORED.load(Ordering::Relaxed)
}

/// Counts `None` as an ignored value.
pub(crate) fn counted<T>(parsed: Option<T>) -> Option<T> {
    if parsed.is_none() {
        IGNORED.fetch_add(1, Ordering::Relaxed);
    }
    parsed
}
