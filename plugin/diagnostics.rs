//! What the plugin has to say about itself, to the developer and not to the collector.
//!
//! On the standard error stream, because the usual channel for such news is the one that is out of
//! order when there is news.

use std::fmt;

pub(crate) fn report(message: fmt::Arguments<'_>) {
    // In one piece: the stream is not buffered, and others write to it as well.
    let line = format!("tauri-plugin-opentelemetry: {message}\n");
    eprint!("{line}");
}
