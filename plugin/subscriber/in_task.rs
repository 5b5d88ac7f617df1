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

#[cfg(test)]
mod tests {
    use opentelemetry::{
        Context, SpanId, TraceFlags, TraceId,
        trace::{SpanContext, TraceContextExt, TraceState, TracerProvider},
    };
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tokio::{runtime, task::LocalSet};
    use tracebaton::{TraceContext, link_to};
    use tracing::{Span, info_span};
    use tracing_subscriber::{Registry, layer::SubscriberExt};

    use super::*;
    use crate::ipc::task::CommandTask;

    const INVOKE: TraceId = TraceId::from_bytes(1u128.to_be_bytes());

    /// Calls `work` in the task of a command.
    fn in_command<T: 'static>(work: fn() -> T) -> T {
        let invoke = Context::new().with_remote_span_context(SpanContext::new(
            INVOKE,
            SpanId::from(7),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        ));
        let tasks = LocalSet::new();
        let _expected = CommandTask::expect(invoke);
        let done = tasks.spawn_local(async move { work() });
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        tasks.block_on(&runtime, done).unwrap()
    }

    fn trace_of(span: &Span) -> TraceId {
        let cx = span.in_scope(TraceContext::current);
        cx.span_context().expect("a span").trace_id()
    }

    #[test]
    fn a_span_without_a_parent_begins_a_trace_in_a_command_as_well() {
        let provider = SdkTracerProvider::default();
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let layers = EnterTask.and_then(spans).and_then(LeaveTask);
        tracing::subscriber::with_default(Registry::default().with(layers), || {
            // Other tests spawn tasks at the same time, so not every try finds the task of the command.
            let traces = (0..1_000).find_map(|_| {
                let (plain, roots) = in_command(|| {
                    let roots = [
                        link_to([], || info_span!("linked")),
                        TraceContext::default().run(|| info_span!("run")),
                    ];
                    (
                        trace_of(&info_span!("plain")),
                        roots.each_ref().map(trace_of),
                    )
                });
                (plain == INVOKE).then_some(roots)
            });
            let roots = traces.expect("the task of the command");
            assert!(!roots.contains(&INVOKE), "{roots:?}");
        });
    }
}
