//! A span that is running, and how it ends.

use std::{any::type_name, thread, time::Instant};

use tracing::{Instrument, Level, Span, level_filters::LevelFilter};

use crate::family::{Family, Measured, Parent, Partial};

/// Whether any subscriber may want the spans of a family. While telemetry is off none does, and a family costs this check alone.
///
/// The functions that are called after the check are not inlined, and take their arguments as one tuple. Otherwise the compiler writes
/// the fields of the family to memory before the check.
#[inline]
fn is_on() -> bool {
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
    /// `None` if nothing records the span.
    running: Option<Running<F>>,
}

#[derive(Debug)]
struct Running<F: Family> {
    family: F,
    span: Span,
    since: Instant,
    /// A guard that a destructor makes while its thread panics does not fail by that panic.
    started_in_panic: bool,
    /// The `error.type` if the guard is dropped; `None` once the span has ended.
    dropped: Option<&'static str>,
}

impl<F: Family> Guard<F> {
    #[doc(hidden)]
    #[inline]
    pub fn start(family: F, parent: Parent<'_>) -> Self {
        if is_on() {
            Running::start((family, parent))
        } else {
            Self { running: None }
        }
    }

    /// Starts a span below the current one, and calls `work` in it.
    ///
    /// # Errors
    /// Those of `work`.
    #[doc(hidden)]
    #[inline]
    pub fn start_and_run<T, E>(
        family: F,
        work: impl FnOnce() -> Result<T, E>,
        end: impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ) -> Result<T, E> {
        if is_on() {
            start_and_run((family, Parent::Current, work, end))
        } else {
            work()
        }
    }

    /// The span, as the parent of others.
    #[inline]
    pub fn span(&self) -> &Span {
        static NONE: Span = Span::none();
        self.running.as_ref().map_or(&NONE, |running| &running.span)
    }

    /// Calls `work` inside the span, which goes on afterwards.
    #[inline]
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span().in_scope(work)
    }

    /// Links the span to another one that came before it and is not its parent.
    ///
    /// The other one is not exported while anybody holds a clone of it, and is lost if the process is killed before that. If it ends
    /// long before this one starts, hold its context in place of it: `span.in_scope(TraceContext::current)` and
    /// `add_link` of the crate `tracebaton`, with the feature `tracing`.
    pub fn link_to(&self, earlier: &Span) {
        self.span().follows_from(earlier);
    }

    /// Ends the span well.
    #[inline]
    pub fn ok(self, end: F::End<'_>) {
        if let Some(running) = self.running {
            running.end(Some(&end), "success", None);
        }
    }

    /// Ends the span with an error. `error.type` is the name of its Rust type; its text is not recorded, because it can
    /// contain anything.
    #[inline]
    pub fn fail<E: ?Sized>(self, _error: &E) {
        self.fail_as(type_name::<E>());
    }

    /// Ends the span with this `error.type`, which has to be one of few.
    #[inline]
    pub fn fail_as(self, error_type: &'static str) {
        if let Some(running) = self.running {
            running.end(None, "failed", Some(error_type));
        }
    }

    /// Ends the span as one that did a part of its work.
    #[inline]
    pub fn partial(self, end: F::End<'_>)
    where
        F: Partial,
    {
        if let Some(running) = self.running {
            running.end(Some(&end), "partial", None);
        }
    }

    /// Awaits `work` in the span. The span ends with its result: what is known of a success at the end is made of the value.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn run<T, E>(
        mut self,
        work: impl Future<Output = Result<T, E>>,
        end: impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ) -> impl Future<Output = Result<T, E>> {
        // Before the first poll, because the future can be dropped without one.
        if let Some(running) = &mut self.running {
            running.dropped = Some("cancelled");
        }
        async {
            let result = work.instrument(self.span().clone()).await;
            self.end_with(&result, end);
            result
        }
    }

    /// Calls `work` in the span, like [`run`](Self::run).
    ///
    /// # Errors
    /// Those of `work`.
    pub fn run_blocking<T, E>(
        self,
        work: impl FnOnce() -> Result<T, E>,
        end: impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ) -> Result<T, E> {
        let result = self.in_scope(work);
        self.end_with(&result, end);
        result
    }

    fn end_with<T, E>(self, result: &Result<T, E>, end: impl for<'e> FnOnce(&'e T) -> F::End<'e>) {
        if self.running.is_some() {
            match result {
                Ok(value) => self.ok(end(value)),
                Err(error) => self.fail(error),
            }
        }
    }
}

#[inline(never)]
fn start_and_run<F: Family, T, E>(
    (family, parent, work, end): (
        F,
        Parent<'_>,
        impl FnOnce() -> Result<T, E>,
        impl for<'e> FnOnce(&'e T) -> F::End<'e>,
    ),
) -> Result<T, E> {
    Running::start((family, parent)).run_blocking(work, end)
}

impl<F: Family> Running<F> {
    #[inline(never)]
    fn start((family, parent): (F, Parent<'_>)) -> Guard<F> {
        let span = family.span(parent);
        let running = (!span.is_disabled()).then(|| Self {
            family,
            span,
            since: Instant::now(),
            started_in_panic: thread::panicking(),
            dropped: Some("dropped"),
        });
        Guard { running }
    }

    #[inline(never)]
    fn end(
        mut self,
        end: Option<&F::End<'_>>,
        outcome: &'static str,
        error_type: Option<&'static str>,
    ) {
        self.dropped = None;
        self.record_end(end, outcome, error_type);
    }

    fn record_end(
        &self,
        end: Option<&F::End<'_>>,
        outcome: &'static str,
        error_type: Option<&'static str>,
    ) {
        let span = &self.span;
        if let Some(end) = end {
            F::record_end(span, end);
        }
        if let Some(attribute) = F::DECLARATION.outcome {
            span.record(attribute, outcome);
        }
        if let Some(error_type) = error_type {
            span.record("error.type", error_type);
            span.record("otel.status_code", "ERROR");
        }
        // For OpenTelemetry a span ends when it was last left. It may be kept open by a child that lives longer.
        span.in_scope(|| {});
        self.family.measure(Measured {
            duration: self.since.elapsed(),
            end,
            outcome,
            error_type,
        });
    }
}

impl<F: Family> Drop for Running<F> {
    fn drop(&mut self) {
        if let Some(dropped) = self.dropped {
            let is_panic = thread::panicking() && !self.started_in_panic;
            let error_type = if is_panic { "panic" } else { dropped };
            self.record_end(None, "failed", Some(error_type));
        }
    }
}
