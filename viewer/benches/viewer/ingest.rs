//! How many spans a program takes, stores and keeps, when as much is sent to it as it accepts.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    batches::{BATCH, Batches},
    contender::{Connection, Contender},
};

/// Connections that send at once.
const SENDERS: usize = 2;

/// How long a sender waits after a refusal, as an SDK would.
const RETRY: Duration = Duration::from_millis(20);

/// All that was accepted is stored in this time, or it is lost.
const STORE_DEADLINE: Duration = Duration::from_secs(20);

/// When the senders stop.
#[derive(Clone, Copy)]
pub enum Until {
    Spans(u64),
    Elapsed(Duration),
}

/// What became of the spans.
pub struct Outcome {
    pub accepted: u64,
    pub stored: u64,
    /// Requests that were answered with "send again".
    pub refused: u64,
    /// From the first request until the last span is stored.
    pub took: Duration,
    /// The fewest spans that were accepted in a whole second.
    pub slowest_second: u64,
}

/// Sends from two connections, and waits until all is stored.
pub fn ingest(to: &Contender, until: Until) -> Outcome {
    let (batches, next) = (Batches::new(), AtomicU64::new(0));
    let (accepted, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    let is_over = |from: u64| match until {
        Until::Spans(spans) => from >= spans,
        Until::Elapsed(time) => begun.elapsed() >= time,
    };
    let mut slowest_second = u64::MAX;
    thread::scope(|scope| {
        let send = || {
            let mut connection = Connection::open(to);
            loop {
                let from = next.fetch_add(BATCH, Ordering::Relaxed);
                if is_over(from) {
                    return;
                }
                let body = batches.at(from);
                while connection.send("traces", &body) != 200 {
                    refused.fetch_add(1, Ordering::Relaxed);
                    thread::park_timeout(RETRY);
                }
                accepted.fetch_add(BATCH, Ordering::Relaxed);
            }
        };
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
        let mut before = 0;
        loop {
            let second = Instant::now() + Duration::from_secs(1);
            while Instant::now() < second {
                thread::park_timeout(second.saturating_duration_since(Instant::now()));
            }
            // The last second is not a whole one.
            if senders.iter().any(thread::ScopedJoinHandle::is_finished) {
                return;
            }
            let now = accepted.load(Ordering::Relaxed);
            slowest_second = slowest_second.min(now - before);
            before = now;
        }
    });
    let sent = Instant::now();
    let accepted = accepted.into_inner();
    let mut stored = to.stored();
    while stored < accepted && sent.elapsed() < STORE_DEADLINE {
        thread::park_timeout(Duration::from_millis(5));
        stored = to.stored();
    }
    Outcome {
        accepted,
        stored,
        refused: refused.into_inner(),
        took: begun.elapsed(),
        slowest_second,
    }
}
