//! Keeps log records below the exported level in memory, and exports them only when an error follows: the records of the
//! error's trace, and those of the ten seconds before it.
//!
//! Most records of an app are read only by somebody who looks for the cause of an error. The memory is bounded: a new
//! record replaces the oldest one.

use std::{
    fmt,
    time::{Duration, Instant},
};

use opentelemetry::TraceId;
use parking_lot::Mutex;

use super::entry::LogEntry;
use crate::pipeline::sending::{Ring, Source};

/// A record of another trace, or of none, is exported with an error if it is at most this old.
const SHORTLY: Duration = Duration::from_secs(10);

pub(crate) struct Breadcrumbs {
    of_app: Mutex<Crumbs>,
    /// A ring of their own, so that the records of a page cannot replace those of Rust.
    of_pages: Mutex<Crumbs>,
    /// Takes the records that are to be exported.
    leave: Box<dyn Fn(Source, LogEntry) + Send + Sync>,
}

type Crumbs = Ring<(Instant, LogEntry)>;

impl fmt::Debug for Breadcrumbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breadcrumbs").finish_non_exhaustive()
    }
}

impl Breadcrumbs {
    pub(crate) fn new(
        capacity: usize,
        leave: impl Fn(Source, LogEntry) + Send + Sync + 'static,
    ) -> Self {
        Self {
            of_app: Mutex::new(Ring::new(capacity)),
            of_pages: Mutex::new(Ring::new(capacity)),
            leave: Box::new(leave),
        }
    }

    /// Keeps a record. If the ring is full, the record replaces the oldest one.
    pub(crate) fn keep(&self, source: Source, entry: LogEntry) {
        let crumbs = match source {
            Source::App => &self.of_app,
            Source::Page(_) => &self.of_pages,
        };
        crumbs.lock().push(source, (Instant::now(), entry));
    }

    /// Exports the records of a trace.
    pub(crate) fn release(&self, trace_id: TraceId) {
        self.release_if(|_, entry| entry.is_of(trace_id));
    }

    /// Exports the records of the trace of `error`, and all records of the last ten seconds.
    pub(crate) fn release_for(&self, error: &LogEntry) {
        let now = Instant::now();
        self.release_if(|at, entry| {
            now.duration_since(at) <= SHORTLY
                || (!error.record.trace_id.is_empty()
                    && entry.record.trace_id == error.record.trace_id)
        });
    }

    /// Forgets all records.
    pub(crate) fn clear(&self) {
        for crumbs in [&self.of_app, &self.of_pages] {
            crumbs.lock().take_if(|_| true);
        }
    }

    fn release_if(&self, leaves: impl Fn(Instant, &LogEntry) -> bool) {
        for crumbs in [&self.of_app, &self.of_pages] {
            let leaving = crumbs.lock().take_if(|(at, entry)| leaves(*at, entry));
            for (source, (_, entry)) in leaving {
                (self.leave)(source, entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver};

    use opentelemetry::InstrumentationScope;
    use opentelemetry_proto::tonic::logs::v1::LogRecord;

    use super::*;

    const TRACE: TraceId = TraceId::from_bytes([1; 16]);
    const OTHER: TraceId = TraceId::from_bytes([2; 16]);

    fn entry(name: &str, trace_id: TraceId) -> LogEntry {
        LogEntry {
            scope: InstrumentationScope::builder(name.to_owned()).build(),
            record: LogRecord {
                trace_id: trace_id.to_bytes().to_vec(),
                ..Default::default()
            },
        }
    }

    fn breadcrumbs(capacity: usize) -> (Breadcrumbs, Receiver<String>) {
        let (sender, left) = mpsc::channel();
        let leave = move |_, entry: LogEntry| {
            sender
                .send(entry.scope.name().to_owned())
                .expect("the test listens");
        };
        (Breadcrumbs::new(capacity, leave), left)
    }

    #[test]
    fn a_failed_span_lets_the_records_of_its_trace_go_and_no_other() {
        let (breadcrumbs, left) = breadcrumbs(10);
        breadcrumbs.keep(Source::App, entry("a", TRACE));
        breadcrumbs.keep(Source::App, entry("b", OTHER));
        breadcrumbs.keep(Source::App, entry("c", TRACE));
        breadcrumbs.release(TRACE);
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn an_error_lets_everything_of_the_last_ten_seconds_go() {
        let (breadcrumbs, left) = breadcrumbs(10);
        for (name, seconds, trace) in [
            ("now", 0, OTHER),
            ("lately", 9, OTHER),
            ("before", 11, OTHER),
            ("before, of the trace", 11, TRACE),
        ] {
            let at = Instant::now().checked_sub(Duration::from_secs(seconds));
            let at = at.expect("a long uptime");
            let mut ring = breadcrumbs.of_app.lock();
            ring.push(Source::App, (at, entry(name, trace)));
        }
        breadcrumbs.release_for(&entry("error", TRACE));
        let left: Vec<_> = left.try_iter().collect();
        assert_eq!(left, ["now", "lately", "before, of the trace"]);
    }

    #[test]
    fn the_ring_forgets_the_oldest() {
        let (breadcrumbs, left) = breadcrumbs(2);
        for name in ["a", "b", "c"] {
            breadcrumbs.keep(Source::App, entry(name, TRACE));
        }
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let (breadcrumbs, left) = breadcrumbs(0);
        breadcrumbs.keep(Source::App, entry("a", TRACE));
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn a_page_pushes_out_no_records_of_the_app() {
        let (breadcrumbs, left) = breadcrumbs(2);
        breadcrumbs.keep(Source::App, entry("app", TRACE));
        for name in ["a", "b", "c"] {
            breadcrumbs.keep(Source::Page("main".into()), entry(name, TRACE));
        }
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["app", "b", "c"]);
    }
}
