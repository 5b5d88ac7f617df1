//! Delivers what the spools have kept, on a thread of its own: oldest first, slowly, and only while nothing
//! newer waits.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use opentelemetry::Context;
use tracing::subscriber::NoSubscriber;

use super::{
    collector::Breaker,
    outlet::Outlets,
    uplink::Uplink,
    wake::{Wake, Woken},
};

/// Between two requests. At a hundred kilobytes each it is a megabyte a second, which neither the
/// collector nor the app's other traffic notices.
const PACE: Duration = Duration::from_millis(100);

/// Between two attempts, where nothing else says when. Live data may find out earlier.
const RETRY: Duration = Duration::from_secs(5);

/// A signal whose spool is delivered.
pub(super) struct Line {
    pub(super) outlets: Arc<Outlets>,
    /// Whether something newer waits to be sent.
    pub(super) is_busy: Box<dyn Fn() -> bool + Send>,
}

/// Starts the thread.
///
/// # Errors
/// If the system has no thread to spare.
pub(super) fn start(lines: Vec<Line>, wake: Arc<Wake>) -> io::Result<()> {
    let thread = thread::Builder::new().name("OpenTelemetry.Replay".to_owned());
    thread.spawn(move || {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        tracing::subscriber::with_default(NoSubscriber::default(), || run(&lines, &wake));
    })?;
    Ok(())
}

fn run(lines: &[Line], wake: &Wake) {
    loop {
        for line in lines {
            if let Some(uplink) = line.outlets.uplink()
                && !deliver(uplink, &line.is_busy, wake)
            {
                return;
            }
        }
        loop {
            let uplinks = lines.iter().filter_map(|line| line.outlets.uplink());
            match wake.wait(uplinks.filter_map(next_attempt).min()) {
                Woken::ToDeliver => break,
                Woken::Stored => {}
                Woken::End => return,
            }
        }
    }
}

/// When a signal with something to deliver is tried again; `None` if it has nothing.
fn next_attempt(uplink: &Uplink) -> Option<Duration> {
    if uplink.spool()?.bytes() == 0 {
        return None;
    }
    Some(match uplink.collector().breaker() {
        Breaker::Open { until, .. } => until.saturating_duration_since(Instant::now()),
        Breaker::Closed { .. } | Breaker::HalfOpen { .. } => RETRY,
    })
}

/// Delivers what a signal has kept, as far as its collector takes it; `false` at the end.
fn deliver(uplink: &Uplink, is_busy: &dyn Fn() -> bool, wake: &Wake) -> bool {
    let Some(spool) = uplink.spool() else {
        return true;
    };
    while spool.bytes() > 0
        && let Some(mut claim) = spool.claim()
    {
        loop {
            while is_busy() {
                if !wake.rest(PACE) {
                    return false;
                }
            }
            if !uplink.replay(spool, &mut claim) {
                break;
            }
            if !wake.rest(PACE) {
                return false;
            }
        }
        if spool.next(&mut claim).is_some() {
            return true;
        }
        spool.finish(claim);
    }
    true
}
