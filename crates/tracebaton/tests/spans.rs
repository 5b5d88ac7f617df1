//! Spans of `tracing` on both sides of a hand-over, compared as they leave the SDK.

mod support;

use opentelemetry::{Context, SpanId, trace::TraceContextExt};
use support::{named, spans_of};
use tracebaton::{TraceContext, add_link, continue_from, link_to};
use tracing::info_span;

#[test]
fn a_continued_span_is_a_child_in_the_same_trace() {
    let spans = spans_of(|| {
        let sent = info_span!("send").in_scope(TraceContext::current);
        info_span!("unrelated").in_scope(|| {
            continue_from(&sent, || info_span!("receive")).in_scope(|| {
                drop(info_span!("inner"));
            });
        });
    });
    let (send, receive, inner) = (
        named(&spans, "send"),
        named(&spans, "receive"),
        named(&spans, "inner"),
    );
    assert_eq!(receive.parent_span_id, send.span_context.span_id());
    assert_eq!(
        receive.span_context.trace_id(),
        send.span_context.trace_id()
    );
    assert_eq!(inner.parent_span_id, receive.span_context.span_id());
}

#[test]
fn a_linked_span_is_a_root_with_links_to_every_sender() {
    let spans = spans_of(|| {
        let sent: Vec<_> = ["a", "b"]
            .map(|sender| info_span!("send", sender).in_scope(TraceContext::current))
            .into();
        info_span!("unrelated").in_scope(|| drop(link_to(&sent, || info_span!("sync"))));
    });
    let sync = named(&spans, "sync");
    assert_eq!(sync.parent_span_id, SpanId::INVALID);
    let linked: Vec<_> = sync
        .links
        .iter()
        .map(|link| link.span_context.span_id())
        .collect();
    let senders: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "send")
        .map(|span| span.span_context.span_id())
        .collect();
    assert_eq!(linked, senders);
    assert!(
        spans
            .iter()
            .filter(|span| span.name == "send")
            .all(|span| span.span_context.trace_id() != sync.span_context.trace_id())
    );
}

#[test]
fn a_turn_of_a_loop_links_to_what_it_finds() {
    let spans = spans_of(|| {
        let sent = info_span!("send").in_scope(TraceContext::current);
        let turn = link_to([], || info_span!("turn"));
        add_link(&turn, &sent);
        add_link(&turn, &TraceContext::default());
    });
    let linked: Vec<_> = named(&spans, "turn")
        .links
        .iter()
        .map(|link| &link.span_context)
        .collect();
    assert_eq!(linked.len(), 1);
    assert_eq!(
        linked[0].span_id(),
        named(&spans, "send").span_context.span_id()
    );
}

#[test]
fn a_context_crosses_to_another_thread() {
    let spans = spans_of(|| {
        let subscriber = tracing::dispatcher::get_default(Clone::clone);
        let outer = info_span!("outer");
        let cx = outer.in_scope(TraceContext::current);
        std::thread::spawn(move || {
            tracing::dispatcher::with_default(&subscriber, || {
                cx.run(|| drop(info_span!("on a thread")));
            });
        })
        .join()
        .expect("the thread does not panic");
    });
    let (outer, inner) = (named(&spans, "outer"), named(&spans, "on a thread"));
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
}

#[test]
fn a_state_that_the_sdk_cannot_hold_leaves_again_with_a_span_below_it() {
    let received = |state: &str| {
        let carrier = std::collections::HashMap::from([
            (
                "traceparent".to_owned(),
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03".to_owned(),
            ),
            ("tracestate".to_owned(), state.to_owned()),
        ]);
        TraceContext::extract(&carrier)
    };
    for state in ["foo=1,bar=2", "foo@@bar=1,bar=2"] {
        spans_of(|| {
            let span = continue_from(&received(state), || info_span!("server"));
            let sent: std::collections::HashMap<_, _> =
                span.in_scope(|| TraceContext::current().fields().collect());
            assert_eq!(sent["tracestate"], state);
            let parent = &sent["traceparent"];
            assert!(parent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
            assert!(!parent.contains("b7ad6b7169203331"), "a span of its own");
            assert!(parent.ends_with("-03"), "the random flag stays: {parent}");
        });
    }
}

#[test]
fn without_a_span_there_is_nothing_to_send() {
    assert!(TraceContext::current().is_empty());
    assert_eq!(TraceContext::current().fields().count(), 0);
    let attached = TraceContext::default()
        .run(|| opentelemetry::Context::map_current(|cx| cx.span().span_context().is_valid()));
    assert!(!attached);
}

#[test]
fn a_span_begins_a_trace_where_a_context_without_a_span_is_attached() {
    let begins_trace = || Context::map_current(TraceContext::begins_trace);
    let baggage = std::collections::HashMap::from([("baggage".to_owned(), "user=1".to_owned())]);
    let spans = spans_of(|| {
        assert!(!begins_trace());
        for without_a_span in [TraceContext::default(), TraceContext::extract(&baggage)] {
            info_span!("unrelated").in_scope(|| {
                without_a_span.run(|| {
                    assert!(begins_trace());
                    info_span!("root").in_scope(|| assert!(!begins_trace()));
                });
                assert!(!begins_trace());
                let sent = TraceContext::current();
                assert!(!sent.run(begins_trace));
            });
        }
    });
    let roots: Vec<_> = spans.iter().filter(|span| span.name == "root").collect();
    assert_eq!(roots.len(), 2);
    for root in roots {
        assert_eq!(root.parent_span_id, SpanId::INVALID);
    }
}

#[test]
fn the_random_flag_stays_with_a_trace_that_is_not_sampled() {
    for flags in ["00", "01", "02", "03"] {
        let parent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        let carrier = std::collections::HashMap::from([("traceparent".to_owned(), parent)]);
        spans_of(|| {
            let received = TraceContext::extract(&carrier);
            let span = continue_from(&received, || info_span!("server"));
            let sent: std::collections::HashMap<_, _> =
                span.in_scope(|| TraceContext::current().fields().collect());
            assert!(sent["traceparent"].ends_with(flags), "{flags}: {sent:?}");
        });
    }
}
