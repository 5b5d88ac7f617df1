//! A local viewer for OpenTelemetry: it receives OTLP, keeps it in a SQLite file for each run, and shows it in a page, over a JSON
//! API and to coding agents over MCP. It listens on the loopback interface only.
//!
//! ```no_run
//! let viewer = tracepane::Viewer::start(tracepane::Options::new("/tmp/runs"))?;
//! println!("open {}", viewer.link().unwrap_or_default());
//! # Ok::<(), tracepane::StartError>(())
//! ```
//!
//! # Crate features
//! - `grpc`: the receiver of OTLP over gRPC. Without it, over HTTP only.
//! - `mcp`: the tools for coding agents, at `/mcp` and for the program's `mcp`.
//! - `cli` (default): the program; it brings the other two. A library that embeds the viewer turns it off.

pub mod api;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod core;
mod intake;
#[cfg(feature = "mcp")]
mod mcp;
mod query;
mod receiver;
mod store;
mod viewer;
mod web;

pub use receiver::Signal;
pub use store::Error;
pub use viewer::{Busy, DEFAULT_LIMIT, Options, StartError, Viewer};
