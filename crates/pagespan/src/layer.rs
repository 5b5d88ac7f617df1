//! The `tracing` layer.

use std::fmt;

use tracing_core::{Event, Subscriber, span};
use tracing_subscriber::{Layer, layer};

use crate::{kernel, open, recorder::Recorder};

/// Records the spans and events of a page. See [`layer()`].
#[derive(Clone)]
pub struct PageLayer {
    recorder: Option<Recorder>,
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
        recorder: kernel::find().map(Recorder::on),
    }
}

#[cfg(test)]
impl PageLayer {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self {
            recorder: Some(recorder),
        }
    }
}

impl fmt::Debug for PageLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PageLayer")
            .field("is_enabled", &self.recorder.is_some())
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
        if let Some(recorder) = self.recorder
            && let Some(span) = recorder.start(attributes)
        {
            open::insert(id, span);
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, _: layer::Context<'_, S>) {
        if let Some(recorder) = self.recorder {
            recorder.record(id, values);
        }
    }

    fn on_follows_from(&self, id: &span::Id, follows: &span::Id, _: layer::Context<'_, S>) {
        if let Some(recorder) = self.recorder {
            recorder.follows_from(id, follows);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: layer::Context<'_, S>) {
        if let Some(recorder) = self.recorder {
            recorder.event(event);
        }
    }

    fn on_enter(&self, id: &span::Id, _: layer::Context<'_, S>) {
        if let Some(recorder) = self.recorder {
            recorder.enter(id);
        }
    }

    fn on_exit(&self, id: &span::Id, _: layer::Context<'_, S>) {
        if let Some(recorder) = self.recorder {
            recorder.exit(id);
        }
    }

    fn on_close(&self, id: span::Id, _: layer::Context<'_, S>) {
        if let Some(recorder) = self.recorder
            && let Some(span) = open::release(&id)
        {
            recorder.end(&span);
        }
    }
}
