//! A span with borrowed fields allocates nothing by itself, on or off. While it is off, nothing is made of the result.

use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Poll, Waker},
};

use allocation_counter::measure;
use spankit::db::{Db, DbEnd};
use tracing::{Event, Metadata, Subscriber, span};

/// Takes everything and keeps nothing.
struct Takes;

impl Subscriber for Takes {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn read() {
    let read = Db::new("redb", "get", "articles").run_blocking(
        || Ok::<u64, Infallible>(3),
        |rows| DbEnd::new().returned_rows(*rows),
    );
    assert_eq!(read, Ok(3));
}

/// Fails if anything is made of the result.
fn read_unrecorded() {
    let operation = || Db::new("redb", "get", "articles");
    let work = || Ok::<u64, Infallible>(3);
    let end = |_: &u64| -> DbEnd { unreachable!("nothing records it") };
    assert_eq!(operation().run_blocking(work, end), Ok(3));
    assert_eq!(operation().start().run_blocking(work, end), Ok(3));
    let run = pin!(operation().run(async { work() }, end));
    let first = run.poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(first, Poll::Ready(Ok(3)));
}

// One test, because a subscriber turns the spans of all threads on.
#[test]
fn a_span_allocates_nothing_and_while_it_is_off_nothing_is_made_of_the_result() {
    read_unrecorded();
    assert_eq!(measure(read).count_total, 0, "off");
    tracing::subscriber::with_default(Takes, || {
        // The call site is registered at its first use.
        read();
        assert_eq!(measure(read).count_total, 0, "on");
    });
}
