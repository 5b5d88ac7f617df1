//! Whether records of the `log` crate arrive as events of `tracing`.

use std::{cell::Cell, ptr};

use log::{Level, Metadata};

/// The target of a probe. [`notice_probe`] recognises it by its address, so it is a static: a constant may have another address at
/// each use.
static PROBE_TARGET: &str = concat!(env!("CARGO_CRATE_NAME"), "::do_records_arrive");

thread_local! {
    static PROBE_SEEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the logger of the app is a `LogTracer`, or hands its records to one. Asked whether it takes a record, a `LogTracer` asks the subscriber,
/// and so this plugin's layer. No record is written.
pub(super) fn reaches_layer() -> bool {
    let mut probe = Metadata::builder();
    let probe = probe.target(PROBE_TARGET).level(Level::Error).build();
    PROBE_SEEN.set(false);
    log::logger().enabled(&probe);
    PROBE_SEEN.get()
}

/// To be called with the target of whatever the layer is asked about.
pub(super) fn notice_probe(target: &str) {
    if ptr::eq(target, PROBE_TARGET) {
        PROBE_SEEN.set(true);
    }
}
