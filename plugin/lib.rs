//! OpenTelemetry for Tauri apps: one click in the UI is one trace, from the page through the invoke and
//! the Rust command into the command's own [`tracing`] spans.
//!
//! ```
//! tauri::Builder::default()
//!     .plugin(tauri_plugin_opentelemetry::init())
//!     // and whatever else the app has
//! # ;
//! ```
//!
//! With `OTEL_EXPORTER_OTLP_ENDPOINT` set in the environment of the app, every invoke becomes a span
//! without a change to a command or to the UI, and spans that the UI makes with the npm package
//! `tauri-plugin-opentelemetry-api` become its parents. Without it telemetry is off: no thread, no
//! socket, no script in any page.
//!
//! The capability `opentelemetry:default` lets a page hand over its spans.
//!
//! # What is recorded
//!
//! The name of the command, the labels of its window and webview, sizes in bytes, times and the
//! outcome. Arguments, results and error values never are.

#![forbid(unsafe_code)]
// They panic when the stream cannot be written, and a panic of the plugin can end the app.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod bridge;
mod builder;
mod closing;
mod config;
mod diagnostics;
mod ext;
#[cfg(any(fuzzing, benching))]
#[doc(hidden)]
pub mod internals;
mod invoke_metrics;
mod ipc;
mod names;
mod observers;
mod panics;
mod pipeline;
mod propagation;
mod restart;
mod runtime;
mod subscriber;
mod telemetry;
#[cfg(unix)]
mod terminate;
#[cfg_attr(
    not(all(
        feature = "ws-bridge",
        any(debug_assertions, feature = "ws-bridge-release")
    )),
    path = "ws_bridge/absent.rs"
)]
pub mod ws_bridge;

pub use app::OpenTelemetry;
pub use builder::{Builder, init};
pub use config::{
    CommandRule, Compression, Exporter, LogFile, LogFormat, LogLevel, Protocol, Spool,
};
pub use ext::{Handle, OpenTelemetryExt, SignalStatus, Status};
pub use ipc::handler;
/// The OpenTelemetry API in the version that [`Handle::tracer`] and [`Handle::meter`] speak.
pub use opentelemetry;
pub use subscriber::layer;
