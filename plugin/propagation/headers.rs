//! The trace context in HTTP headers, which is also how it crosses the IPC of a webview.

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tauri::http::HeaderMap;

/// The context that the sender of `headers` was in, or an empty one when they carry no valid
/// `traceparent`.
///
/// The context is never mixed with the one current on this thread: an invoke belongs to the page
/// that made it, not to whatever happens to run on the thread that receives it.
pub(crate) fn extract(headers: &HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Carrier(headers))
}

struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
