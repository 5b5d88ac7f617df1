//! OTLP requests as rows of the store.
//!
//! What the queries ask for becomes a column; the rest of a message stays as it came, encoded without those fields, so that
//! an export gives every item back unchanged.

mod attributes;
mod batch;
mod bits;
mod json;
mod logs;
mod metrics;
mod spans;

pub(crate) use attributes::{as_json, as_text, find, find_text};
pub(crate) use batch::{Batch, EncodedResource, Group, Rejected};
pub(crate) use bits::{AttributeBits, FoldedBits};
pub(crate) use json::{Doubles, decode as decode_json, encode as encode_json};
pub(crate) use logs::{LogRow, join_log};
pub(crate) use metrics::{Point, PointRow, join_metric, join_point};
pub(crate) use spans::{ErrorFact, SpanColumns, SpanRow, join_span};

/// The service of a resource without a name, as the semantic conventions call it.
pub(crate) const UNKNOWN_SERVICE: &str = "unknown_service";

/// The scope of the spans that pages of the plugin make.
const PAGE_SCOPE: &str = "tauri-plugin-opentelemetry-api";

/// The scope of what the plugin itself records.
const PLUGIN_SCOPE: &str = "tauri-plugin-opentelemetry";

/// The longest prefix of `text` that has at most `max` bytes and whole characters.
pub(crate) fn truncate(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
