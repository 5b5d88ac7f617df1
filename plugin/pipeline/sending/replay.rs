//! The replay thread: delivers what is in the spools. Oldest first, at a limited rate, and not while a full batch of newer
//! items waits.

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

/// The time between two attempts while the breaker is closed. A newer request that is answered wakes the thread earlier.
const RETRY: Duration = Duration::from_secs(5);

/// A signal that has a spool.
pub(crate) struct ReplayJob {
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) lane: Option<Arc<dyn Drain>>,
}

impl ReplayJob {
    /// Whether newer items go first. Those that wait for others to fill their batch do not.
    fn is_busy(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.has_full_batch())
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

/// How long to wait before the next attempt, unless a newer request is answered earlier.
fn pause(uplink: &Uplink) -> Duration {
    let open_for = match uplink.collector().breaker() {
        Breaker::Open { until, .. } => until.saturating_duration_since(Instant::now()),
        Breaker::Closed { .. } | Breaker::HalfOpen { .. } => Duration::ZERO,
    };
    // Where the breaker does not hold up the delivery, newer items or a failure of the next request do.
    if open_for.is_zero() { RETRY } else { open_for }
}

/// How the delivery of a spool ended.
#[derive(Debug, PartialEq, Eq)]
enum Delivery {
    /// The spool is empty, or other processes hold the rest of its files.
    Done,
    /// The collector does not take the next request now, or newer items go first.
    NotNow,
    /// The app ends.
    End,
}

/// Delivers the spool of a signal until its collector does not take a request, or newer items go first.
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
        while !job.is_busy()
            && let Some(bytes) = uplink.replay(spool, &mut claim)
        {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Batch, Exports, Signal},
        pipeline::sending::{
            Admission, Collectors, DropPriority, Lane, Route, client,
            uplink::{SharedBySignals, tests},
        },
    };

    #[test]
    fn what_is_kept_lets_a_full_batch_of_newer_items_go_first_and_no_smaller_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let exports = Exports {
            otlp: Some(client::otlp(&tests::collector())),
            ..Exports::default()
        };
        let mut collectors = Collectors::default();
        let mut shared = SharedBySignals::of_test(&mut collectors, folder.path());
        let signal = Signal::Traces;
        let outlets = Outlets::open(signal, &exports, None, Arc::default(), &mut shared, None);
        let outlets = Arc::new(outlets);
        let route = Route {
            signal,
            outlets: outlets.clone(),
            redactor: None,
            exported: Box::new(|| ()),
        };
        let batch = Batch {
            max_queue_size: 2,
            max_export_batch_size: 2,
            scheduled_delay: Duration::from_secs(3600),
        };
        let lane =
            Lane::start(route, batch, |names| tests::request(&names), |_| ()).expect("a thread");
        let job = ReplayJob {
            outlets: outlets.clone(),
            lane: Some(Arc::new(lane.clone())),
        };
        let uplink = outlets.uplink().expect("there is a collector");
        lane.admit(Admission::Hold);
        for (name, delivery) in [("first", Delivery::Done), ("second", Delivery::NotNow)] {
            lane.push(name, DropPriority::First);
            outlets.keep(&tests::request(&["kept"]));
            let wake = Wake::default();
            assert_eq!(deliver(&job, uplink, &wake), delivery, "{name}");
        }
        uplink.collector().failed(Some(Duration::from_secs(3600)));
        assert!(pause(uplink) > RETRY, "as the collector asked");
        uplink.collector().end_pause();
        assert_eq!(pause(uplink), RETRY, "newer items still go first");
    }
}
