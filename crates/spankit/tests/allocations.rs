//! A span with borrowed fields allocates nothing by itself, on or off.

use std::convert::Infallible;

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

#[test]
fn a_span_allocates_nothing() {
    assert_eq!(measure(read).count_total, 0, "off");
    tracing::subscriber::with_default(Takes, || {
        // The call site is registered at its first use.
        read();
        assert_eq!(measure(read).count_total, 0, "on");
    });
}
