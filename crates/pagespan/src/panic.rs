//! A panic is a log record named `exception`, in the trace it happened in.
//!
//! <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/>

use std::panic::{self, PanicHookInfo};

use crate::{
    context,
    kernel::Kernel,
    queue::{self, Signal},
    span::write_ids,
};

/// The severity number `FATAL`: a panic ends the app of a page.
const FATAL: u64 = 21;

pub(crate) fn watch(kernel: &'static dyn Kernel) {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        record(kernel, info);
        previous(info);
    }));
}

pub(crate) fn record(kernel: &dyn Kernel, info: &PanicHookInfo<'_>) {
    queue::push(kernel, Signal::Logs, &mut |item| {
        item.time("time", kernel.now());
        item.integer("severity", FATAL);
        item.text("eventName", "exception");
        item.object("attributes", |attributes| {
            attributes.text("exception.type", "panic");
            let payload = info.payload();
            let message = payload.downcast_ref::<&str>().copied();
            let message = message.or_else(|| payload.downcast_ref::<String>().map(|text| &**text));
            if let Some(message) = message {
                attributes.text("exception.message", message);
            }
            if let Some(stack) = kernel.stack() {
                attributes.text("exception.stacktrace", &stack);
            }
        });
        if let Some(context) = context::current() {
            write_ids(context, item);
        }
    });
    // After a panic no code of the app runs that could do it later.
    queue::drain(kernel);
    if cfg!(panic = "abort") || cfg!(target_arch = "wasm32") {
        context::clear();
    }
}
