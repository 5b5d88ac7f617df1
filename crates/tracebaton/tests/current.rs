//! Where the current context comes from, and where it goes.

use std::{cell::RefCell, collections::HashMap};

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId},
};
use tracebaton::TraceContext;

thread_local! {
    static FALLBACK: RefCell<Option<Context>> = const { RefCell::new(None) };
}

fn context(span: u64) -> Context {
    let traceparent = format!("00-{:032x}-{span:016x}-01", 1);
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent)]);
    TraceContext::extract(&carrier).to_context()
}

fn current() -> Option<SpanId> {
    let current = TraceContext::current();
    current.span_context().map(SpanContext::span_id)
}

#[test]
fn the_fallback_is_asked_where_nothing_is_current() {
    TraceContext::set_fallback(|| FALLBACK.with_borrow(Clone::clone));
    TraceContext::set_fallback(|| Some(context(9)));
    assert_eq!(current(), None, "the second one is not kept");
    FALLBACK.set(Some(context(7)));
    assert_eq!(current(), Some(SpanId::from(7)));
    let _attached = context(8).attach();
    assert_eq!(current(), Some(SpanId::from(8)));
}

#[test]
fn a_relay_hands_on_its_own_context_or_else_the_one_it_received() {
    let span = |cx: &TraceContext| cx.span_context().map(SpanContext::span_id);
    let received = TraceContext::of(&context(7));
    let own = TraceContext::of(&context(8)).or(received.clone());
    assert_eq!(span(&own), Some(SpanId::from(8)));
    let off = TraceContext::default().or(received);
    assert_eq!(span(&off), Some(SpanId::from(7)));
}

#[tokio::test]
async fn a_future_has_the_context_at_every_poll_and_nothing_else_has() {
    let work = async {
        let before = current();
        tokio::task::yield_now().await;
        (before, current())
    };
    let task = tokio::spawn(TraceContext::of(&context(7)).run_async(work));
    let seven = Some(SpanId::from(7));
    assert_eq!(task.await.unwrap(), (seven, seven));
    assert_eq!(current(), None);
}
