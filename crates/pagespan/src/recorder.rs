//! Records spans and events of `tracing`. Both the layer and the subscriber of this crate call it.

use tracing_core::{Event, Level, span};

use crate::{
    context::{self, Context, Key},
    event::{EventFields, MESSAGE, severity},
    field::{TakeField, Value, Visitor},
    ids,
    kernel::Kernel,
    open::{self, OpenSpan},
    queue::{self, Signal},
    span::{End, Recording},
};

/// Records on a kernel.
#[derive(Clone, Copy)]
pub(crate) struct Recorder {
    kernel: &'static dyn Kernel,
}

impl Recorder {
    pub(crate) fn on(kernel: &'static dyn Kernel) -> Self {
        Self { kernel }
    }

    /// Starts a span. `None` if the kernel fails.
    pub(crate) fn start(self, attributes: &span::Attributes<'_>) -> Option<OpenSpan> {
        let parent = match attributes.parent() {
            Some(parent) => open::context(parent),
            None if attributes.is_contextual() => context::current(),
            None => None,
        };
        let (context, parent) = match parent {
            Some(parent) => {
                let span_id = ids::span_id();
                (Context { span_id, ..parent }, Some(parent.span_id))
            }
            None => self.kernel.new_root(attributes.is_contextual())?,
        };
        let metadata = attributes.metadata();
        let recording = context.is_sampled.then(|| {
            let mut recording = Box::new(Recording::new(metadata, parent, self.kernel.now()));
            attributes.record(&mut Visitor(&mut *recording));
            recording
        });
        Some(OpenSpan::new(metadata, context, recording))
    }

    pub(crate) fn record(self, id: &span::Id, values: &span::Record<'_>) {
        open::with_recording(id, |recording| values.record(&mut Visitor(recording)));
    }

    pub(crate) fn follows_from(self, id: &span::Id, follows: &span::Id) {
        if let Some(followed) = open::context(follows) {
            open::with_recording(id, |recording| recording.link(followed));
        }
    }

    pub(crate) fn enter(self, id: &span::Id) {
        if let Some(context) = open::context(id) {
            context::enter(Key::Span(id.clone()), context);
        }
    }

    pub(crate) fn exit(self, id: &span::Id) {
        context::exit(&Key::Span(id.clone()));
    }

    pub(crate) fn end(self, span: &OpenSpan) {
        if let Some(recording) = &span.recording {
            send(recording, span.context, End::Closed, self.kernel);
        }
    }

    pub(crate) fn event(self, event: &Event<'_>) {
        let mut fields = EventFields::default();
        event.record(&mut Visitor(&mut fields));
        let (span, context) = match event.parent() {
            Some(parent) => (Some(parent.clone()), open::context(parent)),
            None if event.is_contextual() => (context::current_span(), context::current()),
            None => (None, None),
        };
        let metadata = event.metadata();
        fields.set_target(metadata.target());
        self.push(fields, *metadata.level(), span, context);
    }

    /// A text of the current span.
    pub(crate) fn log(self, level: Level, target: &str, text: &str) {
        let mut fields = EventFields::default();
        fields.take(MESSAGE, Value::Text(text));
        fields.set_target(target);
        self.push(fields, level, context::current_span(), context::current());
    }

    fn push(
        self,
        fields: EventFields,
        level: Level,
        span: Option<span::Id>,
        context: Option<Context>,
    ) {
        if level == Level::ERROR
            && let Some(id) = &span
        {
            open::with_recording(id, |recording| recording.fail(fields.error.as_deref()));
        }
        fields.push(self.kernel, severity(level), context);
    }
}

/// Sends the spans that are open as they are, when the page is left. They stay, as the parents of what the page may still do.
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "only a page can be left")
)]
pub(crate) fn end_all(kernel: &dyn Kernel) {
    open::take_recordings(|recording, context| {
        send(recording, context, End::Unfinished, kernel);
    });
    queue::drain(kernel);
}

fn send(recording: &Recording, context: Context, end: End, kernel: &dyn Kernel) {
    let time = kernel.now();
    queue::push(kernel, Signal::Spans, &mut |item| {
        recording.write(context, time, end, item);
    });
}
