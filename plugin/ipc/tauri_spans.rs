//! The `tracing` spans that Tauri's own handler makes around an invoke, for tools that show the calls of an app by them,
//! such as the DevTools of CrabNebula.
//!
//! They have Tauri's names, target and level. Their fields for payloads stay empty: the plugin looks at none.

use tracing::{Span, field::Empty, span::EnteredSpan, trace_span};

/// Entered while an invoke is handed to Tauri.
pub(super) fn request() -> EnteredSpan {
    trace_span!(
        target: "tauri::ipc::protocol",
        "ipc::request",
        kind = "custom-protocol",
        request = Empty
    )
    .entered()
}

/// Open until the invoke has been answered.
pub(super) fn handle(cmd: &str) -> Span {
    trace_span!(target: "tauri::ipc::protocol", "ipc::request::handle", cmd)
}

/// Around the answer to the invoke of `handle`.
pub(super) fn respond(handle: &Span, answer: impl FnOnce()) {
    trace_span!(target: "tauri::ipc::protocol", parent: handle, "ipc::request::respond").in_scope(
        || {
            trace_span!(
                target: "tauri::ipc::protocol",
                "ipc::request::response",
                response = Empty,
                mime_type = Empty
            )
            .in_scope(answer);
        },
    );
}
