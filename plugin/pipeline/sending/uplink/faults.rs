//! Tells a kept request at which the collector fails from a collector that fails at every request.
//!
//! Kept requests are sent oldest first, so one that is never taken would hold up all that were kept after it. The collector
//! answers it with "not now", as it answers every request while it is overloaded.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How many answers of "not now" a kept request gets before something is done about it. The breaker opens meanwhile, so
/// five answers take some minutes.
pub(super) const MAX_FAILURES: u32 = 5;

/// What a kept request that was not taken is thought to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// In order: the collector cannot take anything just now.
    None,
    /// Perhaps at fault. The request has to go behind the others, which are then tried before it.
    Suspected,
    /// At fault: between its failures, the collector took newer requests. The request has to be dropped.
    Proven,
}

/// The failures of the kept request that is next.
#[derive(Debug, Default)]
pub(super) struct KeptFaults {
    /// Whether a new request was taken since the last failure.
    took_newer: AtomicBool,
    failures: AtomicU32,
    /// The failures before which a newer request was taken.
    failures_alone: AtomicU32,
}

impl KeptFaults {
    pub(super) fn newer_was_taken(&self) {
        self.took_newer.store(true, Ordering::Relaxed);
    }

    /// Counts a failure of the kept request that is next.
    pub(super) fn kept_was_not_taken(&self) -> Fault {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let took_newer = self.took_newer.swap(false, Ordering::Relaxed);
        let alone = u32::from(took_newer);
        let failures_alone = self.failures_alone.fetch_add(alone, Ordering::Relaxed) + alone;
        if failures_alone >= MAX_FAILURES {
            Fault::Proven
        } else if failures >= MAX_FAILURES {
            Fault::Suspected
        } else {
            Fault::None
        }
    }

    /// Another kept request is next.
    pub(super) fn next(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.failures_alone.store(0, Ordering::Relaxed);
    }
}
