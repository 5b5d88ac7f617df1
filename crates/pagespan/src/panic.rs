//! A panic is a log record named `exception`, in the trace it happened in.
//!
//! <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/>

use std::panic::{self, PanicHookInfo};

use crate::{
    context,
    event::EventFields,
    field::{TakeField, Value},
    kernel::Kernel,
    queue,
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
    let mut fields = EventFields::named("exception");
    fields.take("exception.type", Value::Text("panic"));
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied();
    if let Some(message) = message.or_else(|| payload.downcast_ref::<String>().map(|text| &**text))
    {
        fields.take("exception.message", Value::Text(message));
    }
    if let Some(stack) = kernel.stack() {
        fields.take("exception.stacktrace", Value::Text(&stack));
    }
    fields.push(kernel, FATAL, context::current());
    // After a panic no code of the app runs that could do it later.
    queue::drain(kernel);
    if cfg!(panic = "abort") || cfg!(target_arch = "wasm32") {
        context::clear();
    }
}
