//! Hands a trace context on to whatever continues the work: an HTTP request, a child process, a message in a queue, a file,
//! a thread pool, another language.
//!
//! A [`TraceContext`] is a plain value: the `traceparent`, `tracestate` and `baggage` of the span that is current. One side
//! captures it and sends it along, the other side attaches it, and the spans of both sides are one trace:
//!
//! ```
//! use std::collections::HashMap;
//! use tracebaton::TraceContext;
//!
//! // The sender.
//! let mut message = HashMap::new();
//! TraceContext::current().inject(&mut message);
//!
//! // The receiver: spans that start inside are children of the sender's span.
//! TraceContext::extract(&message).run(|| { /* handle the message */ });
//! ```
//!
//! The formats are [W3C Trace Context, Level 2](https://www.w3.org/TR/trace-context-2/), [W3C
//! Baggage](https://www.w3.org/TR/baggage/), and OpenTelemetry's [environment
//! carrier](https://opentelemetry.io/docs/specs/otel/context/env-carriers/).
//!
//! # Untrusted input
//!
//! Whatever arrives is checked before it is used, and every part has a limit. A `traceparent` that is not valid is
//! ignored together with its `tracestate`. A `tracestate` that is not valid is ignored alone, and so is each member of
//! `baggage`. Nothing fails and nothing panics: [`ignored`] counts what was left out.
//!
//! # Cost
//!
//! Without a current span, [`TraceContext::current`] is a look at a thread-local variable, and an empty context injects
//! nothing.
//!
//! # Continue or link
//!
//! A receiver that finishes what the sender began continues its trace. A receiver that handles many messages at once, or
//! handles them hours later, starts a trace of its own and links to theirs. With the feature `tracing` these are
//! [`continue_from`] and [`link_to`]:
//!
//! ```text
//! continue_from                     link_to
//!
//! send ──┐                          send A ─────┐
//!        └─▶ receive                send B ───┐ │ links
//!  one trace                                  ▼ ▼
//!                                   ● sync   a trace of its own
//! ```

#![forbid(unsafe_code)]

mod baggage;
mod environment;
#[cfg(feature = "http")]
mod headers;
mod hex;
mod ignored;
mod propagator;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "tracing")]
mod spans;
mod trace_context;
mod traceparent;
mod tracestate;

pub use ignored::ignored;
pub use propagator::Propagator;
#[cfg(feature = "tracing")]
pub use spans::{continue_from, link_to};
pub use trace_context::TraceContext;

#[cfg(all(doctest, feature = "serde"))]
#[doc = include_str!("../README.md")]
struct Readme;
