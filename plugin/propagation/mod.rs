//! The trace context at the borders of the app.
//!
//! One file per carrier. The format is W3C Trace Context, Level 2
//! (<https://www.w3.org/TR/trace-context-2/>); reading and writing it is the SDK's.

pub(crate) mod headers;
