//! What is written to disk: requests that could not be delivered, files that are rotated, the key of redaction, and the id of
//! the installation. The key of the spool is the one thing that is kept elsewhere.

mod installation_id;
mod installation_key;
pub(crate) mod private;
mod random_file;
pub(crate) mod rotate;
pub(crate) mod spool;
#[cfg_attr(not(feature = "encrypted-spool"), path = "spool_key/absent.rs")]
mod spool_key;

pub(crate) use installation_id::InstallationId;
pub(crate) use installation_key::installation_key;
pub(crate) use spool_key::SpoolKey;
