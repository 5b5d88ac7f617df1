//! A worker of the page.

use js_sys::{Function, Reflect, global};
use tracing::{error, info_span};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Takes the first message, a port, for its telemetry. Each later one is the context of its sender: it makes a span below
/// that, a span of its own, and answers.
pub fn start() {
    let scope = JsValue::from(global());
    let on_message = Closure::<dyn Fn(JsValue)>::new(|event: JsValue| {
        let data = Reflect::get(&event, &"data".into()).unwrap_or_default();
        match data.as_string() {
            Some(traceparent) => handle(&traceparent),
            None => pagespan::worker::init(&data),
        }
        post(&global(), JsValue::TRUE);
    });
    let _ = Reflect::set(&scope, &"onmessage".into(), &on_message.into_js_value());
    post(&scope, "started".into());
}

fn handle(traceparent: &str) {
    let span = {
        let _sender = pagespan::continue_from(traceparent);
        info_span!("handle")
    };
    span.in_scope(|| error!("of the worker"));
    drop(info_span!("own trace"));
}

pub fn post(to: &JsValue, message: JsValue) {
    let post = Reflect::get(to, &"postMessage".into()).ok();
    let post = post.and_then(|post| post.dyn_into::<Function>().ok());
    if let Some(post) = post {
        let _ = post.call1(to, &message);
    }
}
