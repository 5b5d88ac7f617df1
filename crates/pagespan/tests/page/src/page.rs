//! What the page can do.

use js_sys::{Function, Object, Promise, Reflect, global};
use pagespan::{InvokeError, invoke};
use serde::{Deserialize, Serialize};
use tracing::{Instrument, info, info_span, instrument};
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Save<'a> {
    note_text: &'a str,
}

#[derive(Deserialize)]
struct Saved {
    id: u32,
}

/// Puts its functions at `globalThis.page`.
pub fn start() {
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
    put("spans", &Closure::<dyn Fn(u32)>::new(spans).into_js_value());
    put("crash", &Closure::<dyn Fn()>::new(crash).into_js_value());
    put(
        "within",
        &Closure::<dyn Fn(Function)>::new(within).into_js_value(),
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
fn spans(count: u32) {
    info_span!("many").in_scope(|| {
        for _ in 0..count {
            info_span!("one").in_scope(|| {});
        }
    });
}

fn within(call: Function) {
    info_span!("around")
        .in_scope(|| call.call0(&JsValue::UNDEFINED))
        .ok();
}

fn crash() {
    info_span!("doomed").in_scope(|| panic!("as asked"));
}
