//! An invoke that Tauri's own handlers receive: under the isolation pattern, and wherever a page uses `postMessage`.
//!
//! The plugin learns of it by the spans that Tauri's `tracing` feature makes, which
//! [`crate::subscriber`] listens to. They tell the command, when the invoke began and when it was answered. They do not
//! tell the request, the response, the webview, or (but for what [`Received::open`] is given) the span of the page.
//!
//! [`handler`](super::handler) knows all of that, and makes the span of the commands that go through it. The spans of all
//! others are made here, when it is known that the command did not go through `handler`.

use std::{mem, sync::Arc};

use opentelemetry::Context;
use parking_lot::Mutex;

use super::{
    is_untraced,
    span::{Began, InvokeSpan},
};
use crate::telemetry::Telemetry;

/// An invoke that Tauri has received. The OpenTelemetry context carries it while its command is called.
#[derive(Debug)]
pub(crate) struct Received {
    telemetry: Arc<Telemetry>,
    cmd: String,
    began: Began,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Nobody has asked for the span. It will be a child of this context.
    Waiting(Context),
    /// The command runs in the span.
    Running(InvokeSpan),
    /// The span has ended, or somebody else makes it.
    Done,
}

impl Received {
    /// An invoke of `cmd`, which begins now, as a child of `page`. `None` for a command that gets no span.
    pub(crate) fn open(
        telemetry: Arc<Telemetry>,
        cmd: String,
        page: Context,
    ) -> Option<OpenInvoke> {
        (!is_untraced(&cmd)).then(|| {
            OpenInvoke(Arc::new(Self {
                telemetry,
                cmd,
                began: Began::now(),
                state: Mutex::new(State::Waiting(page)),
            }))
        })
    }

    /// Whether this thread is handling one.
    pub(crate) fn is_current() -> bool {
        Context::map_current(|cx| cx.get::<Arc<Self>>().is_some())
    }

    /// Leaves the span of the invoke that this thread handles to the caller, if it is one of `cmd` and nobody has begun
    /// its span. Returns when the invoke began.
    pub(super) fn take_over(cmd: &str) -> Option<Began> {
        let received = Context::map_current(|cx| cx.get::<Arc<Self>>().cloned())?;
        let mut state = received.state.lock();
        if received.cmd != cmd || !matches!(*state, State::Waiting(_)) {
            return None;
        }
        *state = State::Done;
        Some(received.began)
    }

    /// Begins the span because the command runs, and returns the context to run it in. `None` if the span has begun
    /// or ended: only one command belongs to an invoke.
    pub(crate) fn run(&self) -> Option<Context> {
        let mut state = self.state.lock();
        let State::Waiting(page) = mem::replace(&mut *state, State::Done) else {
            return None;
        };
        let span = self.begin(page);
        let cx = span.context();
        *state = State::Running(span);
        Some(cx)
    }

    /// Ends the span, because the invoke has been answered.
    pub(crate) fn answered(&self) {
        let state = mem::replace(&mut *self.state.lock(), State::Done);
        if let Some(span) = self.span(state) {
            span.end_without_response();
        }
    }

    fn span(&self, state: State) -> Option<InvokeSpan> {
        match state {
            State::Waiting(page) => Some(self.begin(page)),
            State::Running(span) => Some(span),
            State::Done => None,
        }
    }

    fn begin(&self, page: Context) -> InvokeSpan {
        InvokeSpan::from_tauri_spans(&self.telemetry, &self.cmd, page, self.began)
    }
}

/// Ends the span of an invoke as a failure when it is dropped before the answer.
#[derive(Debug)]
pub(crate) struct OpenInvoke(Arc<Received>);

impl OpenInvoke {
    pub(crate) fn received(&self) -> &Arc<Received> {
        &self.0
    }

    /// The context of this invoke alone: it is caused by nothing that happens on the thread that receives it.
    pub(crate) fn context(&self) -> Context {
        Context::new().with_value(self.0.clone())
    }
}

impl Drop for OpenInvoke {
    fn drop(&mut self) {
        let state = mem::replace(&mut *self.0.state.lock(), State::Done);
        // A span that is dropped ends as a failure.
        drop(self.0.span(state));
    }
}
