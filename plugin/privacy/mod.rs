//! Removes secrets and personal data from telemetry.
//!
//! A [`Redactor`] changes an export request after a lane has built it from a batch, and before anything else sees it: the collector,
//! the spool, the exported files and the console all get the redacted form. The local log file is the only other
//! way out of the memory of the app; its writer redacts each record itself. The work happens on the threads of the lanes,
//! so an app or a page never waits for it.
//!
//! [`Redaction`] holds the settings, [`rules`] the built-in rules, [`patterns`] searches for them, [`keys`] the decisions about attribute keys, and [`request`]
//! knows where texts are in the three OTLP requests.

mod hash;
mod keys;
mod patterns;
mod redactor;
mod request;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

#[cfg(fuzzing)]
pub(crate) use redactor::fuzz;

pub(crate) use hash::InstallationKey;
pub(crate) use redactor::Redactor;
pub(crate) use request::Redact;
pub use settings::{Redaction, RedactionError, Replacement};
