//! However the work ends, its span arrives, says how it ended, and has the right parent.

mod support;

use std::{future::pending, io, panic, pin::pin, task::Poll};

use opentelemetry::trace::Status;
use rayon::prelude::*;
use spankit::{
    Bytes, span_family, spanned,
    storage::{Read, ReadEnd},
};
use support::{all_named, metric, named, start, text};

span_family! {
    /// A step of a test.
    pub span Step("step {name}", internal) {
        name: &str = "test.name",
    } => StepEnd {
        items: u64 = "test.items",
        outcome = "test.outcome",
    }
    metrics by(name) {
        duration: histogram = "test.step.duration",
        items: counter = "test.step.items",
    }

    /// A span without an end.
    pub span Plain("plain {name}", client) {
        name: &str = "test.name",
    }
}

/// How a span ended: `error.type`, whether it failed, the outcome, and what was known at its end.
fn ended(name: &str) -> (Option<String>, bool, Option<String>, Option<String>) {
    let span = named(&format!("step {name}"));
    assert_eq!(text(&span, "test.name").as_deref(), Some(name));
    (
        text(&span, "error.type"),
        matches!(span.status, Status::Error { .. }),
        text(&span, "test.outcome"),
        text(&span, "test.items"),
    )
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn failed(error_type: &str) -> (Option<String>, bool, Option<String>, Option<String>) {
    (some(error_type), true, some("failed"), None)
}

#[test]
fn a_success_has_what_is_known_at_its_end_and_no_error() {
    start();
    Step { name: "good" }.start().ok(StepEnd { items: 3 });
    assert_eq!(ended("good"), (None, false, some("success"), some("3")));
}

#[test]
fn a_partial_success_is_no_failure() {
    start();
    Step { name: "part" }.start().partial(StepEnd { items: 2 });
    assert_eq!(ended("part"), (None, false, some("partial"), some("2")));
}

#[test]
fn an_error_is_told_by_its_type_and_never_by_its_text() {
    start();
    let error = io::Error::other("a secret");
    Step { name: "bad" }.start().fail(&error);
    assert_eq!(ended("bad"), failed("std::io::error::Error"));
    assert!(!format!("{:?}", named("step bad")).contains("secret"));
    Step { name: "late" }.start().fail_as("timeout");
    assert_eq!(ended("late"), failed("timeout"));
}

#[test]
fn an_early_return_drops_the_span() {
    start();
    fn work() -> io::Result<()> {
        let step = Step { name: "early" }.start();
        Err(io::Error::other("no"))?;
        step.ok(StepEnd { items: 1 });
        Ok(())
    }
    assert!(work().is_err());
    assert_eq!(ended("early"), failed("dropped"));
}

#[test]
fn a_panic_is_an_outcome() {
    start();
    let work = || {
        Step { name: "panics" }
            .run_blocking(|| -> io::Result<()> { panic!() }, |()| StepEnd { items: 1 })
    };
    assert!(panic::catch_unwind(work).is_err());
    assert_eq!(ended("panics"), failed("panic"));
}

#[test]
fn a_span_that_starts_and_ends_during_a_panic_did_not_panic() {
    start();
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            drop(Step { name: "unwinding" }.start());
        }
    }
    let work = || {
        let _on_drop = OnDrop;
        panic!()
    };
    let unwound: Result<(), _> = panic::catch_unwind(work);
    assert!(unwound.is_err());
    assert_eq!(ended("unwinding"), failed("dropped"));
}

#[tokio::test]
async fn a_future_that_panics_or_is_cancelled_says_so() {
    start();
    let panics = async { panic!() };
    let panics = Step { name: "task" }.run::<(), io::Error>(panics, |()| StepEnd { items: 1 });
    let panics = tokio::spawn(panics);
    assert!(panics.await.unwrap_err().is_panic());
    assert_eq!(ended("task"), failed("panic"));

    {
        let endless = pending::<io::Result<()>>();
        let mut run = pin!(Step { name: "endless" }.run(endless, |()| StepEnd { items: 1 }));
        let first = std::future::poll_fn(|cx| Poll::Ready(run.as_mut().poll(cx))).await;
        assert!(first.is_pending());
    }
    assert_eq!(ended("endless"), failed("cancelled"));

    let unpolled = Step { name: "unpolled" }.start();
    drop(unpolled.run(pending::<io::Result<()>>(), |()| StepEnd { items: 1 }));
    assert_eq!(ended("unpolled"), failed("cancelled"));
}

#[tokio::test]
async fn a_result_ends_the_span_of_a_future_and_is_handed_on() {
    start();
    let root = Step { name: "async root" }.start();
    let good = Step { name: "async good" }.start_below(root.span()).run(
        async {
            tokio::task::yield_now().await;
            Plain { name: "inner" }.start().ok(());
            io::Result::Ok(vec![1, 2])
        },
        |items| StepEnd {
            items: items.len() as u64,
        },
    );
    assert_eq!(good.await.unwrap(), [1, 2]);
    root.ok(StepEnd { items: 0 });
    assert_eq!(
        ended("async good"),
        (None, false, some("success"), some("2"))
    );
    let (root, good, inner) = (
        named("step async root"),
        named("step async good"),
        named("plain inner"),
    );
    assert_eq!(good.parent_span_id, root.span_context.span_id());
    assert_eq!(inner.parent_span_id, good.span_context.span_id());

    let bad = Step { name: "async bad" }
        .run(async { Err::<(), _>(io::Error::other("no")) }, |()| {
            StepEnd { items: 1 }
        });
    assert!(bad.await.is_err());
    assert_eq!(ended("async bad"), failed("std::io::error::Error"));
}

#[tokio::test]
async fn blocking_work_is_below_the_span_it_is_given() {
    start();
    let root = Step {
        name: "blocking root",
    }
    .start();
    let parent = root.span().clone();
    let blocking = tokio::task::spawn_blocking(move || {
        Plain { name: "blocking" }
            .start_below(&parent)
            .run_blocking(|| io::Result::Ok(7), |_| ())
    });
    assert_eq!(blocking.await.unwrap().unwrap(), 7);
    root.ok(StepEnd { items: 0 });
    let root = named("step blocking root");
    let blocking = named("plain blocking");
    assert_eq!(blocking.parent_span_id, root.span_context.span_id());
}

#[test]
fn siblings_on_eight_threads_share_no_parent_but_their_own() {
    start();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(8)
        .build()
        .unwrap();
    // Two families of siblings at once, on threads which steal each other's work, and each sibling with a child.
    pool.install(|| {
        ["left", "right"].par_iter().for_each(|side| {
            let root = Step { name: side }.start_root();
            (0..200).into_par_iter().for_each(|_| {
                let node = Plain { name: side }.start_below(root.span());
                // Hands work to the other threads in the middle of a span.
                node.in_scope(|| {
                    rayon::join(rayon::yield_now, rayon::yield_now);
                    Plain { name: "leaf" }.start_below(node.span()).ok(());
                });
                node.ok(());
            });
            root.ok(StepEnd { items: 200 });
        });
    });
    for side in ["left", "right"] {
        let root = named(&format!("step {side}"));
        let nodes = all_named(&format!("plain {side}"));
        assert_eq!(nodes.len(), 200);
        for node in &nodes {
            assert_eq!(node.parent_span_id, root.span_context.span_id());
        }
    }
    let leaves = all_named("plain leaf");
    assert_eq!(leaves.len(), 400);
    let mut parents: Vec<_> = leaves
        .iter()
        .map(|leaf| leaf.parent_span_id.to_bytes())
        .collect();
    parents.sort();
    parents.dedup();
    assert_eq!(parents.len(), 400, "every leaf has a node of its own");
}

#[test]
fn a_span_ends_when_it_says_so_whoever_keeps_it_open() {
    start();
    let step = Step { name: "short" }.start();
    let kept = step.span().clone();
    step.ok(StepEnd { items: 1 });
    let after = std::time::SystemTime::now();
    assert!(all_named("step short").is_empty(), "it is still open");
    while std::time::SystemTime::now() == after {}
    drop(kept);
    assert!(named("step short").end_time <= after);
}

#[test]
fn a_span_links_to_what_came_before_it() {
    start();
    let first = Plain { name: "first" }.start_root();
    let earlier = first.span().clone();
    first.ok(());
    let second = Plain { name: "second" }.start_root();
    second.link_to(&earlier);
    second.ok(());
    drop(earlier);
    let linked = &named("plain second").links[0].span_context;
    assert_eq!(*linked, named("plain first").span_context);
}

#[test]
fn metrics_are_grouped_by_the_start_the_outcome_and_the_error() {
    start();
    Step { name: "measured" }.start().ok(StepEnd { items: 3 });
    Step { name: "measured" }.start().ok(StepEnd { items: 4 });
    Step { name: "measured" }.start().fail_as("timeout");
    let of_this_test = |(attributes, sum): (Vec<(String, String)>, f64)| {
        let is_own = attributes.contains(&("test.name".to_owned(), "measured".to_owned()));
        is_own.then_some((attributes, sum))
    };
    let items: Vec<_> = metric("test.step.items")
        .into_iter()
        .filter_map(of_this_test)
        .collect();
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let success = vec![
        pair("test.name", "measured"),
        pair("test.outcome", "success"),
    ];
    let failure = vec![
        pair("error.type", "timeout"),
        pair("test.name", "measured"),
        pair("test.outcome", "failed"),
    ];
    assert_eq!(items, [(success.clone(), 7.0)]);
    let mut durations: Vec<_> = metric("test.step.duration")
        .into_iter()
        .filter_map(of_this_test)
        .collect();
    durations.sort_by_key(|(attributes, _)| attributes.len());
    let groups: Vec<_> = durations.iter().map(|(attributes, _)| attributes).collect();
    assert_eq!(groups, [&success, &failure]);
    assert!(
        durations.iter().all(|(_, sum)| *sum > 0.0 && *sum < 60.0),
        "in seconds"
    );
    let spans = all_named("step measured");
    assert!(
        spans.iter().all(|span| span.events.is_empty()),
        "a metric is not an event of its span"
    );
}

#[test]
fn hits_and_misses_of_a_cache_are_counted_apart_and_an_absent_cache_is_neither() {
    start();
    for cached in [Some(true), Some(false), Some(false), None] {
        let read = Read {
            system: "outcomes",
            container: "tests",
        };
        let end = ReadEnd::new(Bytes(1));
        let end = match cached {
            Some(cached) => end.is_cached(cached),
            None => end,
        };
        read.start().ok(end);
    }
    let sums = |name| {
        metric(name)
            .into_iter()
            .map(|(_, sum)| sum)
            .collect::<Vec<_>>()
    };
    assert_eq!(sums("storage.cache_hits"), [1.0]);
    assert_eq!(sums("storage.cache_misses"), [2.0]);
}

struct Store;

impl Store {
    #[spanned(Step { name }, |items| StepEnd { items: items.len() as u64 })]
    fn list(&self, name: &str, fails: bool) -> io::Result<Vec<u8>> {
        if fails {
            return Err(io::Error::other("as asked"));
        }
        let parsed = "5".parse::<u8>().map_err(io::Error::other)?;
        Ok(vec![parsed])
    }

    #[spanned(Step { name: "spanned async" }, |count| StepEnd { items: *count })]
    async fn count(&self, text: String) -> Result<u64, std::num::ParseIntError> {
        tokio::task::yield_now().await;
        Plain {
            name: "below spanned",
        }
        .start()
        .ok(());
        let count = text.parse::<u64>()?;
        Ok(count)
    }

    #[spanned(Plain { name: "infallible" })]
    fn touch(&self, early: bool) -> u8 {
        if early {
            return 1;
        }
        2
    }

    #[spanned(Plain { name: "opaque" })]
    fn opaque(is_good: bool) -> io::Result<impl Iterator<Item = u32>> {
        if !is_good {
            return Err(io::Error::other("bad"));
        }
        Ok(0..3)
    }

    #[spanned(Plain { name: "infallible async" })]
    async fn touch_async(&self) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_function_is_a_span() {
    start();
    assert_eq!(Store.list("spanned", false).unwrap(), [5]);
    assert_eq!(ended("spanned"), (None, false, some("success"), some("1")));
    assert_eq!(Store::opaque(true).unwrap().count(), 3);
    assert!(Store::opaque(false).is_err());
    assert!(Store.list("spanned bad", true).is_err());
    assert_eq!(ended("spanned bad"), failed("std::io::error::Error"));
    assert_eq!(Store.count("12".to_owned()).await.unwrap(), 12);
    assert_eq!(
        ended("spanned async"),
        (None, false, some("success"), some("12"))
    );
    let (outer, inner) = (named("step spanned async"), named("plain below spanned"));
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    assert_eq!((Store.touch(true), Store.touch(false)), (1, 2));
    assert_eq!(all_named("plain infallible").len(), 2);
    Store.touch_async().await;
    assert_eq!(named("plain infallible async").status, Status::Unset);
}
