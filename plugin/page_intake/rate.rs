//! How many items a page may send: a token bucket for each webview.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use opentelemetry::StringValue;
use parking_lot::Mutex;

/// A page that makes more spans, log records and measurements per second than this over any length of time
/// is in a loop.
pub(crate) const ITEMS_PER_SECOND: f64 = 10_000.0;

/// A burst that is passed on whole: what a page may hold back while the app is too busy to listen.
pub(crate) const BURST: f64 = 50_000.0;

/// Buckets that are kept before the first look for some that can be forgotten.
const MANY: usize = 64;

/// The buckets of all webviews, by label.
#[derive(Debug, Default)]
pub(crate) struct Buckets(Mutex<HashMap<StringValue, Bucket>>);

impl Buckets {
    /// Takes up to `wanted` tokens of a webview and returns how many there were.
    pub(crate) fn take(&self, webview: &StringValue, wanted: usize, now: Instant) -> usize {
        let mut buckets = self.0.lock();
        if buckets.len() >= MANY && !buckets.contains_key(webview) {
            // A full one is as good as a new one, and each is full after five seconds of rest.
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        buckets
            .entry(webview.clone())
            .or_insert_with(|| Bucket::full(now))
            .take(wanted, now)
    }
}

/// Tokens refill by the clock, and every item takes one.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    fn full(now: Instant) -> Self {
        Self {
            tokens: BURST,
            filled: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let elapsed: Duration = now.saturating_duration_since(self.filled);
        self.filled = now;
        self.tokens = (self.tokens + elapsed.as_secs_f64() * ITEMS_PER_SECOND).min(BURST);
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens >= BURST
    }

    fn take(&mut self, wanted: usize, now: Instant) -> usize {
        self.refill(now);
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

    #[test]
    fn a_webview_that_has_used_up_its_own_leaves_the_others_theirs() {
        let now = Instant::now();
        let buckets = Buckets::default();
        assert_eq!(buckets.take(&"looping".into(), 60_000, now), 50_000);
        assert_eq!(buckets.take(&"looping".into(), 1, now), 0);
        assert_eq!(buckets.take(&"main".into(), 60_000, now), 50_000);
    }

    #[test]
    fn buckets_that_are_full_again_are_forgotten() {
        let start = Instant::now();
        let buckets = Buckets::default();
        let label = |number: usize| StringValue::from(format!("document-{number}"));
        for number in 0..10_000 {
            // One webview every second.
            buckets.take(
                &label(number),
                1,
                start + Duration::from_secs(number as u64),
            );
        }
        let kept = buckets.0.lock().len();
        assert!(kept <= MANY, "{kept}");
    }
}
