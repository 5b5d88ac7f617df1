//! What holds for every carrier, whatever is in it.

use std::collections::HashMap;

use opentelemetry::{Context, propagation::TextMapPropagator};
use proptest::{collection::vec, prelude::*};
use tracebaton::{Propagator, TraceContext};

type Carrier = HashMap<String, String>;

fn carrier(traceparent: &str, tracestate: &str, baggage: &str) -> Carrier {
    [
        ("traceparent", traceparent),
        ("tracestate", tracestate),
        ("baggage", baggage),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn injected(context: &TraceContext) -> Carrier {
    let mut carrier = Carrier::new();
    context.inject(&mut carrier);
    carrier
}

proptest! {
    #[test]
    fn a_valid_context_comes_back_through_every_form(
        trace_id in "[0-9a-f]{31}[1-9a-f]",
        span_id in "[0-9a-f]{15}[1-9a-f]",
        flags in "0[0-3]",
        keys in vec("[a-z0-9][a-z0-9_*/@-]{0,20}", 0..32),
        value in "[!-+.-<>-~]([ -+.-<>-~]{0,20}[!-+.-<>-~])?",
        baggage in "[a-z]{1,10}=[a-z0-9]{0,10}",
    ) {
        let members: Vec<_> = keys.iter().map(|key| format!("{key}={value}")).collect();
        let state = members.join(",");
        let sent = carrier(&format!("00-{trace_id}-{span_id}-{flags}"), &state, &baggage);
        let context = TraceContext::extract(&sent);
        let mut expected = sent.clone();
        expected.retain(|_, value| !value.is_empty());
        prop_assert_eq!(&injected(&context), &expected);

        let through_sdk = Propagator::new().extract_with_context(&Context::new(), &sent);
        prop_assert_eq!(injected(&TraceContext::of(&through_sdk)), expected);
    }

    #[test]
    fn no_carrier_panics_and_none_makes_more_than_it_may(
        traceparent in ".{0,80}",
        tracestate in ".{0,2000}",
        baggage in ".{0,10000}",
    ) {
        let context = TraceContext::extract(&carrier(&traceparent, &tracestate, &baggage));
        for (_, value) in context.fields() {
            prop_assert!(value.len() <= 32 * 514);
            prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
        let again = TraceContext::extract(&injected(&context));
        prop_assert_eq!(injected(&again), injected(&context));
    }

    #[test]
    fn baggage_of_any_text_arrives_as_it_was(value in ".{0,200}") {
        use opentelemetry::{KeyValue, baggage::BaggageExt};
        let cx = Context::new().with_baggage([KeyValue::new("key", value.clone())]);
        let received = TraceContext::extract(&injected(&TraceContext::of(&cx))).to_context();
        let expected = received.baggage().get("key").map(|value| value.as_str().to_owned());
        prop_assert_eq!(expected, Some(value));
    }
}
