//! Decides when a kept request that fails goes behind the others.
//!
//! Kept requests are sent oldest first, so one that always fails would hold up all that were kept after it. It can be too
//! large for the network or for what a collector takes in a second, or something on the way fails at what is in it. None of
//! these can be told from a collector that is overloaded, so the request is not dropped.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How often a kept request fails before it goes behind the others, if the collector has not answered a newer one.
pub(super) const MAX_FAILURES: u32 = 5;

/// The pause before the next kept request, after one has failed although the collector answers new requests, or could not be stored again.
/// The breaker stays closed in this case, so without the pause every answered new request would cause another attempt.
const REST: Duration = Duration::from_secs(60);

/// The failures of the kept request that is next.
#[derive(Debug, Default)]
pub(super) struct KeptFaults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whether the last new request was answered, and no kept request has failed since.
    answered_newer: bool,
    failures: u32,
    rests_until: Option<Instant>,
}

impl KeptFaults {
    /// Call this when a new request was `answered` or failed.
    pub(super) fn new_request_finished(&self, answered: bool) {
        self.0.lock().answered_newer = answered;
    }

    /// Whether no kept request is to be sent now.
    pub(super) fn is_resting(&self) -> bool {
        let rests_until = self.0.lock().rests_until;
        rests_until.is_some_and(|until| Instant::now() < until)
    }

    /// Sends no kept request for a while.
    pub(super) fn rest(&self) {
        self.0.lock().rests_until = Some(Instant::now() + REST);
    }

    /// Counts a failure of the kept request that is next. Returns whether it has to go behind the others.
    pub(super) fn count_failure(&self) -> bool {
        let mut state = self.0.lock();
        state.failures += 1;
        let answered_newer = std::mem::take(&mut state.answered_newer);
        if answered_newer {
            state.rests_until = Some(Instant::now() + REST);
        }
        answered_newer || state.failures >= MAX_FAILURES
    }

    /// Call this when another kept request is next.
    pub(super) fn reset_failures(&self) {
        self.0.lock().failures = 0;
    }

    #[cfg(test)]
    pub(super) fn end_rest(&self) {
        self.0.lock().rests_until = None;
    }
}
