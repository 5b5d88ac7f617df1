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
//! `tauri-plugin-opentelemetry-api` become its parents. Without an endpoint, an exporter, a log file or the
//! viewer, telemetry is off: no thread, no socket, no script in any page.
//!
//! The permission `opentelemetry:default` lets a page hand over its spans.
//!
//! # Configuration
//!
//! The environment wins over the [`Builder`], which wins over `plugins.opentelemetry` of `tauri.conf.json`. Variables are
//! those of the OpenTelemetry specification. [Configuration] lists all settings.
//!
//! [Configuration]: https://github.com/tauri-plugin-opentelemetry/tauri-plugin-opentelemetry/blob/main/docs/configuration.md
//!
//! # Cargo features
//!
//! - `tauri-tracing`: Tauri's feature `tracing`, which adds a span for the body of every command. With it, an `emit`
//!   on another thread than the main one can freeze the app, because of [a bug in
//!   Tauri](https://github.com/tauri-apps/tauri/issues/9453).
//! - `tls` (on by default): OTLP over TLS. Without it an endpoint that begins with `https://` is an error at the start,
//!   and the app is smaller by what rustls takes. Turn it off if telemetry only goes to this machine or to files.
//! - `grpc`: OTLP over gRPC, with tonic. OTLP over HTTP needs nothing.
//! - `zstd`: compression with Zstandard, which brings its C library. Gzip needs nothing.
//! - `encrypted-spool`: [`Spool::encrypted`], which encrypts requests that are kept on disk. The key is in the keyring of the system.
//! - `ws-bridge`: the commands of the app over a WebSocket, for a page in an ordinary browser: see [`ws_bridge`]. For
//!   development and tests: builds without debug assertions leave it out.
//! - `ws-bridge-release`: keeps the bridge in builds without debug assertions, for tests of a release. Never ship it.
//! - `viewer`: a window that shows what the app records (`TAURI_OTEL_VIEWER=1`), with no collector. For development: builds
//!   without debug assertions leave it out.
//!
//! # What is recorded
//!
//! The name of the command, the labels of its window and webview, sizes in bytes, times and the
//! outcome. Arguments, results and error values never are. `#[tracing::instrument]` records the arguments of its function
//! unless it says `skip_all`.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// They panic when the stream cannot be written, and a panic of the plugin can end the app.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod app;
mod builder;
mod cleanup;
mod command;
mod commands;
mod config;
mod consent;
mod diagnostics;
mod emit;
mod ext;
#[cfg(any(fuzzing, benching))]
#[doc(hidden)]
pub mod internals;
mod invoke_metrics;
mod ipc;
mod names;
mod observers;
mod page_intake;
mod panics;
mod pipeline;
mod privacy;
mod propagation;

mod kernel;
mod status;
mod subscriber;
mod telemetry;
#[cfg(unix)]
mod terminate;
#[cfg_attr(
    not(all(
        feature = "viewer",
        debug_assertions,
        not(any(target_os = "android", target_os = "ios"))
    )),
    path = "viewer/absent.rs"
)]
mod viewer;
#[cfg_attr(
    not(all(
        feature = "ws-bridge",
        any(debug_assertions, feature = "ws-bridge-release")
    )),
    path = "ws_bridge/absent.rs"
)]
pub mod ws_bridge;

pub use app::OpenTelemetry;
pub use builder::{BuildError, Builder, init};
pub use config::{
    BatchOptions, Compression, Consent, Exporter, Instrumentation, LimitOptions, LogFile,
    LogFormat, LogLevel, OtlpOptions, Propagator, Protocol, Sampler, Spool, TailSampling,
    Temporality,
};
pub use diagnostics::Verbosity;
pub use emit::{TracedChannel, TracedEmitter};
pub use ext::{Handle, OpenTelemetryExt};
pub use ipc::handler;
/// The OpenTelemetry API in the version that [`Handle::tracer`], [`Handle::meter`] and [`Handle::logger`] speak.
pub use opentelemetry;
/// The OpenTelemetry SDK that [`Handle::tracer`] and [`Handle::logger`] are of.
pub use opentelemetry_sdk;
pub use pipeline::{ConsentState, Purpose};
pub use privacy::{Redaction, RedactionError, Replacement};
pub use status::{SignalStatus, Status};
pub use subscriber::layer;
/// The trace context as a value that the app can hand to a task, a thread, a process or a server, which then continue the trace.
pub use tracebaton::TraceContext;
