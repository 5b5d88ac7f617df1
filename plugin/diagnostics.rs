//! Messages of the plugin about itself, for the developer.
//!
//! They go to standard error and not to the collector, because most of them say that the collector cannot be reached.
//! `OTEL_LOG_LEVEL` sets how many there are.

use std::{
    fmt,
    io::{self, Write},
    sync::atomic::{AtomicU8, Ordering},
};

use serde::Deserialize;

/// How much the plugin says about itself on standard error (`OTEL_LOG_LEVEL`). Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
#[non_exhaustive]
pub enum Verbosity {
    /// Nothing.
    None,
    /// What does not work at all.
    Error,
    /// Settings that are ignored, and what works less well than it could.
    Warn,
    /// What has changed. The default.
    Info,
}

impl Verbosity {
    pub(crate) const EXPECTED: &str = "none, error, warn, info, debug or trace";

    /// Reads it from a level of OpenTelemetry, which has more of them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "none" | "off" => Some(Self::None),
            "error" => Some(Self::Error),
            "warn" => Some(Self::Warn),
            "info" | "debug" | "trace" => Some(Self::Info),
            _ => None,
        }
    }
}

static VERBOSITY: AtomicU8 = AtomicU8::new(Verbosity::Info as u8);

pub(crate) fn set_verbosity(verbosity: Verbosity) {
    VERBOSITY.store(verbosity as u8, Ordering::Relaxed);
}

pub(crate) fn error(message: fmt::Arguments<'_>) {
    say(Verbosity::Error, message);
}

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    say(Verbosity::Warn, message);
}

pub(crate) fn info(message: fmt::Arguments<'_>) {
    say(Verbosity::Info, message);
}

fn say(level: Verbosity, message: fmt::Arguments<'_>) {
    if level as u8 <= VERBOSITY.load(Ordering::Relaxed) {
        // In one piece: the stream is not buffered, and others write to it as well.
        let line = format!("tauri-plugin-opentelemetry: {message}\n");
        // Not `eprint!`, which panics when nobody reads standard error any longer. Then there is nobody to tell.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{env, fs::File, process::Command};

    use super::*;

    /// In the environment of the process that writes.
    const WRITES: &str = "TEST_DIAGNOSTICS_WRITES";

    #[test]
    fn a_standard_error_that_cannot_be_written_costs_the_message_alone() {
        if env::var_os(WRITES).is_some() {
            return error(format_args!("nobody reads this"));
        }
        let full = File::options().write(true).open("/dev/full").unwrap();
        let name =
            "diagnostics::tests::a_standard_error_that_cannot_be_written_costs_the_message_alone";
        let status = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(WRITES, "1")
            .stderr(full)
            .status();
        assert!(status.unwrap().success());
    }
}
