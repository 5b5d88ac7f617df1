//! The `tracing` layer.

use std::{fmt, sync::Arc};

use tracing::{Event, Subscriber, span};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{Layer, layer, registry::LookupSpan};

use crate::{
    context::{self, Context, Key},
    event::EventFields,
    kernel::{self, Kernel},
    queue::{self, Signal},
    span::{OpenSpan, Recording},
};

/// Records the spans and events of a page. See [`layer()`].
#[derive(Clone)]
pub struct PageLayer {
    kernel: Option<Arc<dyn Kernel>>,
}

/// The layer for a subscriber of your own, beside others such as one for the console:
///
/// ```
/// use tracing_subscriber::prelude::*;
///
/// tracing_subscriber::registry()
///     .with(tracing_subscriber::filter::LevelFilter::INFO)
///     .with(pagespan::layer())
///     .init();
/// ```
///
/// It is disabled if this page has no kernel when the function is called.
#[must_use]
pub fn layer() -> PageLayer {
    PageLayer {
        kernel: kernel::find(),
    }
}

impl PageLayer {
    #[cfg(test)]
    pub(crate) fn on(kernel: Arc<dyn Kernel>) -> Self {
        Self {
            kernel: Some(kernel),
        }
    }
}

impl fmt::Debug for PageLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PageLayer")
            .field("is_enabled", &self.kernel.is_some())
            .finish()
    }
}

/// The context of a span that this layer knows.
fn context_of<S>(id: &span::Id, cx: &layer::Context<'_, S>) -> Option<Context>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let span = cx.span(id)?;
    let extensions = span.extensions();
    extensions.get::<OpenSpan>().map(|open| open.context)
}

/// Calls `change` with the record of a span. Does nothing for a span that is not recorded.
fn with_recording<S>(id: &span::Id, cx: &layer::Context<'_, S>, change: impl FnOnce(&mut Recording))
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    if let Some(span) = cx.span(id)
        && let Some(open) = span.extensions_mut().get_mut::<OpenSpan>()
        && let Some(recording) = &mut open.recording
    {
        change(recording);
    }
}

impl<S> Layer<S> for PageLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        cx: layer::Context<'_, S>,
    ) {
        let Some(kernel) = &self.kernel else { return };
        let parent = match attributes.parent() {
            Some(parent) => context_of(parent, &cx),
            None if attributes.is_contextual() => context::current(),
            None => None,
        };
        let made = match parent {
            Some(parent) => {
                let span_id = fastrand::u64(1..);
                let context = Context { span_id, ..parent };
                Some((context, Some(parent.span_id)))
            }
            None => kernel.new_root(attributes.is_contextual()),
        };
        let Some((context, parent)) = made else {
            return;
        };
        let recording = context.is_sampled.then(|| {
            let target = attributes.metadata().target();
            let mut recording = Recording::new(parent, kernel.now(), target);
            attributes.record(&mut recording);
            recording
        });
        if let Some(span) = cx.span(id) {
            span.extensions_mut()
                .insert(OpenSpan { context, recording });
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, cx: layer::Context<'_, S>) {
        if self.kernel.is_some() {
            with_recording(id, &cx, |recording| values.record(recording));
        }
    }

    fn on_follows_from(&self, id: &span::Id, follows: &span::Id, cx: layer::Context<'_, S>) {
        if self.kernel.is_some()
            && let Some(followed) = context_of(follows, &cx)
        {
            with_recording(id, &cx, |recording| recording.link(followed));
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: layer::Context<'_, S>) {
        let Some(kernel) = &self.kernel else { return };
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let mut fields = EventFields::default();
        event.record(&mut fields);

        let span = cx.event_span(event).map(|span| span.id());
        if *metadata.level() == tracing::Level::ERROR
            && let Some(id) = &span
        {
            with_recording(id, &cx, |recording| recording.fail(fields.error.as_deref()));
        }
        let context = if event.is_contextual() {
            context::current()
        } else {
            span.and_then(|id| context_of(&id, &cx))
        };
        fields.push(&**kernel, metadata, context);
    }

    fn on_enter(&self, id: &span::Id, cx: layer::Context<'_, S>) {
        if self.kernel.is_some()
            && let Some(context) = context_of(id, &cx)
        {
            context::enter(Key::Span(id.clone()), context);
        }
    }

    fn on_exit(&self, id: &span::Id, _: layer::Context<'_, S>) {
        if self.kernel.is_some() {
            context::exit(&Key::Span(id.clone()));
        }
    }

    fn on_close(&self, id: span::Id, cx: layer::Context<'_, S>) {
        let Some(kernel) = &self.kernel else { return };
        let Some(span) = cx.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<OpenSpan>() else {
            return;
        };
        if let Some(recording) = open.recording {
            let end = kernel.now();
            queue::push(&**kernel, Signal::Spans, |item| {
                recording.write(open.context, span.name(), end, item);
            });
        }
    }
}
