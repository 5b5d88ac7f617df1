//! The context of code that waits, and of messages.

use std::{
    pin::{Pin, pin},
    task::{Context as TaskContext, Poll, Waker},
};

use proptest::prelude::*;
use tracing::{Instrument, error, info, info_span};

use super::support::record;
use crate::{InvokeError, context::Context, continue_from, invoke, traceparent};

/// Gives way to other futures once.
async fn give_way() {
    let mut is_ready = false;
    std::future::poll_fn(|_| {
        let answer = if is_ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        };
        is_ready = true;
        answer
    })
    .await;
}

/// Asks for the context as an invoke does, before and after each wait and inside spans of its own.
async fn work(name: &'static str, steps: usize) {
    let own = traceparent().unwrap();
    for _ in 0..steps {
        give_way().await;
        assert_eq!(traceparent().as_ref(), Some(&own));
        async {
            let inner = traceparent().unwrap();
            assert_ne!(inner, own);
            give_way().await;
            info!(name);
            assert_eq!(traceparent(), Some(inner));
        }
        .instrument(info_span!("step", name))
        .await;
    }
}

proptest! {
    #[test]
    fn interleaved_futures_never_mix(steps in 1..6_usize, order in prop::collection::vec(0..3_usize, 0..40)) {
        const NAMES: [&str; 3] = ["a", "b", "c"];
        let kernel = record(|| {
            let mut a = pin!(work("a", steps).instrument(info_span!("a")));
            let mut b = pin!(work("b", steps).instrument(info_span!("b")));
            let mut c = pin!(work("c", steps).instrument(info_span!("c")));
            let mut futures: [Option<Pin<&mut dyn Future<Output = ()>>>; 3] =
                [Some(a.as_mut()), Some(b.as_mut()), Some(c.as_mut())];
            let mut cx = TaskContext::from_waker(Waker::noop());
            // After the random order, each in turn until all have ended.
            for index in order.iter().copied().chain((0..3).cycle()) {
                if let Some(future) = &mut futures[index] && future.as_mut().poll(&mut cx).is_ready() {
                    futures[index] = None;
                }
                assert_eq!(traceparent(), None, "nothing is entered between two polls");
                if futures.iter().all(Option::is_none) {
                    break;
                }
            }
        });
        let spans = kernel.items("spans");
        for name in NAMES {
            let root = spans.iter().find(|span| span["name"] == name).unwrap();
            let own: Vec<_> = spans.iter().filter(|span| span["attributes"]["name"] == name).collect();
            prop_assert_eq!(own.len(), steps);
            for span in &own {
                prop_assert_eq!(&span["traceId"], &root["traceId"]);
                prop_assert_eq!(&span["parentSpanId"], &root["spanId"]);
            }
            for log in kernel.items("logs").iter().filter(|log| log["attributes"]["name"] == name) {
                prop_assert!(own.iter().any(|span| span["spanId"] == log["spanId"]));
            }
        }
    }

    #[test]
    fn a_context_survives_its_traceparent(trace_id in 1..u128::MAX, span_id in 1..u64::MAX, is_sampled: bool) {
        let context = Context { trace_id, span_id, is_sampled };
        prop_assert_eq!(Context::parse(&context.to_traceparent()), Some(context));
    }

    #[test]
    fn no_text_is_too_odd_for_a_traceparent(text in any::<String>()) {
        drop(continue_from(&text));
    }
}

const SENDER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_message_continues_the_trace_of_its_sender() {
    let kernel = record(|| {
        let span = {
            let _sender = continue_from(SENDER);
            assert_eq!(traceparent().as_deref(), Some(SENDER));
            info_span!("receive")
        };
        assert_eq!(traceparent(), None);
        span.in_scope(|| {});
    });
    let span = kernel.span("receive");
    assert_eq!(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(span["parentSpanId"], "b7ad6b7169203331");
}

#[test]
fn an_error_below_a_continued_context_fails_the_span_around_it() {
    let kernel = record(|| {
        info_span!("span").in_scope(|| {
            let _sender = continue_from(SENDER);
            error!("in between");
        });
    });
    assert_eq!(kernel.span("span")["status"]["code"], "error");
    assert_eq!(kernel.items("logs")[0]["spanId"], "b7ad6b7169203331");
}

#[test]
fn an_invalid_traceparent_changes_nothing() {
    for text in [
        "",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    ] {
        let _sender = continue_from(text);
        assert_eq!(traceparent(), None, "{text}");
    }
    // A later version may append fields.
    let _sender = continue_from("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more");
    assert_eq!(traceparent().as_deref(), Some(SENDER));
}

#[test]
fn guards_can_be_dropped_in_any_order() {
    record(|| {
        let (outer, inner) = (info_span!("outer"), info_span!("inner"));
        let outer = outer.entered();
        let inner = inner.entered();
        let of_inner = traceparent();
        drop(outer);
        assert_eq!(traceparent(), of_inner);
        drop(inner);
        assert_eq!(traceparent(), None);
    });
}

#[test]
fn a_recursion_without_end_does_not_fill_the_memory() {
    record(|| {
        let span = info_span!("span");
        let guards: Vec<_> = (0..2000).map(|_| continue_from(SENDER)).collect();
        let full = span.in_scope(traceparent);
        assert_eq!(full.as_deref(), Some(SENDER), "the stack has 1024 entries");
        drop(guards);
        assert_eq!(traceparent(), None);
    });
}

#[test]
fn outside_of_a_page_an_invoke_says_so() {
    let mut future = pin!(invoke::<()>("any", &()));
    let answer = future
        .as_mut()
        .poll(&mut TaskContext::from_waker(Waker::noop()));
    assert_eq!(answer, Poll::Ready(Err(InvokeError::NotInTauri)));
}
