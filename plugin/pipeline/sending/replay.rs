//! Delivers what the spools have kept, on a thread of its own: oldest first, slowly, and only while nothing
//! newer waits.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    collector::Breaker,
    outlet::Outlets,
    unrecorded,
    wake::{Wake, Woken},
};
use crate::pipeline::uplink::Uplink;

/// How fast what was kept is delivered: neither the collector nor the app's other traffic notices.
const BYTES_PER_SECOND: f64 = 1e6;

/// Between two looks whether what is newer has been sent.
const BUSY: Duration = Duration::from_millis(100);

/// Between two attempts, where nothing else says when. Live data may find out earlier.
const RETRY: Duration = Duration::from_secs(5);

/// A signal whose spool is delivered.
pub(crate) struct Line {
    pub(crate) outlets: Arc<Outlets>,
    /// Whether something newer waits to be sent.
    pub(crate) is_busy: Box<dyn Fn() -> bool + Send>,
}

/// Starts the thread.
///
/// # Errors
/// If the system has no thread to spare.
pub(crate) fn start(lines: Vec<Line>, wake: Arc<Wake>) -> io::Result<()> {
    let thread = thread::Builder::new().name("OpenTelemetry.Replay".to_owned());
    thread.spawn(move || unrecorded(|| run(&lines, &wake)))?;
    Ok(())
}

fn run(lines: &[Line], wake: &Wake) {
    loop {
        let mut next_attempt = None;
        for line in lines {
            let Some(uplink) = line.outlets.uplink() else {
                continue;
            };
            match deliver(uplink, &line.is_busy, wake) {
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

/// How long a collector is left alone that did not take what was to be delivered.
fn pause(uplink: &Uplink) -> Duration {
    match uplink.collector().breaker() {
        Breaker::Open { until, .. } => until.saturating_duration_since(Instant::now()),
        Breaker::Closed { .. } | Breaker::HalfOpen { .. } => RETRY,
    }
}

/// How far a signal's spool was delivered.
enum Delivery {
    /// There is nothing more, or nothing that this process may take.
    Done,
    /// The collector does not take it now.
    NotNow,
    /// The app ends.
    End,
}

/// Delivers what a signal has kept, as far as its collector takes it.
fn deliver(uplink: &Uplink, is_busy: &dyn Fn() -> bool, wake: &Wake) -> Delivery {
    let Some(spool) = uplink.spool() else {
        return Delivery::Done;
    };
    while spool.bytes() > 0
        && let Some(mut claim) = spool.claim()
    {
        loop {
            while is_busy() {
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
