//! The clock of a page against the clock of the app.
//!
//! A page counts from `performance.timeOrigin`, which stays where it was when the machine sleeps or
//! its clock is set. Both run on one machine, so what separates them is either the delay of the IPC
//! or a stale origin, and the two differ by orders of magnitude.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Far above the delay of an IPC message under load, far below what a sleep does.
const STALE_MS: f64 = 1_000.0;

/// The year 2200: nothing beyond is a time, and OTLP's nanoseconds would soon no longer fit.
const MAX_MS: f64 = 7_258_118_400_000.0;

/// The correction to add to every time of a batch, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drift(f64);

impl Drift {
    /// The drift of a page that said it is `sent_at`, when it is `now` here.
    pub(crate) fn between(sent_at: Option<f64>, now: SystemTime) -> Self {
        let now = now
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64() * 1_000.0);
        let drift = sent_at
            .filter(|sent_at| sent_at.is_finite())
            .map_or(0.0, |sent_at| now - sent_at);
        Self(if drift.abs() < STALE_MS { 0.0 } else { drift })
    }

    /// A time of the page as a time of the app; `None` for what is no time. To the microsecond, which
    /// is what a double holds of a time of our days and more than any page can tell.
    pub(crate) fn correct(self, page_ms: f64) -> Option<SystemTime> {
        if !page_ms.is_finite() || page_ms < 0.0 {
            return None;
        }
        let ms = page_ms + self.0;
        (0.0..MAX_MS)
            .contains(&ms)
            .then(|| UNIX_EPOCH + Duration::from_micros((ms * 1_000.0).round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: f64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs_f64(ms / 1_000.0)
    }

    #[test]
    fn the_delay_of_the_ipc_is_no_drift() {
        let drift = Drift::between(Some(1_000_000.0), at(1_000_900.0));
        assert_eq!(drift.correct(999_999.5), Some(at(999_999.5)));
    }

    #[test]
    fn a_page_that_slept_an_hour_is_moved_by_an_hour() {
        let hour = 3_600_000.0;
        let drift = Drift::between(Some(1_000_000.0), at(1_000_000.0 + hour));
        assert_eq!(drift.correct(999_000.0), Some(at(999_000.0 + hour)));
    }

    #[test]
    fn a_clock_that_was_set_back_moves_them_back() {
        let drift = Drift::between(Some(90_000_000.0), at(3_600_000.0));
        assert_eq!(drift.correct(90_000_000.0), Some(at(3_600_000.0)));
    }

    #[test]
    fn what_is_no_time_is_none() {
        let drift = Drift::between(None, at(1_000.0));
        for bad in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            assert_eq!(drift.correct(bad), None, "{bad}");
        }
        let drift = Drift::between(Some(f64::MAX), at(1_000.0));
        assert_eq!(drift.correct(1_000.0), None, "corrected out of range");
    }
}
