//! How many spans a page may send: a token bucket.

use std::time::{Duration, Instant};

/// A page that makes more spans per second than this over any length of time is in a loop.
pub(crate) const SPANS_PER_SECOND: f64 = 10_000.0;

/// A burst that is passed on whole: what a page may hold back while the app is too busy to listen.
pub(crate) const BURST: f64 = 50_000.0;

/// Tokens refill by the clock, and every span takes one.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(crate) fn full(now: Instant) -> Self {
        Self {
            tokens: BURST,
            filled: now,
        }
    }

    /// Takes up to `wanted` tokens and returns how many there were.
    pub(crate) fn take(&mut self, wanted: usize, now: Instant) -> usize {
        let elapsed: Duration = now.saturating_duration_since(self.filled);
        self.filled = now;
        self.tokens = (self.tokens + elapsed.as_secs_f64() * SPANS_PER_SECOND).min(BURST);
        let granted = wanted.min(self.tokens as usize);
        self.tokens -= granted as f64;
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        assert_eq!(bucket.take(60_000, start), 50_000);
        assert_eq!(bucket.take(1, start), 0);
        assert_eq!(
            bucket.take(60_000, start + Duration::from_millis(500)),
            5_000
        );
    }

    #[test]
    fn it_holds_no_more_than_a_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        assert_eq!(
            bucket.take(usize::MAX, start + Duration::from_secs(3_600)),
            50_000
        );
    }
}
