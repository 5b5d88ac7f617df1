//! The clock of a page against the clock of the app.
//!
//! A page counts from `performance.timeOrigin`, which stays where it was when the machine sleeps or
//! its clock is set. The page measures how far that is behind, because nobody else can: a message is received
//! seconds after it was sent if the main thread of the app is blocked meanwhile.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A smaller drift is ignored: rounding by a webview causes less, and a sleep of the machine causes more.
const STALE_MS: f64 = 1_000.0;

/// The year 2200. Later times are invalid: OTLP's nanoseconds overflow not long after.
const MAX_MS: f64 = 7_258_118_400_000.0;

/// The correction to add to every time of a batch, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drift(f64);

impl Drift {
    /// The drift of a page that says its times are `behind` by so many milliseconds, if it says anything.
    pub(crate) fn of_page(behind: Option<f64>) -> Self {
        let is_stale = |drift: &f64| drift.is_finite() && drift.abs() >= STALE_MS;
        Self(behind.filter(is_stale).unwrap_or(0.0))
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
    fn clocks_that_are_rounded_are_no_drift() {
        for behind in [None, Some(999.0), Some(-999.0)] {
            let drift = Drift::of_page(behind);
            assert_eq!(drift.correct(999_999.5), Some(at(999_999.5)));
        }
    }

    #[test]
    fn a_page_that_slept_an_hour_is_moved_by_an_hour() {
        let hour = 3_600_000.0;
        let drift = Drift::of_page(Some(hour));
        assert_eq!(drift.correct(999_000.0), Some(at(999_000.0 + hour)));
    }

    #[test]
    fn a_clock_that_was_set_back_moves_them_back() {
        let drift = Drift::of_page(Some(-86_400_000.0));
        assert_eq!(drift.correct(90_000_000.0), Some(at(3_600_000.0)));
    }

    #[test]
    fn what_is_no_time_is_none() {
        let drift = Drift::of_page(Some(f64::NAN));
        for bad in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            assert_eq!(drift.correct(bad), None, "{bad}");
        }
        let drift = Drift::of_page(Some(f64::MAX));
        assert_eq!(drift.correct(1_000.0), None, "corrected out of range");
    }
}
