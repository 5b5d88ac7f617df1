//! The names of the attributes that more than one module writes, and how names that come from a page are
//! cut to size.
//!
//! `rpc.*` and `error.type` are of the semantic conventions
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/>); `tauri.*` are ours.

use opentelemetry::{KeyValue, Value};

const RPC_SYSTEM_NAME: &str = "rpc.system.name";
const RPC_METHOD: &str = "rpc.method";
/// Bytes of the request body.
pub(crate) const RPC_REQUEST_SIZE: &str = "rpc.request.size";
/// Bytes of the response body.
pub(crate) const RPC_RESPONSE_SIZE: &str = "rpc.response.size";
pub(crate) const ERROR_TYPE: &str = "error.type";
/// How an invoke came, where not from a webview.
pub(crate) const IPC_TRANSPORT: &str = "tauri.ipc.transport";
pub(crate) const WINDOW_LABEL: &str = "tauri.window.label";
pub(crate) const WEBVIEW_LABEL: &str = "tauri.webview.label";

/// What every span and measurement of an invoke of `method` has.
pub(crate) fn rpc(method: impl Into<Value>) -> [KeyValue; 2] {
    [
        KeyValue::new(RPC_SYSTEM_NAME, "tauri"),
        KeyValue::new(RPC_METHOD, method),
    ]
}

/// The longest prefix of `text` that has at most `max` bytes and whole characters.
pub(crate) fn truncate(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::truncate;

    #[test]
    fn a_name_is_cut_between_characters() {
        assert_eq!(truncate("aé", 2), "a");
        assert_eq!(truncate("aé", 3), "aé");
        assert_eq!(truncate("", 3), "");
    }
}
