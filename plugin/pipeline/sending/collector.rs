//! Tracks whether a collector is reachable (a circuit breaker), and which messages about it were already printed.
//!
//! The signals that go to the same collector share this. After [`THRESHOLD`] consecutive failures the breaker opens for
//! [`FIRST_PAUSE`] at most. Then it lets one probe request through. If the probe fails, the breaker stays open for twice as
//! long, up to [`LONGEST_PAUSE`].
//!
//! Not `failsafe`: its state cannot be asked for, and it knows no `Retry-After`.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tauri::Url;

/// The number of consecutive failures that open the breaker. A single failure can be chance.
const THRESHOLD: u32 = 3;

/// How long the breaker is open for the first time.
const FIRST_PAUSE: Duration = Duration::from_secs(60);

/// The longest time that the breaker is open. A laptop that is opened again should not wait longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// The shortest pause that a collector can ask for. `Retry-After: 0`, or a date that a wrong clock puts into the past, would
/// make the replay a loop as fast as the network.
const SHORTEST_RETRY_AFTER: Duration = Duration::from_secs(1);

/// The longest pause that a collector can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// The least time between two messages that the collector is away.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// All collectors, by scheme, host and port.
#[derive(Debug, Default)]
pub(crate) struct Collectors(HashMap<String, Arc<Collector>>);

impl Collectors {
    pub(crate) fn at(&mut self, endpoint: &Url) -> Arc<Collector> {
        let origin = endpoint.origin().ascii_serialization();
        let new = || {
            Arc::new(Collector {
                origin: origin.clone(),
                state: Mutex::default(),
            })
        };
        self.0.entry(origin.clone()).or_insert_with(new).clone()
    }
}

#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) origin: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    /// Whether the outage that lasts now was reported, and when any was reported last.
    is_reported: bool,
    last_report: Option<Instant>,
}

/// The circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaker {
    /// Requests are sent. So many have failed since the last success.
    Closed { failures: u32 },
    /// Nothing is sent until `until`. `pause` is the time it was opened for, before it was randomised.
    Open { until: Instant, pause: Duration },
    /// One probe request is on its way.
    HalfOpen { pause: Duration },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// The names of all states.
    pub(crate) const STATES: [&str; 3] = ["closed", "open", "half_open"];

    pub(crate) fn name(self) -> &'static str {
        let [closed, open, half_open] = Self::STATES;
        match self {
            Self::Closed { .. } => closed,
            Self::Open { .. } => open,
            Self::HalfOpen { .. } => half_open,
        }
    }

    /// The state after a request has failed. `retry_after` is the pause that the collector asks for.
    fn failed(self, now: Instant, retry_after: Option<Duration>) -> Self {
        let asked = retry_after.map(|asked| asked.clamp(SHORTEST_RETRY_AFTER, LONGEST_RETRY_AFTER));
        let doubled = |pause: Duration| (pause * 2).min(LONGEST_PAUSE);
        match (self, asked) {
            (Self::Closed { failures }, None) if failures + 1 < THRESHOLD => Self::Closed {
                failures: failures + 1,
            },
            (Self::Closed { .. }, None) => Self::open_randomised(now, FIRST_PAUSE),
            (Self::Closed { .. }, Some(asked)) => Self::open(now, asked),
            (Self::HalfOpen { pause }, None) => Self::open_randomised(now, doubled(pause)),
            (Self::HalfOpen { pause }, Some(asked)) => Self::open(now, doubled(pause).max(asked)),
            // A request that was on its way when the breaker opened.
            (Self::Open { until, pause }, asked) => {
                let asked = asked.unwrap_or_default();
                Self::Open {
                    until: until.max(now + asked),
                    pause: pause.max(asked),
                }
            }
        }
    }

    fn open(now: Instant, pause: Duration) -> Self {
        Self::Open {
            until: now + pause,
            pause,
        }
    }

    /// Waits for between half of `pause` and all of it, so that apps that lost their collector together do not return together.
    fn open_randomised(now: Instant, pause: Duration) -> Self {
        let wait = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        Self::Open {
            until: now + wait,
            pause,
        }
    }
}

impl Collector {
    /// Whether a request may be sent now. If so, the caller must call [`failed`](Self::failed) or
    /// [`answered`](Self::answered) afterwards.
    pub(crate) fn admits(&self) -> bool {
        let mut state = self.state.lock();
        match state.breaker {
            Breaker::Closed { .. } => true,
            Breaker::Open { until, pause } if until <= Instant::now() => {
                state.breaker = Breaker::HalfOpen { pause };
                true
            }
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => false,
        }
    }

    pub(crate) fn breaker(&self) -> Breaker {
        self.state.lock().breaker
    }

    /// Call this when a request was not answered, or was answered with "not now". Returns whether to print a message.
    pub(crate) fn failed(&self, retry_after: Option<Duration>) -> bool {
        let mut state = self.state.lock();
        let now = Instant::now();
        state.breaker = state.breaker.failed(now, retry_after);
        let is_early = |last| last + REPORT_INTERVAL > now;
        if state.is_reported || state.last_report.is_some_and(is_early) {
            return false;
        }
        state.is_reported = true;
        state.last_report = Some(now);
        true
    }

    /// Call this when a request was answered, also when it was refused. Returns whether to print a message.
    pub(crate) fn answered(&self) -> bool {
        let mut state = self.state.lock();
        // The request was on its way when the breaker opened. The collector may have asked for the pause since.
        if matches!(state.breaker, Breaker::Open { .. }) {
            return false;
        }
        state.breaker = Breaker::default();
        std::mem::take(&mut state.is_reported)
    }

    #[cfg(test)]
    pub(super) fn end_pause(&self) {
        if let Breaker::Open { until, .. } = &mut self.state.lock().breaker {
            *until = Instant::now();
        }
    }
}

/// Opens a breaker again and again with the pause that a collector asks for, for the fuzz targets.
#[cfg(fuzzing)]
pub(super) fn fuzz(retry_after: Option<Duration>) {
    let now = Instant::now();
    let mut breaker = Breaker::default();
    for _ in 0..2 * THRESHOLD {
        breaker = breaker.failed(now, retry_after);
        if let Breaker::Open { until, pause } = breaker {
            assert!(until >= now + SHORTEST_RETRY_AFTER && until <= now + LONGEST_RETRY_AFTER);
            breaker = Breaker::HalfOpen { pause };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(breaker: Breaker, now: Instant) -> Duration {
        match breaker {
            Breaker::Open { until, .. } => until - now,
            other => panic!("{} is not open", other.name()),
        }
    }

    #[test]
    fn it_opens_after_three_failures_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for failures in 1..THRESHOLD {
            breaker = breaker.failed(now, None);
            assert_eq!(breaker, Breaker::Closed { failures });
        }
        let wait = wait(breaker.failed(now, None), now);
        assert!(wait >= FIRST_PAUSE / 2 && wait <= FIRST_PAUSE, "{wait:?}");
    }

    #[test]
    fn a_probe_that_fails_doubles_the_pause_up_to_ten_minutes() {
        let now = Instant::now();
        let mut pause = FIRST_PAUSE;
        for _ in 0..6 {
            let opened = Breaker::HalfOpen { pause }.failed(now, None);
            let Breaker::Open { pause: next, .. } = opened else {
                panic!("{} is not open", opened.name());
            };
            assert_eq!(next, (pause * 2).min(LONGEST_PAUSE));
            assert!(wait(opened, now) <= next);
            pause = next;
        }
        assert_eq!(pause, LONGEST_PAUSE);
    }

    #[test]
    fn a_request_to_wait_counts_at_once_and_as_asked() {
        let now = Instant::now();
        let asked = |seconds| Breaker::default().failed(now, Some(Duration::from_secs(seconds)));
        assert_eq!(wait(asked(7), now), Duration::from_secs(7));
        assert_eq!(wait(asked(1_000_000), now), LONGEST_RETRY_AFTER);
        for (seconds, longest) in [(1, 7), (9, 9)] {
            let retry_after = Some(Duration::from_secs(seconds));
            let waits = wait(asked(7).failed(now, retry_after), now);
            assert_eq!(waits, Duration::from_secs(longest), "two were asked for");
        }
    }

    #[test]
    fn a_request_to_wait_for_no_time_is_a_second_and_doubles() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for seconds in [1, 2, 4, 8] {
            breaker = breaker.failed(now, Some(Duration::ZERO));
            assert_eq!(wait(breaker, now), Duration::from_secs(seconds));
            let Breaker::Open { pause, .. } = breaker else {
                unreachable!("`wait` has looked");
            };
            breaker = Breaker::HalfOpen { pause };
        }
    }

    #[test]
    fn the_times_of_the_breaker_are_those_of_the_documentation() {
        assert_eq!(THRESHOLD, 3);
        assert_eq!(FIRST_PAUSE, Duration::from_secs(60));
        assert_eq!(LONGEST_PAUSE, Duration::from_secs(10 * 60));
        assert_eq!(SHORTEST_RETRY_AFTER, Duration::from_secs(1));
        assert_eq!(LONGEST_RETRY_AFTER, Duration::from_secs(60 * 60));
    }

    #[test]
    fn one_request_probes_and_its_answer_closes() {
        let endpoint = Url::parse("http://localhost:1").expect("a URL");
        let collector = Collectors::default().at(&endpoint);
        assert!(collector.admits());
        assert!(collector.failed(Some(Duration::ZERO)), "the first is told");
        assert!(!collector.admits(), "the pause has begun");
        collector.end_pause();
        assert!(collector.admits(), "the pause is over");
        assert!(!collector.admits(), "one is on its way");
        assert!(!collector.failed(Some(Duration::from_secs(60))));
        assert!(!collector.answered(), "it was sent before the pause began");
        assert!(!collector.admits());
        collector.end_pause();
        assert!(collector.admits());
        assert!(collector.answered(), "that it is back is told");
        assert!(!collector.answered());
        assert!(collector.admits());
    }

    #[test]
    fn an_outage_soon_after_another_is_told_once_it_is_time() {
        let endpoint = Url::parse("http://localhost:1").expect("a URL");
        let collector = Collectors::default().at(&endpoint);
        assert!(collector.failed(None));
        assert!(collector.answered());
        assert!(!collector.failed(None), "the last message was just printed");
        collector.state.lock().last_report = Instant::now().checked_sub(REPORT_INTERVAL);
        assert!(collector.failed(None));
        assert!(!collector.failed(None), "it was told");
        collector.end_pause();
        assert!(collector.admits());
        assert!(collector.answered(), "that it is back is told");
    }
}
