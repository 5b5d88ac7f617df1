//! What the programs of the messenger say to each other.

mod envelope;
pub mod folder;
#[cfg(feature = "telemetry")]
pub mod telemetry;

pub use envelope::{Account, Envelope, Received, is_name, new_id};
