//! Requests that [`tauri-plugin-http`] makes for a page, which continue the trace of their invoke.
//!
//! The HTTP client belongs to that plugin and cannot be reached. The headers of the request are an argument of its
//! command, so the trace context is added there: `traceparent` and `tracestate`, and no baggage, because a page fetches
//! from anybody.
//!
//! [`tauri-plugin-http`]: https://v2.tauri.app/plugin/http-client/

use opentelemetry::Context;
use serde_json::{Value, json};
use tauri::{ipc::InvokeBody, webview::InvokeRequest};
use tracebaton::TraceContext;

use crate::config::Propagators;

/// The command that takes the headers of a request. Another one sends the request.
const COMMAND: &str = "plugin:http|fetch";

/// The headers, as pairs of a name and a value, in the arguments of [`COMMAND`].
const HEADERS: &str = "/clientConfig/headers";

/// Adds `cx` to the headers of the request that an invoke is about, unless the page has set a parent itself.
pub(super) fn inject(
    request: &mut InvokeRequest,
    cx: impl FnOnce() -> Context,
    propagators: Propagators,
) {
    if request.cmd != COMMAND || !propagators.trace_context {
        return;
    }
    let InvokeBody::Json(arguments) = &mut request.body else {
        return;
    };
    let Some(Value::Array(headers)) = arguments.pointer_mut(HEADERS) else {
        return;
    };
    let is_parent = |header: &Value| {
        let name = header.get(0).and_then(Value::as_str);
        name.is_some_and(|name| name.eq_ignore_ascii_case("traceparent"))
    };
    if !headers.iter().any(is_parent) {
        let fields = TraceContext::of(&cx()).without_baggage();
        headers.extend(fields.fields().map(|(name, value)| json!([name, value])));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::{KeyValue, baggage::BaggageExt};
    use tauri::ipc::CallbackFn;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    const ALL: Propagators = Propagators {
        trace_context: true,
        baggage: true,
    };

    /// What the plugin's command gets for these headers of the page.
    fn injected(cmd: &str, headers: Value, propagators: Propagators) -> Value {
        let carrier = [("traceparent", PARENT), ("tracestate", "foo=1")];
        let carrier: HashMap<String, String> = carrier
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let cx = TraceContext::extract(&carrier).to_context();
        let cx = cx.with_baggage([KeyValue::new("user", "1")]);
        let mut request = InvokeRequest {
            cmd: cmd.to_owned(),
            callback: CallbackFn(0),
            error: CallbackFn(0),
            url: "tauri://localhost".parse().unwrap(),
            body: InvokeBody::Json(json!({ "clientConfig": { "headers": headers } })),
            headers: Default::default(),
            invoke_key: String::new(),
        };
        inject(&mut request, || cx, propagators);
        match request.body {
            InvokeBody::Json(mut arguments) => arguments["clientConfig"]["headers"].take(),
            InvokeBody::Raw(_) => unreachable!("it was JSON"),
        }
    }

    #[test]
    fn a_fetch_gets_the_span_and_no_baggage() {
        let accept = json!(["accept", "*/*"]);
        let sent = injected(COMMAND, json!([accept]), ALL);
        let (parent, state) = (
            json!(["traceparent", PARENT]),
            json!(["tracestate", "foo=1"]),
        );
        assert_eq!(sent, json!([accept, parent, state]));
    }

    #[test]
    fn what_the_page_has_set_stays() {
        let own = json!([["TraceParent", "of the page"]]);
        assert_eq!(injected(COMMAND, own.clone(), ALL), own);
    }

    #[test]
    fn nothing_else_is_touched() {
        let off = Propagators {
            trace_context: false,
            ..ALL
        };
        assert_eq!(injected(COMMAND, json!([]), off), json!([]));
        for other in ["fetch", "plugin:http|fetch_send"] {
            assert_eq!(injected(other, json!([]), ALL), json!([]), "{other}");
        }
        for headers in [json!(null), json!({}), json!("text"), json!(1)] {
            assert_eq!(injected(COMMAND, headers.clone(), ALL), headers);
        }
        assert_eq!(
            injected(COMMAND, json!([1, null, [2]]), ALL)
                .as_array()
                .unwrap()
                .len(),
            5
        );
    }
}
