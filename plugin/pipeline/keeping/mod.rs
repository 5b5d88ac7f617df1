//! What is written to disk: requests that could not be delivered, files that are rotated, and the key of redaction.

mod installation_key;
pub(crate) mod private;
pub(crate) mod rotate;
pub(crate) mod spool;

pub(crate) use installation_key::installation_key;
