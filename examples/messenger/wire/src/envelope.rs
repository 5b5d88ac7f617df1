//! A message on its way, and who sends it.

use serde::{Deserialize, Serialize};
use tracebaton::TraceContext;

/// Somebody who can be written to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Unique at the server.
    pub name: String,
    /// 32 bytes as Base64.
    pub public_key: String,
}

/// A message on its way: through the server, or as a file. It carries the trace context of whoever handed it on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Unique.
    pub id: String,
    /// The name of the sender.
    pub from: String,
    /// The name of the recipient.
    pub to: String,
    /// A nonce and the encrypted text, as Base64.
    pub sealed: String,
    /// `traceparent`, `tracestate` and `baggage`.
    #[serde(flatten)]
    pub trace: TraceContext,
}

/// A recipient says over its WebSocket that it has a message, which the server then forgets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Received {
    /// The message.
    pub id: String,
    /// `traceparent`, `tracestate` and `baggage` of the recipient.
    #[serde(flatten)]
    pub trace: TraceContext,
}

/// An id for a message.
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Whether somebody can have this name: ASCII letters and digits, which are the same in URLs and as folders.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
