//! Log records below the export floor wait here, in a bounded ring, and leave only when an error
//! follows: those of the trace of the error, and those of the last seconds.
//!
//! Nearly all that an app logs is chatter, which nobody reads unless something goes wrong just then.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::TraceId;

use super::entry::Entry;

/// How long before an error a record of another trace, or of none, still tells of it.
const SHORTLY: Duration = Duration::from_secs(10);

pub(crate) struct Breadcrumbs {
    ring: Mutex<VecDeque<(Instant, Entry)>>,
    capacity: usize,
    /// Takes those that leave.
    leave: Box<dyn Fn(Entry) + Send + Sync>,
}

impl fmt::Debug for Breadcrumbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breadcrumbs")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl Breadcrumbs {
    pub(crate) fn new(capacity: usize, leave: impl Fn(Entry) + Send + Sync + 'static) -> Self {
        Self {
            ring: Mutex::default(),
            capacity,
            leave: Box::new(leave),
        }
    }

    /// Keeps a record, and forgets the oldest for it when the ring is full.
    pub(crate) fn keep(&self, entry: Entry) {
        if self.capacity == 0 {
            return;
        }
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() == self.capacity {
            ring.pop_front();
        }
        ring.push_back((Instant::now(), entry));
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
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let (leaving, staying) = ring.drain(..).partition(|(at, entry)| leaves(*at, entry));
        *ring = staying;
        drop(ring);
        let leaving: VecDeque<_> = leaving;
        for (_, entry) in leaving {
            (self.leave)(entry);
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
            record: LogRecord {
                trace_id: trace_id.to_bytes().to_vec(),
                ..Default::default()
            },
        }
    }

    fn breadcrumbs(capacity: usize) -> (Breadcrumbs, Receiver<String>) {
        let (sender, left) = mpsc::channel();
        let leave = move |entry: Entry| {
            sender
                .send(entry.target.into_owned())
                .expect("the test listens");
        };
        (Breadcrumbs::new(capacity, leave), left)
    }

    #[test]
    fn a_failed_span_lets_the_records_of_its_trace_go_and_no_other() {
        let (breadcrumbs, left) = breadcrumbs(10);
        breadcrumbs.keep(entry("a", TRACE));
        breadcrumbs.keep(entry("b", OTHER));
        breadcrumbs.keep(entry("c", TRACE));
        breadcrumbs.release(TRACE);
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn an_error_lets_everything_of_the_last_seconds_go() {
        let (breadcrumbs, left) = breadcrumbs(10);
        breadcrumbs.keep(entry("a", OTHER));
        let long_ago = Instant::now()
            .checked_sub(SHORTLY * 2)
            .expect("a long uptime");
        let old = |name, trace| (long_ago, entry(name, trace));
        let mut ring = breadcrumbs.ring.lock().unwrap();
        ring.extend([old("b", OTHER), old("c", TRACE)]);
        drop(ring);
        breadcrumbs.release_for(&entry("error", TRACE));
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn the_ring_forgets_the_oldest() {
        let (breadcrumbs, left) = breadcrumbs(2);
        for name in ["a", "b", "c"] {
            breadcrumbs.keep(entry(name, TRACE));
        }
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let (breadcrumbs, left) = breadcrumbs(0);
        breadcrumbs.keep(entry("a", TRACE));
        breadcrumbs.release(TRACE);
        assert_eq!(left.try_iter().collect::<Vec<_>>(), [""; 0]);
    }
}
