//! The trace context at the borders of the app.

pub(crate) mod headers;
pub(crate) mod ids;
