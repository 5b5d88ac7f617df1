//! What a page and a worker have in common.

use js_sys::Function;
use wasm_bindgen::{JsCast, closure::Closure, prelude::wasm_bindgen};

use super::{Kernel, When};
use crate::queue;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = performance, js_name = timeOrigin)]
    static TIME_ORIGIN: f64;

    // Every span asks twice, and so without a value of JavaScript, which would have to be made and dropped.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn since_origin() -> f64;

    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(task: &Function);

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(task: &Function);

    #[wasm_bindgen(js_name = Error)]
    type StackTrace;

    #[wasm_bindgen(constructor, js_class = "Error")]
    fn capture() -> StackTrace;

    #[wasm_bindgen(method, getter)]
    fn stack(this: &StackTrace) -> Option<String>;
}

/// Milliseconds since the Unix epoch, on the clock of the kernel.
pub(super) fn now() -> f64 {
    TIME_ORIGIN.with(|origin| *origin) + since_origin()
}

pub(super) fn stack() -> Option<String> {
    StackTrace::capture().stack()
}

pub(super) fn schedule(task: &Function, when: When) {
    match when {
        When::EndOfTask => queue_microtask(task),
        When::NextTask => set_timeout(task),
    }
}

/// A function that calls [`queue::drain_next`], for [`schedule`].
pub(super) fn drain_function(kernel: &'static dyn Kernel) -> Function {
    let drain = Closure::<dyn Fn()>::new(move || queue::drain_next(kernel));
    drain.into_js_value().unchecked_into()
}
