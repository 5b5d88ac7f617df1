//! The trace context as a plain value.

use std::sync::{Arc, OnceLock};

use opentelemetry::{
    Context, ContextGuard,
    baggage::BaggageExt,
    context::{FutureExt, WithContext},
    propagation::{Extractor, Injector},
    trace::{SpanContext, TraceContextExt},
};

use crate::{baggage, ignored::counted, traceparent, tracestate};

/// What [`TraceContext::current`] asks where no context is current.
static FALLBACK: OnceLock<fn() -> Option<Context>> = OnceLock::new();

/// The names of all fields, as they are in carriers.
pub(crate) const FIELDS: [&str; 3] = ["traceparent", "tracestate", "baggage"];

/// In a context: a span that starts there begins a trace.
struct BeginsTrace;

/// A trace context that can be stored, sent and handed to another thread: the span that is the parent of whatever
/// continues, and the baggage.
///
/// It is empty where no span is recorded, for example because telemetry is off. An empty one injects nothing.
///
/// With the feature `serde` it can be a field of any message, also by `#[serde(flatten)]`: the fields are
/// `traceparent`, `tracestate` and `baggage`, and those without a value are left out.
///
/// ```
/// use tracebaton::TraceContext;
///
/// // A thread pool knows nothing of the current span.
/// let cx = TraceContext::current();
/// std::thread::spawn(move || cx.run(|| { /* spans in here are children of the span outside */ }));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a trace context does nothing until it is injected, attached or run"]
pub struct TraceContext(
    /// `None` if it is empty, so that an empty one costs nothing to make, move and drop.
    Option<Arc<Parts>>,
);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Parts {
    /// `None` if there is no span.
    span: Option<SpanContext>,
    /// The members in their wire form, so that what `SpanContext` cannot hold is not lost. Empty without a span.
    tracestate: String,
    /// In its wire form; empty if there is none.
    baggage: String,
}

impl From<Parts> for TraceContext {
    fn from(parts: Parts) -> Self {
        let is_empty = parts.span.is_none() && parts.baggage.is_empty();
        Self((!is_empty).then(|| Arc::new(parts)))
    }
}

impl TraceContext {
    /// Captures the context that is current on this thread. Inside a span of `tracing` that is the context of the span, as
    /// long as its `tracing-opentelemetry` layer activates contexts, as it does by default.
    #[inline]
    pub fn current() -> Self {
        let current = Context::map_current(Self::of);
        match FALLBACK.get() {
            Some(fallback) if current.is_empty() => {
                fallback().as_ref().map(Self::of).unwrap_or_default()
            }
            _ => current,
        }
    }

    /// Makes [`current`](Self::current) ask `fallback` where no context is current: for a library that knows the context of a
    /// task and cannot make it current. Only the first fallback of a process is kept.
    pub fn set_fallback(fallback: fn() -> Option<Context>) {
        let _ = FALLBACK.set(fallback);
    }

    /// Captures a given context.
    #[inline]
    pub fn of(cx: &Context) -> Self {
        if cx.has_active_span() || !cx.baggage().is_empty() {
            Self::captured(cx)
        } else {
            Self::default()
        }
    }

    fn captured(cx: &Context) -> Self {
        let span = cx
            .has_active_span()
            .then(|| traceparent::of(cx, cx.span().span_context()))
            .filter(SpanContext::is_valid);
        // The propagator of the SDK does not check which characters a `tracestate` has.
        let tracestate = span
            .as_ref()
            .and_then(|span| counted(tracestate::normalize([&*tracestate::of(cx, span)])));
        Self::from(Parts {
            tracestate: tracestate.unwrap_or_default(),
            span,
            baggage: baggage::format(cx.baggage()),
        })
    }

    /// Reads what [`inject`](Self::inject) wrote into a carrier: a `HashMap<String, String>`, or anything else that
    /// implements [`Extractor`]. Values that are not valid are ignored and [counted](crate::ignored()).
    pub fn extract(carrier: &dyn Extractor) -> Self {
        let [traceparent, tracestate, baggage] =
            FIELDS.map(|name| carrier.get_all(name).unwrap_or_default());
        Self::from_fields(traceparent, tracestate, baggage)
    }

    /// Reads the values of each field, of which a carrier may have several.
    pub(crate) fn from_fields<'a>(
        traceparent: impl IntoIterator<Item = &'a str>,
        tracestate: impl IntoIterator<Item = &'a str>,
        baggage: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut parents = traceparent.into_iter();
        let span = match (parents.next(), parents.next()) {
            (None, _) => None,
            (Some(parent), None) => counted(traceparent::parse(parent)),
            // With several parents nobody can tell which one is right.
            (Some(_), Some(_)) => counted(None),
        };
        let tracestate = span
            .as_ref()
            .and_then(|_| counted(tracestate::normalize(tracestate)));
        Self::from(Parts {
            span,
            tracestate: tracestate.unwrap_or_default(),
            baggage: baggage::normalize(baggage),
        })
    }

    /// The same context with its baggage left out. Baggage can hold personal data: leave it out where a request goes to
    /// somebody else.
    pub fn without_baggage(self) -> Self {
        Self::from(Parts {
            baggage: String::new(),
            ..self.into_parts()
        })
    }

    /// The same baggage without the span, so that whatever continues starts a trace of its own.
    pub fn without_span(self) -> Self {
        Self::from(Parts {
            baggage: self.into_parts().baggage,
            ..Parts::default()
        })
    }

    /// This context, or `received` if this has no span: for a relay, which hands on a context of its own, and must not break the
    /// trace of others where its own telemetry is off.
    ///
    /// ```
    /// # use tracebaton::TraceContext;
    /// # struct Message { trace: TraceContext }
    /// # fn relay(mut message: Message) {
    /// message.trace = TraceContext::current().or(message.trace);
    /// # }
    /// ```
    pub fn or(self, received: Self) -> Self {
        if self.span_context().is_some() {
            self
        } else {
            received
        }
    }

    fn into_parts(self) -> Parts {
        self.0.map(Arc::unwrap_or_clone).unwrap_or_default()
    }

    /// Writes the fields that have a value into a carrier.
    #[inline]
    pub fn inject(&self, carrier: &mut dyn Injector) {
        if !self.is_empty() {
            self.inject_fields(carrier);
        }
    }

    fn inject_fields(&self, carrier: &mut dyn Injector) {
        for (name, value) in self.fields() {
            carrier.set(name, value);
        }
    }

    /// The fields that have a value, with the names of W3C Trace Context and W3C Baggage.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let values = self.values();
        let fields = FIELDS.into_iter().zip(values);
        fields.filter_map(|(name, value)| Some((name, value?)))
    }

    /// The value of each of [`FIELDS`].
    pub(crate) fn values(&self) -> [Option<String>; 3] {
        let Some(parts) = &self.0 else {
            return [None, None, None];
        };
        let text = |text: &String| (!text.is_empty()).then(|| text.clone());
        [
            parts.span.as_ref().map(traceparent::format),
            text(&parts.tracestate),
            text(&parts.baggage),
        ]
    }

    /// Whether there is neither a span nor baggage.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The span that whatever continues is a child of, or links to.
    #[must_use]
    pub fn span_context(&self) -> Option<&SpanContext> {
        self.0.as_ref()?.span.as_ref()
    }

    /// The context of the `opentelemetry` crate, for its own API: a remote parent, and the baggage. It holds nothing of the
    /// context that is current on this thread.
    #[must_use]
    pub fn to_context(&self) -> Context {
        let cx = self.add_to(Context::new());
        if cx.has_active_span() {
            cx
        } else {
            // Not an invalid parent: some samplers of the SDK do not record its children.
            cx.with_value(BeginsTrace)
        }
    }

    /// Whether a span that starts in `cx` begins a trace because a context without a span was attached: for a library
    /// with a [fallback](Self::set_fallback), which must give such a span no parent.
    #[must_use]
    pub fn begins_trace(cx: &Context) -> bool {
        !cx.has_active_span() && cx.get::<BeginsTrace>().is_some()
    }

    /// Adds the remote parent and the baggage to `cx`.
    pub(crate) fn add_to(&self, mut cx: Context) -> Context {
        let Some(parts) = &self.0 else {
            return cx;
        };
        if let Some(span) = &parts.span {
            let cx_of_trace = traceparent::attach(cx, span);
            let (with_state, state) = tracestate::attach(cx_of_trace, span, &parts.tracestate);
            cx = with_state.with_remote_span_context(SpanContext::new(
                span.trace_id(),
                span.span_id(),
                span.trace_flags(),
                true,
                state,
            ));
        }
        if !parts.baggage.is_empty() {
            cx = cx.with_baggage(baggage::parse(&parts.baggage));
        }
        cx
    }

    /// Makes this the current context of the thread until the guard is dropped: spans that start by then are children of
    /// the captured span, or begin a trace if there is none. Drop guards in the reverse order, and hold none across an
    /// `.await`: there, use [`run_async`](Self::run_async).
    #[must_use = "the context is current until the guard is dropped"]
    pub fn attach(&self) -> ContextGuard {
        self.to_context().attach()
    }

    /// Runs `work` with this as the current context.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _attached = self.attach();
        work()
    }

    /// `work`, with this as the current context whenever it is polled: for a future that is spawned as a task.
    pub fn run_async<T: Future>(&self, work: T) -> WithContext<T> {
        work.with_context(self.to_context())
    }
}
