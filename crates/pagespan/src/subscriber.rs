//! The subscriber of [`init`](crate::init). It has the part of `tracing_subscriber::Registry` that one layer needs, at a
//! fraction of the bytes: a page is downloaded and compiled before it shows anything.

use tracing_core::{
    Event, Interest, LevelFilter, Metadata, Subscriber,
    span::{self, Current},
};

use crate::{context, open, recorder::Recorder};

pub(crate) struct PageSubscriber {
    recorder: Recorder,
    max_level: LevelFilter,
}

impl PageSubscriber {
    pub(crate) fn new(recorder: Recorder, max_level: LevelFilter) -> Self {
        Self {
            recorder,
            max_level,
        }
    }
}

impl Subscriber for PageSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.max_level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level)
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let id = open::next_id();
        if let Some(mut span) = self.recorder.start(attributes) {
            // A span ends after its children, as on the registry.
            span.parent = match attributes.parent() {
                None if attributes.is_contextual() => context::current_span(),
                parent => parent.cloned(),
            };
            if let Some(parent) = &span.parent {
                open::retain(parent);
            }
            open::insert(&id, span);
        }
        id
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        self.recorder.record(id, values);
    }

    fn record_follows_from(&self, id: &span::Id, follows: &span::Id) {
        self.recorder.follows_from(id, follows);
    }

    fn event(&self, event: &Event<'_>) {
        self.recorder.event(event);
    }

    fn enter(&self, id: &span::Id) {
        self.recorder.enter(id);
    }

    fn exit(&self, id: &span::Id) {
        self.recorder.exit(id);
    }

    fn clone_span(&self, id: &span::Id) -> span::Id {
        open::retain(id);
        id.clone()
    }

    fn try_close(&self, id: span::Id) -> bool {
        let mut is_closed = false;
        let mut next = Some(id);
        while let Some(mut span) = next.and_then(|id| open::release(&id)) {
            is_closed = true;
            next = span.parent.take();
            self.recorder.end(&span);
        }
        is_closed
    }

    fn current_span(&self) -> Current {
        let current = context::current_span().and_then(|id| {
            let metadata = open::metadata(&id)?;
            Some(Current::new(id, metadata))
        });
        current.unwrap_or_else(Current::none)
    }
}
