//! The context in HTTP headers, which is also how it crosses the IPC of a webview.

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tauri::http::HeaderMap;

use crate::config::Propagators;

/// The context that the sender of `headers` was in, as far as it is to be taken over, or an empty one.
///
/// The context is never mixed with the one current on this thread: an invoke belongs to the page
/// that made it, not to whatever happens to run on the thread that receives it.
pub(crate) fn extract(headers: &HeaderMap, propagators: Propagators) -> Context {
    let carrier = Carrier(headers);
    let mut context = Context::new();
    if propagators.trace_context {
        context = TraceContextPropagator::new().extract_with_context(&context, &carrier);
    }
    if propagators.baggage && headers.contains_key("baggage") {
        context = BaggagePropagator::new().extract_with_context(&context, &carrier);
    }
    context
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
