//! What [`span_family!`](crate::span_family) makes of a declaration.

use std::time::Duration;

use tracing::Span;

use crate::field::{Field, Type};

/// A family of spans; its values are what is known of one span at its start.
///
/// [`span_family!`](crate::span_family) implements it.
pub trait Family: Sized {
    /// What is known at the end.
    type End<'e>;

    /// The declaration as data, for registries and for tests.
    const DECLARATION: Declaration;

    /// Makes the span, with all fields of the end empty.
    #[doc(hidden)]
    fn span(&self, parent: Parent<'_>) -> Span;

    /// Records the fields of the end.
    #[doc(hidden)]
    fn record_end(span: &Span, end: &Self::End<'_>);

    /// Emits the metrics.
    #[doc(hidden)]
    fn measure(&self, measured: Measured<'_, '_, Self>) {
        let _ = measured;
    }
}

/// A family whose spans can end neither well nor badly: it declares `outcome = "…"`.
#[diagnostic::on_unimplemented(
    message = "spans of `{Self}` succeed or fail",
    note = "declare `outcome = \"the.attribute\"` among the fields of its end to have partial ones"
)]
pub trait Partial: Family {}

/// Where a span belongs.
#[derive(Debug, Clone, Copy)]
pub enum Parent<'p> {
    /// Below the current span.
    Current,
    /// Below this span.
    Span(&'p Span),
    /// It is a root.
    None,
}

/// What metrics are made of.
#[doc(hidden)]
pub struct Measured<'m, 'e, F: Family> {
    pub duration: Duration,
    pub end: Option<&'m F::End<'e>>,
    pub outcome: &'static str,
    pub error_type: Option<&'static str>,
}

/// A family as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// The pattern of the names.
    pub name: &'static str,
    /// The kind of the spans.
    pub kind: Kind,
    /// The attributes known at the start.
    pub start: &'static [Attribute],
    /// The attributes known at the end.
    pub end: &'static [Attribute],
    /// The attribute that is `success`, `failed` or `partial`.
    pub outcome: Option<&'static str>,
    /// The metrics.
    pub metrics: &'static [Metric],
    /// The attributes of the start that the metrics have as well, beside the outcome and `error.type`.
    pub dimensions: &'static [&'static str],
}

/// An attribute as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Its unit as UCUM writes it.
    pub unit: Option<&'static str>,
    /// Whether it can be absent.
    pub is_optional: bool,
}

impl Attribute {
    /// The attribute for a field of type `T`.
    #[must_use]
    pub const fn of<T: Field>(name: &'static str) -> Self {
        Self {
            name,
            ty: T::TYPE,
            unit: T::UNIT,
            is_optional: T::IS_OPTIONAL,
        }
    }
}

/// A metric as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it aggregates.
    pub instrument: Instrument,
    /// The unit as UCUM writes it. Events of `tracing` cannot carry it, so it is not exported.
    pub unit: Option<&'static str>,
    /// `duration`, or the field of the end that is measured; `!` before a `bool` whose opposite is counted.
    pub of: &'static str,
}

/// How a metric aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    /// A sum that only grows.
    Counter,
    /// A distribution.
    Histogram,
}

/// The role of a span in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work inside the process.
    Internal,
    /// A request to something else.
    Client,
    /// The handling of a request.
    Server,
    /// Something is put into a queue.
    Producer,
    /// Something is taken from a queue.
    Consumer,
}
