//! Makes the context of an invoke current while a span is made that begins in the task of its command.
//!
//! The layer of `tracing-opentelemetry` takes the parent of a span without one from the context that is current. It stands between
//! the two layers here.

use std::cell::RefCell;

use opentelemetry::ContextGuard;
use tracing::{
    Subscriber,
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer, registry::LookupSpan};

use crate::ipc::task;

thread_local! {
    static ATTACHED: RefCell<Option<ContextGuard>> = const { RefCell::new(None) };
}

/// Comes before the layer that makes the spans.
pub(super) struct EnterTask;

/// Comes after it.
pub(super) struct LeaveTask;

impl<S> Layer<S> for EnterTask
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: layer::Context<'_, S>) {
        if attributes.is_contextual() {
            ATTACHED.set(task::attach());
        }
    }
}

impl<S> Layer<S> for LeaveTask
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: layer::Context<'_, S>) {
        ATTACHED.set(None);
    }
}
