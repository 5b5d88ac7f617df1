//! The propagator for instrumentation that asks OpenTelemetry's global one.

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
};

use crate::{TraceContext, trace_context::FIELDS};

/// Propagates W3C Trace Context, Level 2, and W3C Baggage, by the same rules as [`TraceContext`].
///
/// ```
/// opentelemetry::global::set_text_map_propagator(tracebaton::Propagator::new());
/// ```
#[derive(Debug)]
pub struct Propagator {
    fields: [String; 3],
}

impl Propagator {
    /// A propagator; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fields: FIELDS.map(str::to_owned),
        }
    }
}

impl Default for Propagator {
    fn default() -> Self {
        Self::new()
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        TraceContext::of(cx).inject(injector);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        TraceContext::extract(extractor).add_to(cx.clone())
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}
