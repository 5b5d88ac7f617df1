//! Removes secrets and personal data from telemetry.
//!
//! Three writers redact, and nothing else lets telemetry out of the memory of the app. A lane changes an export request after it has built it from
//! a batch and before anything else sees it, so the collector, the spool, the exported files, the console and the viewer all get the redacted form.
//! The local log file and the journal of crashes redact what they write. All of this happens on threads of the pipeline, so an app or a page
//! never waits for it.
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
