//! What the page can do.

use js_sys::{Function, Object, Promise, Reflect, global};
use pagespan::{InvokeError, invoke};
use serde::{Deserialize, Serialize};
use tracing::{Instrument, info, info_span, instrument};
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::worker;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Save<'a> {
    note_text: &'a str,
}

#[derive(Deserialize)]
struct Saved {
    id: u32,
}

/// In a worker waits for its port. In a page, puts its functions at `globalThis.page`.
pub fn start() {
    if Reflect::has(&global(), &"WorkerGlobalScope".into()).unwrap_or_default() {
        return worker::start();
    }
    pagespan::init();
    let page = Object::new();
    let put = |name: &str, function: &JsValue| {
        let _ = Reflect::set(&page, &name.into(), function);
    };
    let click = |name: String| future_to_promise(async move { Ok(click(name).await.into()) });
    put(
        "click",
        &Closure::<dyn Fn(String) -> Promise>::new(click).into_js_value(),
    );
    for (name, measured) in [
        ("plain", plain as fn(u32)),
        ("fields", fields),
        ("roots", roots),
    ] {
        put(name, &Closure::<dyn Fn(u32)>::new(measured).into_js_value());
    }
    put("crash", &Closure::<dyn Fn()>::new(crash).into_js_value());
    put(
        "within",
        &Closure::<dyn Fn(Function)>::new(within).into_js_value(),
    );
    put(
        "foreign",
        &Closure::<dyn Fn()>::new(foreign).into_js_value(),
    );
    put("enter", &Closure::<dyn Fn(u32)>::new(enter).into_js_value());
    put("open", &Closure::<dyn Fn()>::new(open).into_js_value());
    put(
        "receive",
        &Closure::<dyn Fn(JsValue)>::new(receive).into_js_value(),
    );
    put(
        "send",
        &Closure::<dyn Fn(JsValue)>::new(send).into_js_value(),
    );
    let _ = Reflect::set(&global(), &"page".into(), &page);
}

/// Two commands with a wait between them, each with a span around it.
#[instrument]
async fn click(name: String) -> String {
    info!(monotonic_counter.clicks = 1, name);
    log::warn!("clicked {name}");
    give_way().await;
    let saved: Result<Saved, InvokeError> = invoke("save_note", &Save { note_text: &name })
        .instrument(info_span!("save", otel.kind = "client", name))
        .await;
    let failed = invoke::<()>("fail", &()).await;
    match (saved, failed) {
        (Ok(saved), Err(InvokeError::Rejected(error))) => format!("{} {error}", saved.id),
        other => format!("{:?}", (other.0.map(|saved| saved.id), other.1)),
    }
}

/// Waits for a promise, as for a timer or a request.
async fn give_way() {
    let _ = JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await;
}

/// Spans below one root, for the benchmark.
fn plain(count: u32) {
    info_span!("many").in_scope(|| {
        for _ in 0..count {
            info_span!("one").in_scope(|| {});
        }
    });
}

/// The same with two fields.
fn fields(count: u32) {
    info_span!("many").in_scope(|| {
        for number in 0..count {
            info_span!("one", number, text = "a text").in_scope(|| {});
        }
    });
}

/// Spans that are a trace each.
fn roots(count: u32) {
    for _ in 0..count {
        info_span!("one").in_scope(|| {});
    }
}

/// Enters one span so many times.
fn enter(count: u32) {
    let span = info_span!("entered");
    for _ in 0..count {
        span.in_scope(|| {});
    }
}

/// Leaves a span open, and one that it has started later.
fn open() {
    let span = info_span!("open", number = 7);
    span.in_scope(|| std::mem::forget(info_span!("open below")));
    std::mem::forget(span);
}

/// Receives what the worker at the other end of the port records.
fn receive(port: JsValue) {
    pagespan::worker::receive(&port);
}

/// Sends a worker a message with the current context.
fn send(worker: JsValue) {
    info_span!("send").in_scope(|| worker::post(&worker, pagespan::traceparent().into()));
}

fn within(call: Function) {
    info_span!("around")
        .in_scope(|| call.call0(&JsValue::UNDEFINED))
        .ok();
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = __TAURI_INTERNALS__, js_name = invoke)]
    fn invoke_by_tauri(command: &str) -> Promise;
}

/// Calls a command without the crate.
fn foreign() {
    drop(info_span!("foreign").in_scope(|| invoke_by_tauri("by_fetch")));
}

fn crash() {
    info_span!("doomed").in_scope(|| panic!("as asked"));
}
