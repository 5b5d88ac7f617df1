//! The `tracing` spans that Tauri's own handler makes around an invoke, for tools that show the calls of an app by them,
//! such as the DevTools of CrabNebula.
//!
//! They have Tauri's names, target, level and fields.

use tauri::ipc::{InvokeBody, InvokeResponse, InvokeResponseBody};
use tracing::{Span, field::Empty, span::EnteredSpan, trace_span};

use super::wire;

/// Whether the spans show what an invoke and its answer carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payloads {
    /// Every subscriber that takes the span gets the payload, as it does from Tauri's own handler.
    Shown,
    /// The fields stay empty, because a subscriber that listens may export them.
    Hidden,
}

impl Payloads {
    /// Fills a field of `span`. The payload is serialised only if it is shown and a subscriber takes the span.
    fn record(self, span: &Span, field: &str, payload: impl FnOnce() -> String) {
        if self == Self::Shown && !span.is_disabled() {
            span.record(field, payload());
        }
    }
}

/// Whether wry has made a span for this request. It does so with Tauri's feature `tracing`, without which Tauri shows no payload to a subscriber.
pub(super) fn is_in_span_of_wry() -> bool {
    let span = Span::current();
    let name = span.metadata().map_or("", |span| span.name());
    name.starts_with("wry::custom_protocol::")
}

/// Entered while an invoke is handed to Tauri.
pub(super) fn request(payloads: Payloads, body: &InvokeBody) -> EnteredSpan {
    let span = trace_span!(
        target: "tauri::ipc::protocol",
        "ipc::request",
        kind = "custom-protocol",
        request = Empty
    );
    payloads.record(&span, "request", || match body {
        InvokeBody::Json(json) => json.to_string(),
        InvokeBody::Raw(bytes) => serde_json::to_string(bytes).unwrap_or_default(),
    });
    span.entered()
}

/// Open until the invoke has been answered.
pub(super) fn handle(cmd: &str) -> Span {
    trace_span!(target: "tauri::ipc::protocol", "ipc::request::handle", cmd)
}

/// Entered while the invoke of `handle` is answered.
pub(super) fn respond(handle: &Span) -> EnteredSpan {
    trace_span!(target: "tauri::ipc::protocol", parent: handle, "ipc::request::respond").entered()
}

/// Entered inside of [`respond`].
pub(super) fn response(payloads: Payloads, response: &InvokeResponse) -> EnteredSpan {
    let span = trace_span!(
        target: "tauri::ipc::protocol",
        "ipc::request::response",
        response = Empty,
        error = Empty,
        mime_type = Empty
    );
    let (field, mime_type) = match response {
        InvokeResponse::Ok(InvokeResponseBody::Json(_)) => ("response", wire::JSON),
        InvokeResponse::Ok(InvokeResponseBody::Raw(_)) => ("response", wire::BYTES),
        InvokeResponse::Err(_) => ("error", wire::JSON),
    };
    payloads.record(&span, field, || match response {
        InvokeResponse::Ok(InvokeResponseBody::Json(json)) => json.clone(),
        InvokeResponse::Ok(InvokeResponseBody::Raw(bytes)) => format!("{bytes:?}"),
        InvokeResponse::Err(error) => format!("{error:?}"),
    });
    payloads.record(&span, "mime_type", || mime_type.to_owned());
    span.entered()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_shown_only_where_tauri_would_show_them() {
        tracing::subscriber::with_default(tracing_subscriber::registry(), || {
            assert!(!is_in_span_of_wry());
            trace_span!("wry::custom_protocol::call_handler").in_scope(|| {
                assert!(is_in_span_of_wry());
            });
        });
    }

    #[test]
    fn a_payload_is_serialised_only_if_a_subscriber_takes_the_span_and_it_is_shown() {
        let unused = || unreachable!("the payload is serialised for nobody");
        Payloads::Shown.record(&Span::none(), "request", unused);
        tracing::subscriber::with_default(tracing_subscriber::registry(), || {
            let span = trace_span!("taken", request = Empty);
            assert!(!span.is_disabled());
            Payloads::Hidden.record(&span, "request", unused);
        });
    }
}
