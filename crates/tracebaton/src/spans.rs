//! Spans of `tracing` that continue or link to a context that was sent.

use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::TraceContext;

/// Makes a span that continues the trace of `sent`: a child of the sender's span.
///
/// ```
/// use tracebaton::{TraceContext, continue_from};
///
/// fn receive(sent: &TraceContext) {
///     let span = continue_from(sent, || tracing::info_span!("receive"));
///     span.in_scope(|| { /* handle the message */ });
/// }
/// ```
pub fn continue_from(sent: &TraceContext, make: impl FnOnce() -> Span) -> Span {
    sent.run(make)
}

/// Makes a span that is the root of a trace of its own, with a link to each of `sent`.
///
/// This is for work that has no single sender, or a late one: a turn of a loop that empties a queue, a sync that runs every
/// minute. One span for each turn, so that no span lives as long as the app:
///
/// ```
/// use tracebaton::{TraceContext, link_to};
///
/// fn turn(queue: &[TraceContext]) {
///     let span = link_to(queue, || tracing::info_span!("sync"));
///     span.in_scope(|| { /* handle all of them */ });
/// }
/// ```
pub fn link_to<'a>(
    sent: impl IntoIterator<Item = &'a TraceContext>,
    make: impl FnOnce() -> Span,
) -> Span {
    let span = TraceContext::default().run(make);
    for sent in sent {
        add_link(&span, sent);
    }
    span
}

/// Links a span to the sender of something that turns up while the span runs.
///
/// ```
/// use tracebaton::{TraceContext, add_link, link_to};
///
/// fn turn(fetch: impl Fn() -> Vec<TraceContext>) {
///     let span = link_to([], || tracing::info_span!("sync"));
///     span.in_scope(|| {
///         for sent in fetch() {
///             add_link(&span, &sent);
///         }
///     });
/// }
/// ```
pub fn add_link(span: &Span, sent: &TraceContext) {
    if sent.span_context().is_some() {
        // With the `tracestate`, which the span context alone does not hold.
        span.add_link(sent.to_context().span().span_context().clone());
    }
}
