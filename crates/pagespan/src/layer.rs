//! The `tracing` layer.

use std::{fmt, sync::Arc};

use tracing::{Event, Subscriber, span};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{Layer, layer};

use crate::{
    context::{self, Context, Key},
    event::EventFields,
    kernel::{self, Kernel},
    open::{self, OpenSpan},
    span::Recording,
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

impl<S> Layer<S> for PageLayer
where
    S: Subscriber,
{
    fn on_new_span(
        &self,
        attributes: &span::Attributes<'_>,
        id: &span::Id,
        _: layer::Context<'_, S>,
    ) {
        let Some(kernel) = &self.kernel else { return };
        let parent = match attributes.parent() {
            Some(parent) => open::context(parent),
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
            let mut recording = Recording::new(attributes.metadata(), parent, kernel.now());
            attributes.record(&mut recording);
            recording
        });
        open::insert(id, OpenSpan { context, recording });
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, _: layer::Context<'_, S>) {
        if self.kernel.is_some() {
            open::with_recording(id, |recording| values.record(recording));
        }
    }

    fn on_follows_from(&self, id: &span::Id, follows: &span::Id, _: layer::Context<'_, S>) {
        if self.kernel.is_some()
            && let Some(followed) = open::context(follows)
        {
            open::with_recording(id, |recording| recording.link(followed));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        let Some(kernel) = &self.kernel else { return };
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        let mut fields = EventFields::default();
        event.record(&mut fields);

        let (span, context) = match event.parent() {
            Some(parent) => (Some(parent.clone()), open::context(parent)),
            None if event.is_contextual() => (context::current_span(), context::current()),
            None => (None, None),
        };
        if *metadata.level() == tracing::Level::ERROR
            && let Some(id) = &span
        {
            open::with_recording(id, |recording| recording.fail(fields.error.as_deref()));
        }
        fields.push(&**kernel, metadata, context);
    }

    fn on_enter(&self, id: &span::Id, _: layer::Context<'_, S>) {
        if self.kernel.is_some()
            && let Some(context) = open::context(id)
        {
            context::enter(Key::Span(id.clone()), context);
        }
    }

    fn on_exit(&self, id: &span::Id, _: layer::Context<'_, S>) {
        if self.kernel.is_some() {
            context::exit(&Key::Span(id.clone()));
        }
    }

    fn on_close(&self, id: span::Id, _: layer::Context<'_, S>) {
        if let Some(kernel) = &self.kernel {
            open::close(&id, &**kernel);
        }
    }
}
