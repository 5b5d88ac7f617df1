//! Whether records of the `log` crate arrive as events of `tracing`.

use std::{cell::Cell, ptr};

use log::{Level, Metadata};

/// The target of a question that nobody else asks. A static, because it is known by its address: each use of a constant may have one of its own.
static QUESTION: &str = concat!(env!("CARGO_CRATE_NAME"), "::do_records_arrive");

thread_local! {
    static HEARD: Cell<bool> = const { Cell::new(false) };
}

/// Whether the logger of the app is a `LogTracer`, or hands its records to one. Asked whether it takes a record, a `LogTracer` asks the subscriber,
/// and so this plugin's layer. No record is written.
pub(super) fn is_there() -> bool {
    let mut question = Metadata::builder();
    let question = question.target(QUESTION).level(Level::Error).build();
    HEARD.set(false);
    log::logger().enabled(&question);
    HEARD.get()
}

/// To be called with the target of whatever the layer is asked about.
pub(super) fn listen(target: &str) {
    if ptr::eq(target, QUESTION) {
        HEARD.set(true);
    }
}
