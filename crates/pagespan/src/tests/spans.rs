//! What becomes of a span.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use tracing::{
    Span, Subscriber, debug_span, error,
    field::Empty,
    info_span,
    level_filters::LevelFilter,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{self, SubscriberExt},
};

use super::support::{FakeKernel, record, record_on};
use crate::{
    PageLayer,
    context::Context,
    queue,
    recorder::{self, Recorder},
    subscriber::PageSubscriber,
    traceparent,
};

#[test]
fn a_span_has_the_ids_of_its_parent_and_its_own_times() {
    let kernel = record(|| {
        let outer = info_span!(
            "outer",
            text = "a\"\\\n\u{1}é",
            number = -3,
            float = 0.5,
            yes = true
        );
        outer.in_scope(|| info_span!("inner").in_scope(|| {}));
    });
    let (outer, inner) = (kernel.span("outer"), kernel.span("inner"));
    assert_eq!(inner["traceId"], outer["traceId"]);
    assert_eq!(inner["parentSpanId"], outer["spanId"]);
    assert_ne!(inner["spanId"], outer["spanId"]);
    assert_eq!(outer.get("parentSpanId"), None);
    assert_eq!(outer["traceId"].as_str().unwrap().len(), 32);
    assert_eq!(inner["spanId"].as_str().unwrap().len(), 16);
    let time = |span: &serde_json::Value, key| span[key].as_f64().unwrap();
    assert!(time(&outer, "startTime") < time(&inner, "startTime"));
    assert!(time(&inner, "endTime") < time(&outer, "endTime"));
    assert_eq!(
        outer["attributes"],
        json!({ "target": "pagespan::tests::spans", "text": "a\"\\\n\u{1}é", "number": -3, "float": 0.5, "yes": true })
    );
}

#[test]
fn a_span_never_ends_before_it_starts() {
    let kernel = FakeKernel {
        clock_runs_backwards: true,
        ..FakeKernel::default()
    };
    let kernel = record_on(kernel, |_| drop(info_span!("span")));
    let span = kernel.span("span");
    assert_eq!(span["endTime"], span["startTime"]);
    // The first call is that for the context.
    assert_eq!(span["startTime"], 1_699_999_999_998.25);
}

#[test]
fn a_span_ends_after_its_children_and_its_clones() {
    let kernel = record(|| {
        let parent = info_span!("parent");
        let child = info_span!(parent: &parent, "child");
        let inner = child.in_scope(|| info_span!("inner"));
        let clone = inner.clone();
        drop((parent, child, inner));
        drop(info_span!("meanwhile"));
        drop(clone);
    });
    let names: Vec<_> = kernel
        .items("spans")
        .iter()
        .map(|span| span["name"].clone())
        .collect();
    assert_eq!(names, ["meanwhile", "inner", "child", "parent"]);
}

#[test]
fn the_innermost_span_that_is_entered_is_the_current_one() {
    let name = || Span::current().metadata().map(tracing::Metadata::name);
    record(|| {
        info_span!("outer").in_scope(|| {
            info_span!("inner").in_scope(|| assert_eq!(name(), Some("inner")));
            assert_eq!(name(), Some("outer"));
        });
        assert_eq!(name(), None);
    });
}

#[test]
fn a_span_from_another_thread_is_no_parent_here() {
    record(|| {
        let span = info_span!("of this thread");
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let enter = || {
            let own: Vec<_> = (0..100).map(|_| info_span!("of the other")).collect();
            assert_eq!(span.in_scope(traceparent), None);
            drop(own);
        };
        std::thread::scope(|scope| {
            scope.spawn(|| tracing::dispatcher::with_default(&dispatch, enter));
        });
    });
}

#[test]
fn the_subscriber_of_the_page_leaves_out_what_is_below_its_level() {
    let kernel: &FakeKernel = Box::leak(Box::default());
    let subscriber = PageSubscriber::new(Recorder::on(kernel), LevelFilter::INFO);
    tracing::subscriber::with_default(subscriber, || {
        tracing::debug_span!("too much").in_scope(|| tracing::debug!("too much"));
        info_span!("span").in_scope(|| tracing::info!("event"));
    });
    queue::drain(kernel);
    assert_eq!(kernel.items("spans").len(), 1);
    assert_eq!(kernel.items("logs").len(), 1);
    assert_eq!(
        kernel.span("span")["traceId"],
        kernel.items("logs")[0]["traceId"]
    );
}

#[test]
fn an_explicit_parent_counts_and_so_does_none() {
    let kernel = record(|| {
        let first = info_span!("first");
        let _entered = info_span!("second").entered();
        drop(info_span!(parent: &first, "of first"));
        drop(info_span!(parent: None, "of none"));
    });
    assert_eq!(
        kernel.span("of first")["parentSpanId"],
        kernel.span("first")["spanId"]
    );
    assert_eq!(kernel.span("of none").get("parentSpanId"), None);
    assert_ne!(
        kernel.span("of none")["traceId"],
        kernel.span("second")["traceId"]
    );
}

#[test]
fn a_root_continues_what_is_active_in_javascript() {
    let active = Context {
        trace_id: 7,
        span_id: 8,
        is_sampled: true,
    };
    let kernel = FakeKernel {
        active: Some(active),
        ..FakeKernel::default()
    };
    let kernel = record_on(kernel, |_| {
        drop(info_span!("inherits"));
        drop(info_span!(parent: None, "does not"));
    });
    assert_eq!(kernel.span("inherits")["parentSpanId"], "0000000000000008");
    assert_eq!(kernel.span("does not").get("parentSpanId"), None);
}

#[test]
fn the_fields_of_opentelemetry_are_about_the_span_itself() {
    let kernel = record(|| {
        let span = info_span!(
            "tracing name",
            otel.name = "GET /notes",
            otel.kind = "Client",
            otel.status_code = Empty,
            otel.status_description = Empty,
            late = Empty
        );
        span.record("late", 1);
        span.record("late", 2);
        span.record("otel.status_code", "ERROR");
        span.record("otel.status_description", "full");
        drop(info_span!("fine", otel.status_code = "OK"));
        drop(info_span!(
            "odd",
            otel.kind = "sideways",
            otel.status_code = "maybe"
        ));
    });
    let span = kernel.span("GET /notes");
    assert_eq!(span["kind"], "client");
    assert_eq!(
        span["status"],
        json!({ "code": "error", "message": "full" })
    );
    assert_eq!(
        span["attributes"],
        json!({ "target": "pagespan::tests::spans", "late": 2 })
    );
    assert_eq!(kernel.span("fine")["status"], json!({ "code": "ok" }));
    assert_eq!(kernel.span("odd").get("kind"), None);
    assert_eq!(kernel.span("odd").get("status"), None);
}

#[test]
fn an_error_in_a_span_fails_it_unless_the_app_said_otherwise() {
    let kernel = record(|| {
        info_span!("fails").in_scope(|| error!(error = "disk full"));
        info_span!("stays ok", otel.status_code = "ok").in_scope(|| error!("not so bad"));
        info_span!("warns").in_scope(|| tracing::warn!("hm"));
    });
    assert_eq!(
        kernel.span("fails")["status"],
        json!({ "code": "error", "message": "disk full" })
    );
    assert_eq!(kernel.span("stays ok")["status"], json!({ "code": "ok" }));
    assert_eq!(kernel.span("warns").get("status"), None);
}

#[test]
fn a_span_that_follows_from_another_links_to_it() {
    let kernel = record(|| {
        let cause = info_span!("cause");
        info_span!("effect").follows_from(&cause);
    });
    let cause = kernel.span("cause");
    assert_eq!(
        kernel.span("effect")["links"],
        json!([{ "traceId": cause["traceId"], "spanId": cause["spanId"] }])
    );
}

#[test]
fn a_trace_that_sampling_left_out_is_not_sent_and_says_so_to_its_invokes() {
    let kernel = FakeKernel {
        is_unsampled: true,
        ..FakeKernel::default()
    };
    let kernel = record_on(kernel, |_| {
        info_span!("outer").in_scope(|| {
            let inner = info_span!("inner");
            inner.follows_from(Span::current());
            inner.in_scope(|| assert!(traceparent().unwrap().ends_with("-00")));
        });
    });
    assert_eq!(kernel.items("spans"), Vec::<serde_json::Value>::new());
}

#[test]
fn open_spans_are_sent_as_unfinished_when_the_page_is_left_and_only_once() {
    let kernel = record_on(FakeKernel::default(), |kernel| {
        let outer = info_span!("outer", number = 7);
        let inner = outer.in_scope(|| info_span!("inner"));
        drop(info_span!("closed"));
        recorder::end_all(kernel);
        assert_eq!(kernel.items("spans").len(), 3, "sent at once");
        recorder::end_all(kernel);
        // The page may return, and what it does then still has its parent.
        let late = inner.in_scope(|| info_span!("late"));
        drop((inner, outer, late));
    });
    let (outer, inner) = (kernel.span("outer"), kernel.span("inner"));
    assert_eq!(
        outer["attributes"],
        json!({ "target": "pagespan::tests::spans", "span.unfinished": true, "number": 7 })
    );
    assert_eq!(inner["parentSpanId"], outer["spanId"]);
    assert_eq!(kernel.span("late")["parentSpanId"], inner["spanId"]);
    for name in ["closed", "late"] {
        let attributes = kernel.span(name)["attributes"].clone();
        assert_eq!(attributes, json!({ "target": "pagespan::tests::spans" }));
    }
}

#[test]
fn every_item_names_its_scope_if_it_has_one() {
    for scope in [None, Some(3)] {
        let kernel = FakeKernel {
            scope,
            ..FakeKernel::default()
        };
        let kernel = record_on(kernel, |_| {
            info_span!("span").in_scope(|| tracing::info!(counter.open = 1, "event"));
        });
        for signal in ["spans", "logs", "metrics"] {
            let items = kernel.items(signal);
            assert_eq!(items.len(), 1);
            assert_eq!(
                items[0].get("scope"),
                scope.map(|scope| json!(scope)).as_ref()
            );
        }
    }
}

/// A value that makes a span and an event when it is written.
struct Chatty(Span);

impl std::fmt::Debug for Chatty {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        info_span!("while written").in_scope(|| error!(parent: &self.0, "of a Debug"));
        formatter.write_str("chatty")
    }
}

#[test]
fn a_field_may_make_spans_and_events_when_it_is_written() {
    let kernel = record(|| {
        let other = info_span!("other");
        let span = info_span!("span", late = Empty);
        span.record("late", tracing::field::debug(Chatty(other.clone())));
    });
    assert_eq!(kernel.span("span")["attributes"]["late"], "chatty");
    assert_eq!(kernel.span("while written").get("parentSpanId"), None);
    assert_eq!(kernel.span("other")["status"]["code"], "error");
}

#[test]
fn entering_a_span_calls_no_javascript() {
    record_on(FakeKernel::default(), |kernel| {
        let span = info_span!("span");
        let before = kernel.calls();
        for _ in 0..100 {
            span.in_scope(|| assert!(traceparent().is_some()));
        }
        assert_eq!(kernel.calls(), before);
    });
}

/// Counts the spans that reach it, as a layer for the console does.
#[derive(Default)]
struct Console(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Console {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: layer::Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn beside_a_console_layer_each_has_a_filter_of_its_own() {
    let kernel: &FakeKernel = Box::leak(Box::default());
    let console = Console::default();
    let seen = console.0.clone();
    let page = PageLayer::new(Recorder::on(kernel)).with_filter(LevelFilter::INFO);
    let subscriber = Registry::default().with(console).with(page);
    tracing::subscriber::with_default(subscriber, || {
        let work = || info_span!("inner").in_scope(|| {});
        info_span!("outer").in_scope(|| debug_span!("of the console").in_scope(work));
    });
    queue::drain(kernel);
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    assert_eq!(kernel.items("spans").len(), 2);
    assert_eq!(
        kernel.span("inner")["parentSpanId"],
        kernel.span("outer")["spanId"]
    );
}

#[test]
fn without_a_kernel_spans_run_and_nothing_is_recorded() {
    let layer = crate::layer();
    assert_eq!(format!("{layer:?}"), "PageLayer { is_enabled: false }");
    let subscriber = Registry::default().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let ran = info_span!("span", late = Empty).in_scope(|| {
            tracing::info!("event");
            traceparent().is_none()
        });
        assert!(ran);
    });
}

#[test]
fn without_a_kernel_or_beside_a_subscriber_none_is_set() {
    use tracing::subscriber::{NoSubscriber, set_global_default, with_default};

    crate::init();
    let kernel: &FakeKernel = Box::leak(Box::default());
    with_default(Registry::default(), || crate::install(kernel));
    assert!(set_global_default(NoSubscriber::new()).is_ok());
}
