//! What a page and a worker have in common.

use js_sys::{BigUint64Array, Error, Function, Reflect, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};

use super::Kernel;
use crate::queue;

#[wasm_bindgen]
extern "C" {
    // Every span asks twice, and so without a value of JavaScript, which would have to be made and dropped.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn since_origin() -> f64;
}

thread_local! {
    static ORIGIN: f64 = get(&global(), "performance")
        .and_then(|performance| get(&performance, "timeOrigin")?.as_f64())
        .unwrap_or_default();
}

/// Milliseconds since the Unix epoch, on the clock of the kernel.
pub(super) fn now() -> f64 {
    ORIGIN.with(|origin| *origin) + since_origin()
}

pub(super) fn stack() -> Option<String> {
    get(&Error::new(""), "stack")?.as_string()
}

pub(super) fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &key.into()).ok()?;
    (!value.is_null() && !value.is_undefined()).then_some(value)
}

pub(super) fn function(object: &JsValue, name: &str) -> Option<Function> {
    get(object, name)?.dyn_into().ok()
}

/// Calls `listener` on each event of this type, for as long as the page lives.
pub(super) fn listen(
    target: &JsValue,
    event_type: &str,
    listener: impl Fn(JsValue) + 'static,
) -> Option<()> {
    let listener = Closure::<dyn Fn(JsValue)>::new(listener).into_js_value();
    let add = function(target, "addEventListener")?;
    add.call2(target, &event_type.into(), &listener).ok()?;
    Some(())
}

/// Lets the ids of spans begin at random.
pub(super) fn seed_ids() -> Option<()> {
    let crypto = get(&global(), "crypto")?;
    let seed = BigUint64Array::new_with_length(1);
    function(&crypto, "getRandomValues")?
        .call1(&crypto, &seed)
        .ok()?;
    fastrand::seed(seed.get_index(0));
    Some(())
}

/// Calls [`queue::drain`] when the current task ends.
pub(super) struct Drain {
    pub(super) function: Function,
    queue_microtask: Function,
}

impl Drain {
    pub(super) fn of(kernel: impl Kernel + 'static) -> Option<Self> {
        let drain = Closure::<dyn Fn()>::new(move || queue::drain(&kernel));
        Some(Self {
            function: drain.into_js_value().unchecked_into(),
            queue_microtask: function(&global(), "queueMicrotask")?,
        })
    }

    pub(super) fn soon(&self) {
        // It fails in no browser.
        let _ = self
            .queue_microtask
            .call1(&JsValue::UNDEFINED, &self.function);
    }
}
