//! Families of `tracing` spans for the work inside a command: databases, jobs, pipelines, queries, storage, and families of
//! your own.
//!
//! A family is declared once. It becomes a struct of what is known at the start of a span and, if there is more to know,
//! one of what is known at its end:
//!
//! ```
//! use spankit::{Bytes, span_family};
//!
//! span_family! {
//!     /// A file comes from another peer.
//!     pub span Fetch("fetch {peer}", client) {
//!         peer: &str = "mesh.peer",
//!         is_retry: bool = "mesh.is_retry",
//!     } => FetchEnd {
//!         received: Bytes = "mesh.received",
//!     }
//!     metrics by(peer) {
//!         duration: histogram = "mesh.fetch.duration",
//!         received: counter = "mesh.received",
//!     }
//! }
//!
//! # async fn request(peer: &str) -> std::io::Result<Vec<u8>> { Ok(peer.into()) }
//! async fn fetch(peer: &str) -> std::io::Result<Vec<u8>> {
//!     Fetch { peer, is_retry: false }
//!         .run(request(peer), |file| FetchEnd { received: Bytes(file.len() as u64) })
//!         .await
//! }
//! ```
//!
//! Whoever leaves a field out, gives it another type or another unit, is told by the compiler. Whatever way the work ends,
//! the span says so: [`Guard`] has the table.
//!
//! # Declaring
//!
//! [`span_family!`] takes any number of families and enums. In a family there are, in this order:
//!
//! - `span Name("pattern", kind)`: the type, the name of its spans, in which `{field}` stands for a field known at the
//!   start, and one of `internal`, `client`, `server`, `producer` and `consumer`.
//! - `{ field: Type = "attribute.name", … }`: what is known at the start. `&str` borrows, so a text that is there costs no
//!   allocation. Types with a unit are [`Bytes`], [`Ratio`], [`Duration`](std::time::Duration), and your own
//!   ([`Field`]). `Option` fields are left out while they are `None`; they give the struct a `new` for the others, and
//!   a setter for each.
//! - `=> NameEnd { … }`: what is known at the end. `outcome = "attribute.name"` among them records `success`, `failed` or
//!   `partial`, and allows [`Guard::partial`].
//! - `metrics by(field, …) { duration: histogram = "…", field: counter = "…" }`: the duration in seconds and fields of the
//!   end as metrics, grouped by fields of the start, the outcome and `error.type`. A `bool` counts how often it was true, and
//!   `!field: counter = "…"` how often it was false.
//!
//! A family has at most 28 attributes, its outcome included: a span of `tracing` has room for 32.
//!
//! The macros write `::spankit`, so the dependency has to have this name in `Cargo.toml`.
//!
//! An enum is an attribute with few values:
//!
//! ```
//! spankit::span_family! {
//!     /// The phases of the loop.
//!     pub enum Phase { Monitor = "monitor", Analyze = "analyze" }
//!
//!     /// One phase of the loop.
//!     pub span Cycle("mape_k.{phase}", internal) {
//!         phase: Phase = "mape_k.phase",
//!     }
//! }
//!
//! # fn analyze() -> Result<(), std::fmt::Error> { Ok(()) }
//! Cycle { phase: Phase::Analyze }.run_blocking(analyze)?;
//! # Ok::<(), std::fmt::Error>(())
//! ```
//!
//! # Running
//!
//! | | |
//! |---|---|
//! | `family.run(future, end)` | a future; dropped before its end, it was cancelled |
//! | `family.run_blocking(closure, end)` | a closure, on this thread: also inside `spawn_blocking` and rayon |
//! | [`#[spanned(…)]`](spanned) | a function, sync or async |
//! | `family.start()` | a [`Guard`], for everything else |
//!
//! A family without fields of the end takes no `end`. Work on another thread does not know the current span. There
//! [`start_below`](Guard::span) names the parent:
//!
//! ```
//! use rayon::prelude::*;
//! use spankit::{udf::{Udf, UdfEnd}, workflow::Run};
//!
//! let run = Run::new("nightly", "42").start();
//! let lengths: Vec<usize> = ["a", "bc"]
//!     .par_iter()
//!     .map(|text| {
//!         let udf = Udf { name: "length", version: "1" }.start_below(run.span());
//!         let length = udf.in_scope(|| text.len());
//!         udf.ok(UdfEnd { rows: 1 });
//!         length
//!     })
//!     .collect();
//! run.ok(());
//! ```
//!
//! # Kits
//!
//! [`db`], [`job`], [`workflow`], [`query`], [`storage`], [`udf`] and [`geo`] are families for what has no
//! instrumentation of its own.
//!
//! # What it feeds
//!
//! Spans are spans of `tracing`, so any subscriber gets them. Metrics are events with the fields that the `MetricsLayer`
//! of `tracing-opentelemetry` knows (`histogram.x`, `monotonic_counter.x`), at level INFO under the target
//! `spankit::metrics`. They belong to no span. While nothing records a span, neither its clock is read nor its metrics are
//! emitted.

#![forbid(unsafe_code)]

// For the families in here, which are declared as those of everybody else.
extern crate self as spankit;

pub mod db;
mod family;
mod field;
pub mod geo;
mod guard;
pub mod job;
pub mod query;
pub mod storage;
pub mod udf;
pub mod workflow;

#[doc(hidden)]
pub use family::Measured;
pub use family::{Attribute, Declaration, Family, Instrument, Kind, Metric, Parent, Partial};
pub use field::{Bytes, Field, Measure, Ratio, Type};
pub use guard::Guard;
/// Declares families of spans. The documentation of the [crate](self#declaring) has the syntax.
pub use spankit_macros::span_family;
/// Makes each call of a function a span of a family.
///
/// It takes the family and, if that has fields of the end, a closure that makes them of the value. Both see
/// the arguments of the function. A function that returns a `Result`, by that name or one that ends with it, fails with its
/// error; others always succeed.
///
/// ```
/// use spankit::{db::{Db, DbEnd}, spanned};
///
/// #[spanned(
///     Db::new("redb", "scan", table),
///     |rows| DbEnd::new().returned_rows(rows.len() as u64),
/// )]
/// async fn scan(table: &str) -> std::io::Result<Vec<String>> {
///     Ok(vec![table.to_owned()])
/// }
/// ```
pub use spankit_macros::spanned;
pub use tracing::Span;

/// What the macros need.
#[doc(hidden)]
pub mod __private {
    pub use tracing;

    use std::convert::Infallible;

    /// Names the `T` of an `Option<T>`.
    pub trait Optional {
        type Inner;
    }

    impl<T> Optional for Option<T> {
        type Inner = T;
    }

    /// Counts that something was not so, if it is known.
    pub fn negated(value: impl Into<Option<bool>>) -> Option<u64> {
        value.into().map(|value| u64::from(!value))
    }

    pub fn value_of<T>(result: Result<T, Infallible>) -> T {
        match result {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
