//! The names of attributes and scopes that more than one module writes, the buckets of durations, and how names that come from a page are
//! cut to size.
//!
//! Names of the semantic conventions come from their crate. Names of our own begin with `tauri.`.

use std::sync::LazyLock;

use opentelemetry::{InstrumentationScope, KeyValue, StringValue, Value, logs::LogRecord};
use opentelemetry_semantic_conventions::attribute::{
    OTEL_COMPONENT_NAME, OTEL_COMPONENT_TYPE, RPC_SYSTEM_NAME,
};
pub(crate) use opentelemetry_semantic_conventions::{
    SCHEMA_URL,
    attribute::{ERROR_TYPE, RPC_METHOD, RPC_METHOD_ORIGINAL},
};

/// Size of the body of an invoke in bytes: an attribute of its span, and a metric.
pub(crate) const INVOKE_REQUEST_SIZE: &str = "tauri.invoke.request.size";
/// Size of the answer to an invoke in bytes: an attribute of its span, and a metric.
pub(crate) const INVOKE_RESPONSE_SIZE: &str = "tauri.invoke.response.size";
/// How an invoke came, where not from a webview.
pub(crate) const IPC_TRANSPORT: &str = "tauri.ipc.transport";
pub(crate) const WINDOW_LABEL: &str = "tauri.window.label";
pub(crate) const WEBVIEW_LABEL: &str = "tauri.webview.label";

/// The boundaries of the buckets of a histogram of seconds: those of the semantic conventions, and three below them, because a command
/// without I/O takes less than a millisecond. The SDK's own, which begin with 0 and 5, are for milliseconds.
pub(crate) const DURATIONS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];

/// Stands for every command that Tauri does not know, as the semantic conventions ask: a page can make up any
/// number of names.
pub(crate) static OTHER: LazyLock<StringValue> = LazyLock::new(|| StringValue::from("_OTHER"));

/// The system of every span and measurement of an invoke.
pub(crate) fn rpc_system() -> KeyValue {
    KeyValue::new(RPC_SYSTEM_NAME, "tauri")
}

/// The system and the method of every span and measurement of an invoke of `method`.
pub(crate) fn rpc(method: impl Into<Value>) -> [KeyValue; 2] {
    [rpc_system(), KeyValue::new(RPC_METHOD, method)]
}

/// A part of the pipeline in its health metrics. There is one part of each type.
pub(crate) fn component(kind: &str) -> [KeyValue; 2] {
    [
        KeyValue::new(OTEL_COMPONENT_TYPE, kind.to_owned()),
        KeyValue::new(OTEL_COMPONENT_NAME, format!("{kind}/0")),
    ]
}

/// The scope of what the plugin itself records.
pub(crate) const SCOPE: &str = env!("CARGO_PKG_NAME");

/// An instrumentation scope of this release, which uses the names of [`SCHEMA_URL`].
pub(crate) fn scope(name: &'static str) -> InstrumentationScope {
    InstrumentationScope::builder(name)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA_URL)
        .build()
}

/// Whether a source file, as the compiler names it, is one of the app. That of a library is named by where it lay on the
/// build machine, a path which often holds the name of a user.
fn is_of_the_app(file: &str) -> bool {
    let has_drive = file.as_bytes().get(1) == Some(&b':');
    !file.starts_with(['/', '\\']) && !has_drive
}

/// Adds where in the code of the app something happened. Nothing is added for the code of a library.
pub(crate) fn add_code_location(
    record: &mut impl LogRecord,
    file: Option<&str>,
    line: Option<u32>,
) {
    if let Some(file) = file.filter(|file| is_of_the_app(file)) {
        record.add_attribute("code.file.path", file.to_owned());
        if let Some(line) = line {
            record.add_attribute("code.line.number", i64::from(line));
        }
    }
}

/// The longest prefix of `text` that has at most `max` bytes and whole characters.
pub(crate) fn truncate(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// [`truncate_words`] cuts a longer word in two.
const MAX_WORD_BYTES: usize = 512;

/// As [`truncate`], but without the last word, which may have lost its end: redaction does not recognise a secret without its end. A text of exactly
/// `max` bytes loses its last word as well, because the page may have cut it to this length.
pub(crate) fn truncate_words(text: &str, max: usize) -> &str {
    if text.len() < max {
        return text;
    }
    let cut = truncate(text, max);
    match cut.rfind(char::is_whitespace) {
        Some(end) if cut.len() - end <= MAX_WORD_BYTES => &cut[..end],
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_library_is_told_by_its_path_on_the_build_machine() {
        for file in ["src/main.rs", "src\\main.rs", "main.rs"] {
            assert!(is_of_the_app(file), "{file}");
        }
        for file in [
            "/home/me/.cargo/registry/src/lib.rs",
            "C:\\Users\\me\\lib.rs",
            "\\\\share\\lib.rs",
        ] {
            assert!(!is_of_the_app(file), "{file}");
        }
    }

    #[test]
    fn a_name_is_cut_between_characters() {
        assert_eq!(truncate("aé", 2), "a");
        assert_eq!(truncate("aé", 3), "aé");
        assert_eq!(truncate("", 3), "");
        assert_eq!(truncate_words("at post", 8), "at post");
        assert_eq!(truncate_words("at https://user:password@host", 20), "at");
        assert_eq!(truncate_words("at https://user:pass", 20), "at");
        assert_eq!(truncate_words(&"x".repeat(9), 8), "x".repeat(8));
    }
}
