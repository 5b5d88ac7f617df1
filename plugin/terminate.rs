//! Signals that end the app without asking it: what is queued is sent first.
//!
//! An app that handles one of them by itself decides alone whether it ends. Another handler is looked for when the app
//! has been set up, and not before [`SETTLING`]; where there is one, the plugin still sends what is queued, and then
//! leaves the signal to it. A handler that an app installs later than that cannot be told apart in general, and outside of
//! Linux none can: [`Builder::flush_on_signals`](crate::Builder::flush_on_signals) decides for such an app.
//!
//! On Windows the end of a session reaches the app as `RunEvent::Exit`.

use std::{io, sync::Weak, thread, time::Duration};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
    low_level::emulate_default_handler,
};

use crate::{diagnostics, telemetry::Telemetry};

/// A session or a service manager ends the app, a terminal is interrupted, a terminal is closed.
const ENDING: [i32; 3] = [SIGTERM, SIGINT, SIGHUP];

/// How long after its start an app may still install a handler of its own: often it does so in a task that it spawns.
const SETTLING: Duration = Duration::from_secs(1);

/// How long the telemetry may take to be sent while another handler of the signal may be ending the app.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Starts to watch for the signals. To be called when the app has been set up.
pub(crate) fn watch(telemetry: Weak<Telemetry>) {
    let thread = thread::Builder::new().name("OpenTelemetry.Signals".to_owned());
    let spawned = thread.spawn(move || {
        // Nobody unparks it.
        thread::park_timeout(SETTLING);
        if let Err(error) = handle(&telemetry) {
            complain(&error);
        }
    });
    if let Err(error) = spawned {
        complain(&error);
    }
}

fn complain(error: &io::Error) {
    diagnostics::warn(format_args!(
        "cannot watch for the signals that end the app, so its last telemetry is lost then: {error}"
    ));
}

fn handle(telemetry: &Weak<Telemetry>) -> io::Result<()> {
    let dispositions = Dispositions::read();
    let watched = ENDING.map(|signal| (signal, dispositions.of(signal)));
    let mut signals = Signals::new(
        watched
            .iter()
            .filter(|(_, disposition)| *disposition != Disposition::Ignored)
            .map(|(signal, _)| signal),
    )?;
    for signal in &mut signals {
        let Some(telemetry) = telemetry.upgrade() else {
            return Ok(());
        };
        if watched.contains(&(signal, Disposition::Default)) {
            telemetry.pipeline.shutdown();
            // It can fail for signals that do not end a process only.
            let _ = emulate_default_handler(signal);
        } else {
            // The app may go on.
            telemetry.pipeline.flush(FLUSH_TIMEOUT);
        }
    }
    Ok(())
}

/// What a signal does to this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposition {
    Default,
    /// As for an app that `nohup` started, which a closed terminal must not end.
    Ignored,
    /// The app has a handler.
    Handled,
}

/// The signals that the process ignores and handles, as bit masks.
#[derive(Debug, Clone, Copy)]
struct Dispositions {
    ignored: u64,
    handled: u64,
}

impl Dispositions {
    /// Only Linux tells. Elsewhere `SIGHUP` is taken to be ignored, because it may be, and nothing to be handled.
    fn read() -> Self {
        match std::fs::read_to_string("/proc/self/status") {
            Ok(status) => Self::parse(&status),
            Err(_) => Self {
                ignored: bit(SIGHUP),
                handled: 0,
            },
        }
    }

    fn parse(status: &str) -> Self {
        let mask = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
                .unwrap_or_default()
        };
        Self {
            ignored: mask("SigIgn:"),
            handled: mask("SigCgt:"),
        }
    }

    fn of(self, signal: i32) -> Disposition {
        if self.handled & bit(signal) != 0 {
            Disposition::Handled
        } else if self.ignored & bit(signal) != 0 {
            Disposition::Ignored
        } else {
            Disposition::Default
        }
    }
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masks_of_a_process_tell_what_a_signal_does() {
        let status = "Name:\tapp\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000004000\n";
        let dispositions = Dispositions::parse(status);
        assert_eq!(dispositions.of(SIGHUP), Disposition::Ignored);
        assert_eq!(dispositions.of(SIGTERM), Disposition::Handled);
        assert_eq!(dispositions.of(SIGINT), Disposition::Default);
    }
}
