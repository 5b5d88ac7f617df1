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
#[derive(Debug, Clone)]
pub struct Propagator {
    has_span: bool,
    has_baggage: bool,
    fields: Vec<String>,
}

impl Propagator {
    /// Propagates the span and the baggage.
    #[must_use]
    pub fn new() -> Self {
        Self::of(true, true)
    }

    /// Propagates no baggage, in either direction.
    #[must_use]
    pub fn without_baggage(self) -> Self {
        Self::of(self.has_span, false)
    }

    /// Propagates no span, in either direction.
    #[must_use]
    pub fn without_span(self) -> Self {
        Self::of(false, self.has_baggage)
    }

    fn of(has_span: bool, has_baggage: bool) -> Self {
        let has = [has_span, has_span, has_baggage];
        let fields = FIELDS.into_iter().zip(has);
        Self {
            has_span,
            has_baggage,
            fields: fields
                .filter(|(_, has)| *has)
                .map(|(field, _)| field.to_owned())
                .collect(),
        }
    }

    fn propagated(&self, mut sent: TraceContext) -> TraceContext {
        if !self.has_span {
            sent = sent.without_span();
        }
        if !self.has_baggage {
            sent = sent.without_baggage();
        }
        sent
    }
}

impl Default for Propagator {
    fn default() -> Self {
        Self::new()
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        self.propagated(TraceContext::of(cx)).inject(injector);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        self.propagated(TraceContext::extract(extractor))
            .add_to(cx.clone())
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_part_that_is_left_out_goes_neither_in_nor_out() {
        const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let carrier: HashMap<String, String> = [
            ("traceparent", PARENT),
            ("tracestate", "foo=1"),
            ("baggage", "user=1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let all = Propagator::new();
        let cases: [(_, &[&str]); 4] = [
            (all.clone(), &["baggage", "traceparent", "tracestate"]),
            (
                all.clone().without_baggage(),
                &["traceparent", "tracestate"],
            ),
            (all.clone().without_span(), &["baggage"]),
            (all.clone().without_span().without_baggage(), &[]),
        ];
        for (some, expected) in cases {
            for (reader, writer) in [(&some, &all), (&all, &some)] {
                let cx = reader.extract_with_context(&Context::new(), &carrier);
                let mut sent = HashMap::new();
                writer.inject_context(&cx, &mut sent);
                let mut names: Vec<_> = sent.into_keys().collect();
                names.sort();
                assert_eq!(names, expected, "{some:?}");
            }
            let mut fields: Vec<_> = some.fields().collect();
            fields.sort_unstable();
            assert_eq!(fields, expected);
        }
    }
}
