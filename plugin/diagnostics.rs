//! What the plugin has to say about itself, to the developer and not to the collector.
//!
//! On the standard error stream, because the usual channel for such news is the one that is out of
//! order when there is news. `OTEL_LOG_LEVEL` says how much is said.

use std::{
    fmt,
    sync::atomic::{AtomicU8, Ordering},
};

/// How much is said; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verbosity {
    None,
    /// What does not work at all.
    Error,
    /// What does not work as it was asked for.
    Warn,
    /// What has changed.
    Info,
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
        eprint!("{line}");
    }
}
