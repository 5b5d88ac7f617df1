//! What is recorded, until it is queued: spans, log records and metrics, with their resource, sampling and limits.

pub(crate) mod breadcrumbs;
pub(crate) mod entry;
mod limits;
pub(crate) mod log_file;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod resource;
pub(crate) mod sampling;
pub(crate) mod session;
pub(crate) mod spans;
mod tail;
mod unique;
