//! The trace context at the borders of the app.
//!
//! The format is W3C Trace Context, Level 2 (<https://www.w3.org/TR/trace-context-2/>).

pub(crate) mod headers;
pub(crate) mod ids;
mod traceparent;
