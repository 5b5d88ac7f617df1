//! What is written to disk: requests that could not be delivered, files that are rotated, the key of redaction, and the id of
//! the installation.

mod installation_id;
mod installation_key;
pub(crate) mod private;
mod random_file;
pub(crate) mod rotate;
pub(crate) mod spool;

pub(crate) use installation_id::InstallationId;
pub(crate) use installation_key::installation_key;
