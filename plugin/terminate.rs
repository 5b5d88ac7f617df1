//! SIGTERM, by which a session or a service manager ends the app without asking: what is queued is sent
//! first.

use std::{io, sync::Weak, thread};

use signal_hook::{consts::SIGTERM, iterator::Signals, low_level::emulate_default_handler};

use crate::{diagnostics, telemetry::Telemetry};

/// Sends what is queued when SIGTERM comes, and then lets it do what it does. An app that handles
/// SIGTERM by itself, as far as that can be known, is left alone.
pub(crate) fn watch(telemetry: Weak<Telemetry>) {
    if is_handled() {
        return;
    }
    if let Err(error) = start(telemetry) {
        diagnostics::warn(format_args!(
            "cannot watch for SIGTERM, on which the last telemetry is lost: {error}"
        ));
    }
}

fn start(telemetry: Weak<Telemetry>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM])?;
    let thread = thread::Builder::new().name("OpenTelemetry.Sigterm".to_owned());
    thread.spawn(move || {
        for signal in &mut signals {
            if let Some(telemetry) = telemetry.upgrade() {
                telemetry.pipeline.shutdown();
            }
            // It can fail for signals that do not end a process only.
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}

/// Whether this process has a handler for SIGTERM. Only Linux tells; elsewhere it is taken to have none.
fn is_handled() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & (1 << (SIGTERM - 1)) != 0)
}
