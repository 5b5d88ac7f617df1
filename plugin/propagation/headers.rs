//! The context in HTTP headers, which is also how it crosses the IPC of a webview.

use opentelemetry::Context;
use tauri::http::HeaderMap;
use tracebaton::TraceContext;

use crate::config::Propagators;

/// The context that the sender of `headers` was in, or an empty one. Fields whose propagator is off are not read.
///
/// The context is never mixed with the one current on this thread: an invoke belongs to the page
/// that made it, not to whatever happens to run on the thread that receives it.
pub(crate) fn extract(headers: &HeaderMap, propagators: Propagators) -> Context {
    let mut context = TraceContext::from_headers(headers);
    if !propagators.trace_context {
        context = context.without_span();
    }
    if !propagators.baggage {
        context = context.without_baggage();
    }
    context.to_context()
}
