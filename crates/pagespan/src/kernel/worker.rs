//! A worker has no kernel. It sends what it has recorded to its page, by messages that are arrays:
//!
//! | from | message | meaning |
//! |---|---|---|
//! | worker | `["pagespan", signal, items]` | items of one signal, as a JSON array |
//! | worker | `["pagespan"]` | asks for decisions |
//! | page | `["pagespan", decisions]` | which of the next 32 traces are sampled, by bits |

use std::cell::{Cell, OnceCell};

use js_sys::{Array, BigUint64Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};

use super::{Kernel, When, js};
use crate::{context::Context, ids, queue::Signal};

/// The first item of each message. Others on the same port are left to the app.
const MARK: &str = "pagespan";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_at_random(numbers: &BigUint64Array);
}

thread_local! {
    static PORT: OnceCell<Port> = const { OnceCell::new() };
    static DECISIONS: Cell<Decisions> = const { Cell::new(Decisions { bits: 0, left: 0 }) };
}

struct Port {
    port: JsValue,
    drain: Function,
}

/// Which traces are sampled, bit by bit, as the page has decided. Before it has, none is.
#[derive(Clone, Copy)]
struct Decisions {
    bits: u32,
    left: u32,
}

/// The kernel of a worker, whose port is the same wherever it is asked for.
struct WorkerKernel;

/// What connects this worker to its page. `None` if it is connected already.
pub(crate) fn connect(port: &JsValue) -> Option<&'static dyn Kernel> {
    let connected = Port {
        port: port.clone(),
        drain: js::drain_function(&WorkerKernel),
    };
    PORT.with(|own| own.set(connected).ok())?;
    seed_ids();
    on_message(port, |message| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the page sends 32 bits"
        )]
        if let Some(bits) = message.get(1).as_f64() {
            DECISIONS.set(Decisions {
                bits: bits as u32,
                left: u32::BITS,
            });
        }
    })?;
    post(port, &[])?;
    Some(&WorkerKernel)
}

/// Lets the ids of spans begin at random.
fn seed_ids() {
    let seed = BigUint64Array::new_with_length(1);
    fill_at_random(&seed);
    ids::seed(seed.get_index(0));
}

/// Calls `receiver` with each message of a worker: a signal and its items, or none when the worker asks for decisions.
pub(super) fn listen(
    port: &JsValue,
    receiver: impl Fn(Option<Signal>, String) + 'static,
) -> Option<()> {
    on_message(port, move |message| match message.length() {
        1 => receiver(None, String::new()),
        3 => {
            let name = message.get(1).as_string();
            let signal = Signal::ALL
                .into_iter()
                .find(|signal| name.as_deref() == Some(signal.name()));
            if let (Some(signal), Some(items)) = (signal, message.get(2).as_string()) {
                receiver(Some(signal), items);
            }
        }
        _ => {}
    })
}

pub(super) fn send_decisions(port: &JsValue, decisions: u32) -> Option<()> {
    post(port, &[decisions.into()])
}

fn on_message(port: &JsValue, receiver: impl Fn(Array) + 'static) -> Option<()> {
    add_listener(port, "message", move |event| {
        let message = get(&event, "data").and_then(|data| data.dyn_into::<Array>().ok());
        if let Some(message) = message
            && message.get(0).as_string().as_deref() == Some(MARK)
        {
            receiver(message);
        }
    })?;
    // A `MessagePort` keeps its messages until it is started. A `Worker` does not.
    if let Some(start) = function(port, "start") {
        start.call0(port).ok()?;
    }
    Some(())
}

fn post(port: &JsValue, rest: &[JsValue]) -> Option<()> {
    let message = Array::of1(&MARK.into());
    for item in rest {
        message.push(item);
    }
    let post = function(port, "postMessage")?;
    post.call1(port, &message).ok()?;
    Some(())
}

fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &key.into()).ok()?;
    (!value.is_null() && !value.is_undefined()).then_some(value)
}

fn function(object: &JsValue, name: &str) -> Option<Function> {
    get(object, name)?.dyn_into().ok()
}

/// Calls `listener` on each event of this type, for as long as the page lives.
fn add_listener(
    target: &JsValue,
    event_type: &str,
    listener: impl Fn(JsValue) + 'static,
) -> Option<()> {
    let listener = Closure::<dyn Fn(JsValue)>::new(listener).into_js_value();
    let add = function(target, "addEventListener")?;
    add.call2(target, &event_type.into(), &listener).ok()?;
    Some(())
}

/// Calls `call` with the port, which is there, or [`connect`] would have made no kernel.
fn with_port(call: impl FnOnce(&Port) -> Option<()>) {
    PORT.with(|port| port.get().and_then(call));
}

impl Kernel for WorkerKernel {
    fn now(&self) -> f64 {
        js::now()
    }

    fn new_root(&self, _inherits: bool) -> Option<(Context, Option<u64>)> {
        let Decisions { bits, left } = DECISIONS.get();
        if left == 1 {
            with_port(|port| post(&port.port, &[]));
        }
        // Until the page has answered, the last decisions count again.
        DECISIONS.set(Decisions {
            bits: bits.rotate_right(1),
            left: left.saturating_sub(1),
        });
        let context = Context {
            trace_id: ids::trace_id(),
            span_id: ids::span_id(),
            is_sampled: bits & 1 == 1,
        };
        Some((context, None))
    }

    fn scope(&self) -> Option<u32> {
        None
    }

    fn schedule_drain(&self, when: When) {
        with_port(|port| {
            js::schedule(&port.drain, when);
            Some(())
        });
    }

    fn emit(&self, signal: Signal, items: &str) {
        with_port(|port| post(&port.port, &[signal.name().into(), items.into()]));
    }

    fn stack(&self) -> Option<String> {
        js::stack()
    }
}
