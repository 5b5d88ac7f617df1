//! The replay thread: delivers what is in the spools. Oldest first, at a limited rate, and only while nothing newer waits.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    collector::Breaker,
    lane::Drain,
    outlet::Outlets,
    unrecorded,
    uplink::Uplink,
    wake::{Wake, Woken},
};

/// The rate of delivery. At 1 MB/s, neither the collector nor the app's other traffic is disturbed.
const BYTES_PER_SECOND: f64 = 1e6;

/// How often the thread checks whether newer items have been sent.
const BUSY: Duration = Duration::from_millis(100);

/// The time between two attempts while the breaker is closed. A newer request that is answered wakes the thread earlier.
const RETRY: Duration = Duration::from_secs(5);

/// A signal that has a spool.
pub(crate) struct ReplayJob {
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) lane: Option<Arc<dyn Drain>>,
}

impl ReplayJob {
    /// Whether newer items wait to be sent.
    fn is_busy(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.len() > 0)
    }
}

/// Starts the thread, unless there is nothing for it to do.
///
/// # Errors
/// If the operating system cannot start a thread.
pub(crate) fn start(jobs: Vec<ReplayJob>, wake: Arc<Wake>) -> io::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let thread = thread::Builder::new().name("OpenTelemetry.Replay".to_owned());
    thread.spawn(move || unrecorded(|| run(&jobs, &wake)))?;
    Ok(())
}

fn run(jobs: &[ReplayJob], wake: &Wake) {
    loop {
        let mut next_attempt = None;
        for job in jobs {
            let Some(uplink) = job.outlets.uplink() else {
                continue;
            };
            match deliver(job, uplink, wake) {
                Delivery::Done => {}
                Delivery::NotNow => {
                    let after = pause(uplink);
                    next_attempt = Some(next_attempt.map_or(after, |next| after.min(next)));
                }
                Delivery::End => return,
            }
        }
        loop {
            match wake.wait(next_attempt) {
                Woken::ToDeliver => break,
                Woken::Stored => next_attempt = Some(RETRY),
                Woken::End => return,
            }
        }
    }
}

/// How long to wait before the next attempt, after a collector did not take a request.
fn pause(uplink: &Uplink) -> Duration {
    match uplink.collector().breaker() {
        Breaker::Open { until, .. } => until.saturating_duration_since(Instant::now()),
        Breaker::Closed { .. } | Breaker::HalfOpen { .. } => RETRY,
    }
}

/// How the delivery of a spool ended.
enum Delivery {
    /// The spool is empty, or other processes hold the rest of its files.
    Done,
    /// The collector does not take the next request now.
    NotNow,
    /// The app ends.
    End,
}

/// Delivers the spool of a signal until its collector does not take a request.
fn deliver(job: &ReplayJob, uplink: &Uplink, wake: &Wake) -> Delivery {
    let Some(spool) = uplink.spool() else {
        return Delivery::Done;
    };
    // The grant wakes this thread.
    if uplink.may_send() {
        spool.ask_for_key();
    }
    while uplink.may_send()
        && spool.bytes() > 0
        && let Some(mut claim) = spool.claim()
    {
        loop {
            while job.is_busy() {
                if !wake.rest(BUSY) {
                    return Delivery::End;
                }
            }
            let Some(bytes) = uplink.replay(spool, &mut claim) else {
                break;
            };
            if !wake.rest(Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND)) {
                return Delivery::End;
            }
        }
        if spool.next(&mut claim).is_some() {
            return Delivery::NotNow;
        }
        spool.finish(claim);
    }
    Delivery::Done
}
