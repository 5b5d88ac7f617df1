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
    /// As Tauri shows them, to whoever listens.
    Shown,
    /// The fields stay empty, because a subscriber that listens may export them.
    Hidden,
}

impl Payloads {
    /// Fills the field of `span`, if it is to be filled and somebody listens.
    fn record(self, span: &Span, field: &str, payload: impl FnOnce() -> String) {
        if self == Self::Shown && !span.is_disabled() {
            span.record(field, payload());
        }
    }
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
