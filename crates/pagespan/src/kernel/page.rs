//! The kernel at `globalThis.__TAURI_OPENTELEMETRY__`. Its contract is `guest-js/kernel/types/kernel.ts`.

use std::{cell::OnceCell, rc::Rc, sync::Arc};

use js_sys::{Array, Function, JSON, Reflect, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};

use super::{
    Kernel,
    js::{self, Drain, function, get, listen},
    worker,
};
use crate::{
    context::{self, Context},
    open,
    queue::Signal,
};

/// Where the plugin puts the kernel.
const KERNEL: &str = "__TAURI_OPENTELEMETRY__";

thread_local! {
    // A function of JavaScript belongs to the thread that has it; the layer has to be usable by any.
    static FUNCTIONS: Option<Functions> = Functions::find();
}

/// The functions of the kernel. None of them needs `this`.
struct Functions {
    new_context: Function,
    active: Function,
    /// `emit` of each signal, which takes an item.
    emit: [Function; 3],
    invoke: Function,
    scope: Option<u32>,
    drain: Drain,
}

/// The kernel of the page, which is the same wherever it is asked for.
struct PageKernel {
    scope: Option<u32>,
}

/// The kernel of this page, if there is one of a compatible version.
pub(crate) fn find() -> Option<Arc<dyn Kernel>> {
    with_functions(|functions| {
        let kernel: Arc<dyn Kernel> = Arc::new(PageKernel {
            scope: functions.scope,
        });
        Some(kernel)
    })
}

/// What calls a command: the kernel, which also traces it where no `fetch` can be seen, or else Tauri's own.
pub(crate) fn invoke_function() -> Option<Function> {
    with_functions(|functions| Some(functions.invoke.clone()))
        .or_else(|| function(&get(&global(), "__TAURI_INTERNALS__")?, "invoke"))
}

/// Hands what a worker sends to the kernel, and decides which of its traces are sampled.
pub(crate) fn receive(port: &JsValue) -> Option<()> {
    with_functions(|_| Some(()))?;
    let from = port.clone();
    worker::listen(port, move |signal, items| {
        with_functions(|functions| match signal {
            Some(signal) => {
                let items = JSON::parse(&items).ok()?;
                for item in Array::from(&items) {
                    // A worker does not know the number.
                    let _ = Reflect::set(&item, &"scope".into(), &functions.scope.into());
                }
                functions.emit(signal, &items)
            }
            None => functions.decide(&from),
        });
    })?;
    with_functions(|functions| functions.decide(port))
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
        let scope = function(&kernel, "scope")?
            .call2(
                &JsValue::UNDEFINED,
                &env!("CARGO_PKG_NAME").into(),
                &env!("CARGO_PKG_VERSION").into(),
            )
            .ok()?;
        let emit = function(&kernel, "emit")?;
        let emit_of = |signal: Signal| {
            let bind = function(&emit, "bind")?;
            let bound = bind.call2(&emit, &JsValue::UNDEFINED, &signal.name().into());
            bound.ok()?.dyn_into().ok()
        };
        let [spans, logs, metrics] = Signal::ALL.map(emit_of);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index below 32"
        )]
        let scope = scope.as_f64().map(|scope| scope as u32);
        let functions = Self {
            new_context: function(&kernel, "newContext")?,
            active: function(&kernel, "active")?,
            emit: [spans?, logs?, metrics?],
            invoke: function(&kernel, "invoke")?,
            scope,
            drain: Drain::of(PageKernel { scope })?,
        };
        js::seed_ids()?;
        register_context_source(&kernel)?;
        // The last items of a page that is hidden or left.
        let on_leave = function(&kernel, "onLeave")?;
        on_leave
            .call1(&JsValue::UNDEFINED, &functions.drain.function)
            .ok()?;
        // The kernel listens after all others, and then sends what they have emitted.
        listen(&global(), "pagehide", move |_| {
            open::end_all(&PageKernel { scope });
        })?;
        Some(functions)
    }

    /// Gives the items of an array to the kernel. No call of Rust is among those calls.
    fn emit(&self, signal: Signal, items: &JsValue) -> Option<()> {
        let for_each = function(items, "forEach")?;
        for_each.call1(items, &self.emit[signal as usize]).ok()?;
        Some(())
    }

    fn new_context(&self, parent: &JsValue) -> Option<Context> {
        read_context(self.new_context.call1(&JsValue::UNDEFINED, parent).ok()?)
    }

    /// Tells a worker which of its next traces are sampled.
    fn decide(&self, port: &JsValue) -> Option<()> {
        let decide = |decisions, _| {
            let context = self.new_context(&JsValue::UNDEFINED)?;
            Some(decisions << 1 | u32::from(context.is_sampled))
        };
        worker::send_decisions(port, (0..u32::BITS).try_fold(0, decide)?)
    }
}

/// Answers the kernel's question for the current `traceparent`, and passes it on when no span is entered.
fn register_context_source(kernel: &JsValue) -> Option<()> {
    let previous = Rc::new(OnceCell::<Function>::new());
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

#[wasm_bindgen]
extern "C" {
    // Getters and not `Reflect::get`, for which each name would be made a string of JavaScript first.
    type SpanContext;

    #[wasm_bindgen(method, getter, js_name = traceId)]
    fn trace_id(this: &SpanContext) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = spanId)]
    fn span_id(this: &SpanContext) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = traceFlags)]
    fn trace_flags(this: &SpanContext) -> Option<f64>;
}

/// Reads a `SpanContext` of the kernel.
fn read_context(value: JsValue) -> Option<Context> {
    if value.is_undefined() {
        return None;
    }
    let context: SpanContext = value.unchecked_into();
    let id = |digits: &str| u64::from_str_radix(digits, 16).ok();
    let trace_id = context.trace_id()?;
    let (upper, lower) = trace_id.split_at_checked(16)?;
    Some(Context {
        trace_id: u128::from(id(upper)?) << 64 | u128::from(id(lower)?),
        span_id: id(&context.span_id()?)?,
        is_sampled: context.trace_flags()? != 0.0,
    })
}

/// Calls `call` with the functions of the kernel. They are there, or [`find`] would have found none.
fn with_functions<T>(call: impl FnOnce(&Functions) -> Option<T>) -> Option<T> {
    FUNCTIONS.with(|functions| functions.as_ref().and_then(call))
}

impl Kernel for PageKernel {
    fn now(&self) -> f64 {
        js::now()
    }

    fn new_root(&self, inherits: bool) -> Option<(Context, Option<u64>)> {
        with_functions(|kernel| {
            let nothing = JsValue::UNDEFINED;
            let active = inherits.then(|| kernel.active.call0(&nothing).ok());
            let parent = active
                .flatten()
                // To look into `undefined` throws, which takes longer than all the rest.
                .filter(|active| !active.is_undefined())
                .and_then(|active| function(&active, "spanContext")?.call0(&active).ok())
                .unwrap_or_default();
            let context = kernel.new_context(&parent)?;
            let parent = read_context(parent).map(|parent| parent.span_id);
            Some((context, parent))
        })
    }

    fn scope(&self) -> Option<u32> {
        self.scope
    }

    fn drain_soon(&self) {
        with_functions(|kernel| {
            kernel.drain.soon();
            Some(())
        });
    }

    fn emit(&self, signal: Signal, items: &str) {
        with_functions(|kernel| kernel.emit(signal, &JSON::parse(items).ok()?));
    }

    fn stack(&self) -> Option<String> {
        js::stack()
    }
}
