//! The kernel at `globalThis.__TAURI_OPENTELEMETRY__`. Its contract is `guest-js/kernel/types/kernel.ts`.

use std::sync::Arc;

use js_sys::{Array, Error, Function, JSON, JsString, Math, Reflect, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::Kernel;
use crate::{
    context::{self, Context},
    queue,
};

/// Where the plugin puts the kernel.
const KERNEL: &str = "__TAURI_OPENTELEMETRY__";

thread_local! {
    // A function of JavaScript belongs to the thread that has it; the layer has to be usable by any.
    static FUNCTIONS: Option<Functions> = Functions::find();
}

/// The functions of the kernel. None of them needs `this`.
struct Functions {
    now: Function,
    new_context: Function,
    active: Function,
    emit: Function,
    invoke: Function,
    /// The number of this crate's instrumentation scope; `undefined` if the kernel has too many.
    scope: JsValue,
    drain: Function,
    queue_microtask: Function,
}

/// The kernel of the page, which is the same wherever it is asked for.
struct PageKernel;

/// The kernel of this page, if there is one of a compatible version.
pub(crate) fn find() -> Option<Arc<dyn Kernel>> {
    FUNCTIONS.with(Option::is_some).then(|| {
        let kernel: Arc<dyn Kernel> = Arc::new(PageKernel);
        kernel
    })
}

/// What calls a command: the kernel, which also traces it where no `fetch` can be seen, or else Tauri's own.
pub(crate) fn invoke_function() -> Option<Function> {
    let of_kernel =
        FUNCTIONS.with(|functions| functions.as_ref().map(|found| found.invoke.clone()));
    of_kernel.or_else(|| function(&get(&global(), "__TAURI_INTERNALS__")?, "invoke"))
}

impl Functions {
    fn find() -> Option<Self> {
        let kernel = get(&global(), KERNEL)?;
        let version = get(&kernel, "version").and_then(|version| version.as_string());
        if !is_compatible(version.as_deref()) {
            let warn = function(&kernel, "warn")?;
            let found = version.as_deref().unwrap_or("older");
            let text = format!(
                "the crate tauri-plugin-opentelemetry is {found}, the crate pagespan {}. Spans of the UI are recorded once both have the same version.",
                env!("CARGO_PKG_VERSION")
            );
            let _ = warn.call1(&JsValue::UNDEFINED, &text.into());
            return None;
        }
        let functions = Self {
            now: function(&kernel, "now")?,
            new_context: function(&kernel, "newContext")?,
            active: function(&kernel, "active")?,
            emit: function(&kernel, "emit")?,
            invoke: function(&kernel, "invoke")?,
            scope: function(&kernel, "scope")?
                .call2(
                    &JsValue::UNDEFINED,
                    &env!("CARGO_PKG_NAME").into(),
                    &env!("CARGO_PKG_VERSION").into(),
                )
                .ok()?,
            drain: Closure::<dyn Fn()>::new(|| queue::drain(&PageKernel))
                .into_js_value()
                .unchecked_into(),
            queue_microtask: function(&global(), "queueMicrotask")?,
        };
        // Half of the seed from each, because a number of JavaScript has 53 random bits.
        fastrand::seed(random_bits() << 32 | random_bits());
        register_context_source(&kernel)?;
        // The last items of a page that is hidden or left.
        let on_leave = function(&kernel, "onLeave")?;
        on_leave.call1(&JsValue::UNDEFINED, &functions.drain).ok()?;
        Some(functions)
    }
}

/// Answers the kernel's question for the current `traceparent`, and passes it on when no span is entered.
fn register_context_source(kernel: &JsValue) -> Option<()> {
    let previous = std::rc::Rc::new(std::cell::OnceCell::<Function>::new());
    let asked_next = previous.clone();
    let source = Closure::<dyn Fn() -> JsValue>::new(move || match context::current() {
        Some(context) => JsValue::from_str(&context.to_string()),
        None => asked_next
            .get()
            .and_then(|next| next.call0(&JsValue::UNDEFINED).ok())
            .unwrap_or_default(),
    });
    let replaced = function(kernel, "setContextSource")?
        .call1(&JsValue::UNDEFINED, &source.into_js_value())
        .ok()?;
    if let Ok(replaced) = replaced.dyn_into() {
        let _ = previous.set(replaced);
    }
    Some(())
}

/// By the rules of semantic versioning: before 1.0 the minor version has to be the same.
fn is_compatible(version: Option<&str>) -> bool {
    let line = |version: &str| {
        let mut parts = version.split('.').map(str::to_owned);
        let major = parts.next();
        let minor = parts.next().filter(|_| major.as_deref() == Some("0"));
        (major, minor)
    };
    version.map(line) == Some(line(env!("CARGO_PKG_VERSION")))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is at least 0 and below 2^32"
)]
fn random_bits() -> u64 {
    (Math::random() * 4_294_967_296.0) as u64
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &key.into()).ok()?;
    (!value.is_null() && !value.is_undefined()).then_some(value)
}

fn function(object: &JsValue, name: &str) -> Option<Function> {
    get(object, name)?.dyn_into().ok()
}

/// Reads a `SpanContext` of the kernel.
fn read_context(value: &JsValue) -> Option<Context> {
    let text = |key| get(value, key)?.as_string();
    Some(Context {
        trace_id: u128::from_str_radix(&text("traceId")?, 16).ok()?,
        span_id: u64::from_str_radix(&text("spanId")?, 16).ok()?,
        is_sampled: get(value, "traceFlags")?.as_f64()? != 0.0,
    })
}

/// Calls `call` with the functions of the kernel. They are there, or [`find`] would have found none.
fn with_functions<T>(call: impl FnOnce(&Functions) -> Option<T>) -> Option<T> {
    FUNCTIONS.with(|functions| functions.as_ref().and_then(call))
}

impl Kernel for PageKernel {
    fn now(&self) -> f64 {
        with_functions(|kernel| kernel.now.call0(&JsValue::UNDEFINED).ok()?.as_f64()).unwrap_or(0.0)
    }

    fn new_root(&self, inherits: bool) -> Option<(Context, Option<u64>)> {
        with_functions(|kernel| {
            let nothing = JsValue::UNDEFINED;
            let active = inherits.then(|| kernel.active.call0(&nothing).ok());
            let parent = active
                .flatten()
                .and_then(|active| function(&active, "spanContext")?.call0(&active).ok())
                .unwrap_or_default();
            let context = kernel.new_context.call1(&nothing, &parent).ok()?;
            let parent = read_context(&parent).map(|parent| parent.span_id);
            Some((read_context(&context)?, parent))
        })
    }

    fn drain_soon(&self) {
        with_functions(|kernel| {
            kernel
                .queue_microtask
                .call1(&JsValue::UNDEFINED, &kernel.drain)
                .ok()
        });
    }

    fn emit(&self, items: &str) {
        with_functions(|kernel| {
            let nothing = JsValue::UNDEFINED;
            let key = JsString::from("scope");
            for pair in Array::from(&JSON::parse(items).ok()?) {
                let pair: Array = pair.unchecked_into();
                let item = pair.get(1);
                let _ = Reflect::set(&item, &key, &kernel.scope);
                let _ = kernel.emit.call2(&nothing, &pair.get(0), &item);
            }
            Some(())
        });
    }

    fn stack(&self) -> Option<String> {
        get(&Error::new(""), "stack")?.as_string()
    }
}
