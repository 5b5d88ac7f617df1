//! The context in HTTP headers, which is also how it crosses the IPC of a webview.

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_sdk::propagation::BaggagePropagator;
use tauri::http::{HeaderMap, HeaderName};

use super::traceparent;
use crate::config::Propagators;

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
static BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// The context that the sender of `headers` was in, as far as it is to be taken over, or an empty one.
///
/// The context is never mixed with the one current on this thread: an invoke belongs to the page
/// that made it, not to whatever happens to run on the thread that receives it.
pub(crate) fn extract(headers: &HeaderMap, propagators: Propagators) -> Context {
    let mut context = Context::new();
    if propagators.trace_context
        && let Some(parent) = parent(headers)
    {
        context = context.with_remote_span_context(parent);
    }
    if propagators.baggage && headers.contains_key(&BAGGAGE) {
        context = BaggagePropagator::new().extract_with_context(&context, &Carrier(headers));
    }
    context
}

fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    let text = |name| headers.get(name)?.to_str().ok();
    traceparent::parse(text(&TRACEPARENT)?, text(&TRACESTATE))
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
