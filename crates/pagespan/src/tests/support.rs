//! A kernel without a page.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tracing::{Dispatch, dispatcher::with_default, level_filters::LevelFilter};
use tracing_subscriber::{Registry, layer::SubscriberExt};

use crate::{
    PageLayer,
    context::Context,
    ids,
    kernel::{Kernel, When},
    queue::{self, Signal},
    recorder::Recorder,
    subscriber::PageSubscriber,
};

/// Remembers its calls, and counts the milliseconds by them.
#[derive(Debug, Default)]
pub(super) struct FakeKernel {
    pub(super) is_unsampled: bool,
    pub(super) clock_runs_backwards: bool,
    pub(super) scope: Option<u32>,
    /// What is active in JavaScript.
    pub(super) active: Option<Context>,
    pub(super) calls: Mutex<Vec<&'static str>>,
    pub(super) batches: Mutex<Vec<(&'static str, Vec<Value>)>>,
}

impl FakeKernel {
    /// A kernel with the same answers, which has received nothing yet.
    fn fresh(&self) -> Self {
        Self {
            is_unsampled: self.is_unsampled,
            clock_runs_backwards: self.clock_runs_backwards,
            scope: self.scope,
            active: self.active,
            ..Self::default()
        }
    }

    fn called(&self, name: &'static str) -> usize {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(name);
        calls.len()
    }

    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().clone()
    }

    /// What each call of `emit` was given.
    pub(super) fn batches(&self) -> Vec<(&'static str, Vec<Value>)> {
        self.batches.lock().unwrap().clone()
    }

    /// All items of a signal that were sent.
    pub(super) fn items(&self, signal: &str) -> Vec<Value> {
        let batches = self.batches().into_iter();
        batches
            .filter(|(name, _)| *name == signal)
            .flat_map(|(_, items)| items)
            .collect()
    }

    pub(super) fn span(&self, name: &str) -> Value {
        let spans = self.items("spans");
        let mut named = spans.iter().filter(|span| span["name"] == name);
        let span = named
            .next()
            .unwrap_or_else(|| panic!("no span {name}: {spans:?}"));
        assert_eq!(named.next(), None, "two spans {name}");
        span.clone()
    }
}

impl Kernel for FakeKernel {
    fn now(&self) -> f64 {
        let calls = f64::from(u32::try_from(self.called("now")).unwrap());
        let passed = if self.clock_runs_backwards {
            -calls
        } else {
            calls
        };
        1_700_000_000_000.25 + passed
    }

    fn new_root(&self, inherits: bool) -> Option<(Context, Option<u64>)> {
        let number = self.called("new_root") as u64;
        let parent = self.active.filter(|_| inherits);
        let context = Context {
            trace_id: parent.map_or(u128::from(number), |parent| parent.trace_id),
            span_id: number,
            is_sampled: !self.is_unsampled,
        };
        Some((context, parent.map(|parent| parent.span_id)))
    }

    fn schedule_drain(&self, when: When) {
        self.called(match when {
            When::EndOfTask => "end_of_task",
            When::NextTask => "next_task",
        });
    }

    fn scope(&self) -> Option<u32> {
        self.scope
    }

    fn emit(&self, signal: Signal, items: &str) {
        let items = serde_json::from_str(items).unwrap_or_else(|error| panic!("{error}: {items}"));
        self.batches.lock().unwrap().push((signal.name(), items));
    }

    fn stack(&self) -> Option<String> {
        Some("at app".to_owned())
    }
}

/// Runs `app` with the layer on a fresh kernel, and returns the kernel with all that was sent.
pub(super) fn record(app: impl Fn()) -> &'static FakeKernel {
    record_on(FakeKernel::default(), |_| app())
}

/// Runs `app` with the layer and then with the subscriber of this crate, which have to record the same.
pub(super) fn record_on(
    kernel: FakeKernel,
    app: impl Fn(&'static FakeKernel),
) -> &'static FakeKernel {
    let on_registry = |recorder| {
        let registry = Registry::default().with(PageLayer::new(recorder));
        Dispatch::new(registry)
    };
    let alone = |recorder| Dispatch::new(PageSubscriber::new(recorder, LevelFilter::TRACE));
    let run = |kernel: FakeKernel, dispatch: &dyn Fn(Recorder) -> Dispatch| {
        let kernel: &'static FakeKernel = Box::leak(Box::new(kernel));
        // The ids of both runs are the same.
        ids::seed(1);
        with_default(&dispatch(Recorder::on(kernel)), || app(kernel));
        queue::drain(kernel);
        kernel
    };
    let of_layer = run(kernel.fresh(), &on_registry);
    let of_subscriber = run(kernel, &alone);
    assert_eq!(of_layer.batches(), of_subscriber.batches());
    of_subscriber
}
