//! A span that is running, and how it ends.

use std::{any::type_name, thread, time::Instant};

use tracing::{Instrument, Level, Span, level_filters::LevelFilter};

use crate::family::{Family, Measured, Parent, Partial};

/// Whether any subscriber may want the spans of a family. Where there is none, as while telemetry is off, no family is even
/// moved to where its span would be made.
#[inline]
pub fn is_on() -> bool {
    Level::INFO <= LevelFilter::current()
}

/// A running span of a family.
///
/// It ends by [`ok`](Self::ok), [`fail`](Self::fail) or [`partial`](Self::partial). If it is dropped before, the span
/// fails, and `error.type` says why:
///
/// | `error.type` | the guard was dropped by |
/// |---|---|
/// | `dropped` | an early return, such as that of `?` |
/// | `panic` | a panic |
/// | `cancelled` | a future that nobody awaits any more, in [`run`](Self::run) |
///
/// A guard does not make its span the current one, so it can be held across an `.await`. The span is current
/// inside [`in_scope`](Self::in_scope), [`run`](Self::run) and [`run_blocking`](Self::run_blocking).
#[must_use = "dropped at once, it is a span that failed"]
#[derive(Debug)]
pub struct Guard<F: Family> {
    family: F,
    span: Span,
    /// `None` if nothing records the span, and once it has ended.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    since: Instant,
    /// A guard that a destructor makes while its thread panics does not fail by that panic.
    started_in_panic: bool,
    /// What it means to be dropped.
    dropped: &'static str,
}

impl<F: Family> Guard<F> {
    #[doc(hidden)]
    #[inline]
    pub fn start(family: F, parent: Parent<'_>) -> Self {
        let span = if is_on() {
            family.span(parent)
        } else {
            Span::none()
        };
        let running = (!span.is_disabled()).then(|| Running {
            since: Instant::now(),
            started_in_panic: thread::panicking(),
            dropped: "dropped",
        });
        Self {
            family,
            span,
            running,
        }
    }

    /// The span, as the parent of others.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Calls `work` inside the span, which goes on afterwards.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.in_scope(work)
    }

    /// Links the span to another one that came before it and is not its parent.
    pub fn link_to(&self, earlier: &Span) {
        self.span.follows_from(earlier);
    }

    /// Ends the span well.
    pub fn ok(mut self, end: F::End<'_>) {
        self.finish(Some(&end), "success", None);
    }

    /// Ends the span with an error. `error.type` is the name of its Rust type; its text is not recorded, because it can
    /// contain anything.
    pub fn fail<E: ?Sized>(self, _error: &E) {
        self.fail_as(type_name::<E>());
    }

    /// Ends the span with this `error.type`, which has to be one of few.
    pub fn fail_as(mut self, error_type: &'static str) {
        self.finish(None, "failed", Some(error_type));
    }

    /// Ends the span as one that did a part of its work.
    pub fn partial(mut self, end: F::End<'_>)
    where
        F: Partial,
    {
        self.finish(Some(&end), "partial", None);
    }

    /// Awaits `work` in the span. The span ends with its result: what is known of a success at the end is made of the value.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn run<T, E>(
        mut self,
        work: impl Future<Output = Result<T, E>>,
        end: impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ) -> Result<T, E> {
        if let Some(running) = &mut self.running {
            running.dropped = "cancelled";
        }
        let result = work.instrument(self.span.clone()).await;
        self.finish_with(result, end)
    }

    /// Calls `work` in the span, like [`run`](Self::run).
    ///
    /// # Errors
    /// Those of `work`.
    #[inline]
    pub fn run_blocking<T, E>(
        self,
        work: impl FnOnce() -> Result<T, E>,
        end: impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ) -> Result<T, E> {
        if self.running.is_none() {
            return work();
        }
        let result = self.span.in_scope(work);
        self.finish_with(result, end)
    }

    fn finish_with<T, E>(
        self,
        result: Result<T, E>,
        end: impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ) -> Result<T, E> {
        match &result {
            Ok(value) => self.ok(end(value)),
            Err(error) => self.fail(error),
        }
        result
    }

    fn finish(
        &mut self,
        end: Option<&F::End<'_>>,
        outcome: &'static str,
        error_type: Option<&'static str>,
    ) {
        let Some(running) = self.running.take() else {
            return;
        };
        if let Some(end) = end {
            F::record_end(&self.span, end);
        }
        if let Some(attribute) = F::DECLARATION.outcome {
            self.span.record(attribute, outcome);
        }
        if let Some(error_type) = error_type {
            self.span.record("error.type", error_type);
            self.span.record("otel.status_code", "ERROR");
        }
        // For OpenTelemetry a span ends when it was last left. It may be kept open by a child that lives longer.
        self.span.in_scope(|| {});
        self.family.measure(Measured {
            duration: running.since.elapsed(),
            end,
            outcome,
            error_type,
        });
    }
}

impl<F: Family> Drop for Guard<F> {
    #[inline]
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            let error_type = running.error_type_of_drop();
            self.finish(None, "failed", Some(error_type));
        }
    }
}

impl Running {
    fn error_type_of_drop(&self) -> &'static str {
        if thread::panicking() && !self.started_in_panic {
            "panic"
        } else {
            self.dropped
        }
    }
}
