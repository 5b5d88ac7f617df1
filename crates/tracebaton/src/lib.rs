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
//! # Crate features
//!
//! None is on by default.
//!
//! - `http`: [`TraceContext::from_headers`] and [`TraceContext::inject_headers`], for servers and HTTP clients.
//! - `serde`: [`TraceContext`] as a part of messages.
//! - `tracing`: [`continue_from`], [`link_to`] and [`add_link`], for apps that use `tracing-opentelemetry`.
//! - `reqwest`: [`HttpClientSpans`], a span for each request.
//! - `process`: [`ChildProcess`], a span for the life of each child process. `tokio`: the same for `tokio::process`.
//!
//! # Untrusted input
//!
//! Incoming values are validated, and each has a size limit. An invalid `traceparent` is ignored together with its
//! `tracestate`. An invalid `tracestate` is ignored alone, and so is each invalid member of `baggage`. No input causes an error
//! or a panic: [`ignored`] counts the values that were ignored.
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
//!
//! # HTTP and processes
//!
//! With the feature `reqwest`, [`HttpClientSpans`] makes a span of each request and sends its context. With the feature
//! `process`, [`ChildProcess`] does the same for each child process. A child in Rust reads the context with
//! [`TraceContext::from_env`].
//!
//! # Background work
//!
//! Give each turn of a loop a root span of its own, and none to the loop: a span of the loop would last as long as the app.
//! [`link_to`] starts the span of a turn, and [`add_link`] links it to each message that the turn finds.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod baggage;
mod environment;
#[cfg(feature = "http")]
mod headers;
mod hex;
#[cfg(feature = "reqwest")]
mod http_client;
mod ignored;
#[cfg(feature = "process")]
mod process;
mod propagator;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "tracing")]
mod spans;
mod trace_context;
mod traceparent;
mod tracestate;

#[cfg(feature = "reqwest")]
pub use http_client::HttpClientSpans;
pub use ignored::ignored;
#[cfg(feature = "process")]
pub use process::{ChildProcess, ProcessSpan, TracedChild};
pub use propagator::Propagator;
#[cfg(feature = "tracing")]
pub use spans::{add_link, continue_from, link_to};
pub use trace_context::TraceContext;

#[cfg(all(doctest, feature = "serde"))]
#[doc = include_str!("../README.md")]
struct Readme;
