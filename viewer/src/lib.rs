//! A local viewer for OpenTelemetry.

pub mod api;
