//! The kernel at `globalThis.__TAURI_OPENTELEMETRY__`. Its contract is `guest-js/kernel/types/kernel.ts`.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};

use super::{Kernel, When, js, worker};
use crate::{
    context::{self, Context, hex},
    ids,
    queue::Signal,
    recorder,
};

#[wasm_bindgen]
extern "C" {
    // Bindings and not `Reflect::get`, for which each name would be a string of Rust and then of JavaScript.

    #[wasm_bindgen(thread_local_v2, js_name = __TAURI_OPENTELEMETRY__)]
    static KERNEL: Option<JsKernel>;

    #[wasm_bindgen(thread_local_v2, js_name = __TAURI_INTERNALS__)]
    static TAURI: Option<Invoker>;

    /// What calls a command: the kernel, which also traces it where no `fetch` can be seen, or else Tauri itself.
    type Invoker;

    #[wasm_bindgen(method, catch)]
    fn invoke(this: &Invoker, command: &str, args: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = Invoker)]
    type JsKernel;

    #[wasm_bindgen(method, getter)]
    fn version(this: &JsKernel) -> Option<String>;

    #[wasm_bindgen(method)]
    fn warn(this: &JsKernel, message: &str);

    #[wasm_bindgen(method)]
    fn scope(this: &JsKernel, name: &str, version: &str) -> Option<u32>;

    #[wasm_bindgen(method)]
    fn active(this: &JsKernel) -> Option<Active>;

    #[wasm_bindgen(method, catch, js_name = newContext)]
    fn new_context(this: &JsKernel, parent: Option<&SpanContext>) -> Result<SpanContext, JsValue>;

    #[wasm_bindgen(method, js_name = setContextSource)]
    fn set_context_source(this: &JsKernel, source: &JsValue) -> Option<Function>;

    #[wasm_bindgen(method, getter)]
    fn emit(this: &JsKernel) -> Emit;

    type Emit;

    #[wasm_bindgen(method)]
    fn bind(this: &Emit, receiver: &JsValue, signal: &str) -> Function;

    /// Something that can be active. An app can make its own.
    type Active;

    #[wasm_bindgen(method, catch, js_name = spanContext)]
    fn span_context(this: &Active) -> Result<Option<SpanContext>, JsValue>;

    type SpanContext;

    #[wasm_bindgen(method, getter, js_name = traceId)]
    fn trace_id(this: &SpanContext) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = spanId)]
    fn span_id(this: &SpanContext) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = traceFlags)]
    fn trace_flags(this: &SpanContext) -> u32;

    /// Items of one signal.
    type Items;

    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse_items(text: &str) -> Result<Items, JsValue>;

    #[wasm_bindgen(method, catch, js_name = forEach)]
    fn for_each(this: &Items, take: &Function) -> Result<(), JsValue>;

    #[wasm_bindgen(js_name = addEventListener)]
    fn add_event_listener(event_type: &str, listener: &JsValue);
}

thread_local! {
    // A function of JavaScript belongs to the thread that has it; the recorder has to be usable by any.
    static CONNECTION: Option<Connection> = with_kernel(Connection::new);
}

/// How the version of a compatible kernel begins: before 1.0 the minor version has to be the same.
const COMPATIBLE: &str = concat!(
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR"),
    "."
);

/// What has been agreed with the kernel.
struct Connection {
    scope: Option<u32>,
    drain: Function,
    /// What the kernel asked for the context before. It is asked while no span is entered.
    outer_source: Option<Function>,
}

/// The kernel of the page, which is the same wherever it is asked for.
struct PageKernel;

/// The kernel of this page, if there is one of a compatible version.
pub(crate) fn find() -> Option<&'static dyn Kernel> {
    with_connection(|_| Some(&PageKernel as &'static dyn Kernel))
}

/// Calls a command. `None` if this is no page of Tauri.
pub(crate) fn invoke(command: &str, args: &JsValue) -> Option<Result<Promise, JsValue>> {
    let traced = with_connection(|_| with_kernel(|kernel| Some(kernel.invoke(command, args))));
    traced.or_else(|| TAURI.with(|tauri| Some(tauri.as_ref()?.invoke(command, args))))
}

/// Hands what a worker sends to the kernel, and decides which of its traces are sampled.
pub(crate) fn receive(port: &JsValue) -> Option<()> {
    with_connection(|_| Some(()))?;
    let from = port.clone();
    worker::listen(port, move |signal, items| {
        with_connection(|connection| match signal {
            Some(signal) => {
                let items = parse_items(&items).ok()?;
                for item in Array::from(&items) {
                    // A worker does not know the number.
                    let _ = Reflect::set(&item, &"scope".into(), &connection.scope.into());
                }
                emit(signal, &items)
            }
            None => decide(&from),
        });
    })?;
    decide(port)
}

/// Tells a worker which of its next traces are sampled.
fn decide(port: &JsValue) -> Option<()> {
    let decide = |decisions, _| {
        let context = with_kernel(|kernel| new_context(kernel, None))?;
        Some(decisions << 1 | u32::from(context.is_sampled))
    };
    worker::send_decisions(port, (0..u32::BITS).try_fold(0, decide)?)
}

impl Connection {
    fn new(kernel: &JsKernel) -> Option<Self> {
        let version = kernel.version();
        let version = version.as_deref().unwrap_or("older");
        if !version.starts_with(COMPATIBLE) {
            let mut message = concat!(
                "the crate pagespan ",
                env!("CARGO_PKG_VERSION"),
                " records nothing: it needs the same version of the crate tauri-plugin-opentelemetry, which is "
            )
            .to_owned();
            message.push_str(version);
            kernel.warn(&message);
            return None;
        }
        // The ids of the kernel are random. Those of the spans begin at one of them.
        ids::seed(new_context(kernel, None)?.span_id);
        let source = Closure::<dyn Fn() -> JsValue>::new(current_traceparent);
        // When the page is left, the kernel sends its batch after all other listeners of `pagehide` have run, so the open spans
        // that this one emits are in it.
        let on_leave = Closure::<dyn Fn()>::new(|| recorder::end_all(&PageKernel));
        add_event_listener("pagehide", &on_leave.into_js_value());
        Some(Self {
            scope: kernel.scope(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            drain: js::drain_function(&PageKernel),
            outer_source: kernel.set_context_source(&source.into_js_value()),
        })
    }
}

/// Gives items to the kernel. No call of Rust is among those calls.
fn emit(signal: Signal, items: &Items) -> Option<()> {
    let emit = with_kernel(|kernel| Some(kernel.emit().bind(&JsValue::UNDEFINED, signal.name())))?;
    items.for_each(&emit).ok()
}

/// Answers the kernel's question for the current `traceparent`, or passes it on when no span is entered.
fn current_traceparent() -> JsValue {
    if let Some(traceparent) = context::traceparent() {
        return traceparent.into();
    }
    let outer = with_connection(|connection| {
        let source = connection.outer_source.as_ref()?;
        source.call0(&JsValue::UNDEFINED).ok()
    });
    outer.unwrap_or_default()
}

fn new_context(kernel: &JsKernel, parent: Option<&SpanContext>) -> Option<Context> {
    read_context(&kernel.new_context(parent).ok()?)
}

fn read_context(context: &SpanContext) -> Option<Context> {
    Some(Context {
        trace_id: hex(&context.trace_id()?, 32)?,
        span_id: u64::try_from(hex(&context.span_id()?, 16)?).ok()?,
        is_sampled: context.trace_flags() & 1 == 1,
    })
}

fn with_kernel<T>(call: impl FnOnce(&JsKernel) -> Option<T>) -> Option<T> {
    KERNEL.with(|kernel| kernel.as_ref().and_then(call))
}

/// Calls `call` with the connection to the kernel. It is there, or [`find`] would have found none.
fn with_connection<T>(call: impl FnOnce(&Connection) -> Option<T>) -> Option<T> {
    CONNECTION.with(|connection| connection.as_ref().and_then(call))
}

impl Kernel for PageKernel {
    fn now(&self) -> f64 {
        js::now()
    }

    fn new_root(&self, inherits: bool) -> Option<(Context, Option<u64>)> {
        with_kernel(|kernel| {
            let active = if inherits { kernel.active() } else { None };
            let parent = active.and_then(|active| active.span_context().ok()?);
            let context = new_context(kernel, parent.as_ref())?;
            let parent = parent.as_ref().and_then(read_context);
            Some((context, parent.map(|parent| parent.span_id)))
        })
    }

    fn scope(&self) -> Option<u32> {
        with_connection(|connection| connection.scope)
    }

    fn schedule_drain(&self, when: When) {
        with_connection(|connection| {
            js::schedule(&connection.drain, when);
            Some(())
        });
    }

    fn emit(&self, signal: Signal, items: &str) {
        if let Ok(items) = parse_items(items) {
            emit(signal, &items);
        }
    }

    fn stack(&self) -> Option<String> {
        js::stack()
    }
}
