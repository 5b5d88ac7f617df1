//! Telemetry of a Web Worker, which travels to the page by a port.
//!
//! The worker and its page need a port of their own, an end of a `MessageChannel` each. The `Worker` itself in the page and the
//! global object in the worker are such ends, too: the messages of this module are arrays whose first item is `"pagespan"`.
//!
//! The trace context is part of the app's own messages: [`traceparent`](crate::traceparent) says it to the sender, and
//! [`continue_from`](crate::continue_from) makes it the parent in the receiver. A span without a parent starts a trace, for
//! which the page decides whether it is sampled.

use wasm_bindgen::JsValue;

use crate::{install, kernel};

/// In the worker: does what [`init`](crate::init) does in a page. Call it once, before the first span.
///
/// Until the page has answered, spans without a parent are not recorded. If the page never calls [`receive`], or its telemetry
/// is off, they never are.
pub fn init(port: &JsValue) {
    if let Some(kernel) = kernel::worker::connect(port) {
        install(kernel);
    }
}

/// In the page: sends what the worker at the other end of `port` records, after [`init`](crate::init) or
/// [`layer`](crate::layer()). Does nothing where the layer is disabled.
pub fn receive(port: &JsValue) {
    // It fails if this is no port.
    let _ = kernel::receive(port);
}
