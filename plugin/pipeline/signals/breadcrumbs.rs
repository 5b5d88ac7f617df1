//! Log records below the export floor wait here, in a bounded ring, and leave only when an error
//! follows: those of the trace of the error, and those of the last seconds.
//!
//! Nearly all that an app logs is chatter, which nobody reads unless something goes wrong just then.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::TraceId;

use super::entry::Entry;
use crate::pipeline::sending::{Ring, Source};

/// How long before an error a record of another trace, or of none, still tells of it.
const SHORTLY: Duration = Duration::from_secs(10);

pub(crate) struct Breadcrumbs {
    of_app: Mutex<Crumbs>,
    /// Apart, so that the chatter of a page cannot push out what the app has to tell.
    of_pages: Mutex<Crumbs>,
    /// Takes those that leave.
    leave: Box<dyn Fn(Source, Entry) + Send + Sync>,
}

type Crumbs = Ring<(Instant, Entry)>;

impl fmt::Debug for Breadcrumbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breadcrumbs").finish_non_exhaustive()
    }
}

impl Breadcrumbs {
    pub(crate) fn new(
        capacity: usize,
        leave: impl Fn(Source, Entry) + Send + Sync + 'static,
    ) -> Self {
        Self {
            of_app: Mutex::new(Ring::new(capacity)),
            of_pages: Mutex::new(Ring::new(capacity)),
            leave: Box::new(leave),
        }
    }

    /// Keeps a record, and forgets the oldest for it when the ring is full.
    pub(crate) fn keep(&self, source: Source, entry: Entry) {
        let crumbs = match source {
            Source::App => &self.of_app,
            Source::Page(_) => &self.of_pages,
        };
        crumbs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(source, (Instant::now(), entry));
    }

    /// Lets the records of a trace go.
    pub(crate) fn release(&self, trace_id: TraceId) {
        self.release_if(|_, entry| entry.is_of(trace_id));
    }

    /// Lets the records go that have to do with an error.
    pub(crate) fn release_for(&self, error: &Entry) {
        let now = Instant::now();
        self.release_if(|at, entry| {
            now.duration_since(at) <= SHORTLY
                || (!error.record.trace_id.is_empty()
                    && entry.record.trace_id == error.record.trace_id)
        });
    }

    fn release_if(&self, leaves: impl Fn(Instant, &Entry) -> bool) {
        for crumbs in [&self.of_app, &self.of_pages] {
            let leaving = crumbs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take_if(|(at, entry)| leaves(*at, entry));
            for (source, (_, entry)) in leaving {
                (self.leave)(source, entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver};

    use opentelemetry_proto::tonic::logs::v1::LogRecord;

    use super::*;

    const TRACE: TraceId = TraceId::from_bytes([1; 16]);
    const OTHER: TraceId = TraceId::from_bytes([2; 16]);

    fn entry(name: &str, trace_id: TraceId) -> Entry {
        Entry {
            target: name.to_owned().into(),
            version: None,
            record: LogRecord {
                trace_id: trace_id.to_bytes().to_vec(),
                ..Default::default()
            },
        }
    }

    fn breadcrumbs(capacity: usize) -> (Breadcrumbs, Receiver<String>) {
        let (sender, left) = mpsc::channel();
        let leave = move |_, entry: Entry| {
            sender
                .send(entry.target.into_owned())
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
    fn an_error_lets_everything_of_the_last_seconds_go() {
        let (breadcrumbs, left) = breadcrumbs(10);
        breadcrumbs.keep(Source::App, entry("a", OTHER));
        let long_ago = Instant::now()
            .checked_sub(SHORTLY * 2)
            .expect("a long uptime");
        for (name, trace) in [("b", OTHER), ("c", TRACE)] {
            let mut ring = breadcrumbs.of_app.lock().unwrap();
            ring.push(Source::App, (long_ago, entry(name, trace)));
        }
        breadcrumbs.release_for(&entry("error", TRACE));
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["a", "c"]);
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
