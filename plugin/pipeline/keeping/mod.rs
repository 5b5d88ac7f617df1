//! What is written to disk: requests that could not be delivered, and files that are rotated.

pub(crate) mod private;
pub(crate) mod rotate;
pub(crate) mod spool;
