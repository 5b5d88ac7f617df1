//! The span of OpenTelemetry behind a span of `tracing`.

use std::{borrow::Cow, time::SystemTime};

use opentelemetry::{
    Context, KeyValue,
    trace::{Span, SpanContext, Status, TraceContextExt},
};

/// What [`LateTracer`](super::late::LateTracer) makes.
#[derive(Debug)]
pub(super) enum LateSpan {
    /// A span of its own.
    Own(opentelemetry_sdk::trace::Span),
    /// The span of the context around it, such as that of the invoke. Attributes and events go to it, and something else ends it.
    Shared(Context, SpanContext),
}

impl LateSpan {
    /// The span of `cx` once more.
    pub(super) fn shared(cx: &Context) -> Self {
        Self::Shared(cx.clone(), cx.span().span_context().clone())
    }
}

impl Span for LateSpan {
    fn add_event_with_timestamp<T: Into<Cow<'static, str>>>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) {
        match self {
            Self::Own(span) => span.add_event_with_timestamp(name, timestamp, attributes),
            Self::Shared(cx, _) => cx
                .span()
                .add_event_with_timestamp(name, timestamp, attributes),
        }
    }

    fn span_context(&self) -> &SpanContext {
        match self {
            Self::Own(span) => span.span_context(),
            Self::Shared(_, context) => context,
        }
    }

    fn is_recording(&self) -> bool {
        match self {
            Self::Own(span) => span.is_recording(),
            Self::Shared(cx, _) => cx.span().is_recording(),
        }
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        match self {
            Self::Own(span) => span.set_attribute(attribute),
            Self::Shared(cx, _) => cx.span().set_attribute(attribute),
        }
    }

    fn set_status(&mut self, status: Status) {
        match self {
            Self::Own(span) => span.set_status(status),
            Self::Shared(cx, _) => cx.span().set_status(status),
        }
    }

    fn update_name<T: Into<Cow<'static, str>>>(&mut self, name: T) {
        match self {
            Self::Own(span) => span.update_name(name),
            Self::Shared(cx, _) => cx.span().update_name(name),
        }
    }

    fn add_link(&mut self, context: SpanContext, attributes: Vec<KeyValue>) {
        match self {
            Self::Own(span) => span.add_link(context, attributes),
            Self::Shared(cx, _) => cx.span().add_link(context, attributes),
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Self::Own(span) = self {
            span.end_with_timestamp(timestamp);
        }
    }
}
