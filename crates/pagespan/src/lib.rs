//! `tracing` in a Rust frontend of a Tauri app: the spans of Leptos, Dioxus or Yew are in the same trace as the commands
//! that they invoke.
//!
//! ```no_run
//! use tracing::instrument;
//!
//! fn main() {
//!     pagespan::init();
//!     // … and then mount the app.
//! }
//!
//! #[instrument(skip_all)]
//! async fn save(text: String) -> Result<u32, pagespan::InvokeError> {
//!     #[derive(serde::Serialize)]
//!     struct Args {
//!         text: String,
//!     }
//!     pagespan::invoke("save_note", &Args { text }).await
//! }
//! ```
//!
//! The span `save` is the parent of the invoke, and the invoke is the parent of the command. An invoke by any other
//! crate (`tauri-sys`, a binding of your own) is traced as well.
//!
//! # How it works
//!
//! `tauri-plugin-opentelemetry` injects a kernel of JavaScript functions into every page of the app. [`init`] installs a
//! subscriber which keeps ids and the stack of entered spans in Rust; so does [`PageLayer`] in an app with a registry. They
//! call JavaScript in three cases: to ask for the time when a span starts and ends, to ask for the context of a span without a parent,
//! and to hand over a batch of spans that have ended. When an invoke starts, the kernel asks Rust for the current `traceparent`. Entering and
//! leaving a span never calls JavaScript, so `.instrument()` can do so at every poll, and the context of a future survives
//! each `.await`.
//!
//! A Web Worker has no kernel. The module `worker`, which exists for `wasm32-unknown-unknown` alone, sends what a worker records
//! to its page.
//!
//! # Where it is disabled
//!
//! Without the kernel [`init`] installs nothing, and each call of the layer costs one branch: telemetry is off, the page runs in an
//! ordinary browser, or the plugin has an incompatible version. On every target other than `wasm32-unknown-unknown`
//! both are always disabled and [`invoke`] fails with [`InvokeError::NotInTauri`], so that code which is shared
//! with a server or with tests still compiles.
//!
//! # Limits
//!
//! A span or an event keeps 128 attributes, a string 4096 bytes, a span 128 links. At most 10 240 items or 15 MiB wait for
//! the kernel. The kernel limits what it sends, and counts what it drops.

#![forbid(unsafe_code)]

mod attributes;
mod context;
mod event;
mod field;
mod ids;
mod invoke;
mod json;
mod kernel;
mod layer;
mod logger;
mod open;
mod panic;
mod queue;
mod recorder;
mod span;
mod subscriber;
#[cfg(target_arch = "wasm32")]
pub mod worker;

#[cfg(test)]
mod tests;

/// The examples of the page compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust-ui.md")]
struct RustUi;

pub use context::{Continued, continue_from, traceparent};
pub use invoke::{InvokeError, invoke};
pub use layer::{PageLayer, layer};

use kernel::Kernel;
use recorder::Recorder;
use subscriber::PageSubscriber;
use tracing_core::{
    Dispatch, LevelFilter,
    dispatcher::{get_default, set_global_default},
    subscriber::NoSubscriber,
};

/// Records spans and events of level `INFO` and above, records of the `log` crate, and panics.
///
/// Call it once, before the app is mounted. It does nothing where the layer is disabled, and nothing if a `tracing`
/// subscriber exists already: an app that has a subscriber of its own, such as a console layer, adds [`layer`] to that
/// and calls [`record_panics`].
///
/// A panic hook that is set later replaces that of this function. Call `console_error_panic_hook::set_once()` before it; in Yew,
/// which sets a hook when it mounts the app, call `yew::set_custom_panic_hook(std::panic::take_hook())` after it.
pub fn init() {
    if let Some(kernel) = kernel::find() {
        install(kernel);
    }
}

fn install(kernel: &'static dyn Kernel) {
    // Without the feature `std` of `tracing`, a second dispatcher would decide what the first one is told, even if it is refused.
    if !get_default(|current| current.is::<NoSubscriber>()) {
        return;
    }
    let recorder = Recorder::on(kernel);
    let subscriber = PageSubscriber::new(recorder, LevelFilter::INFO);
    if set_global_default(Dispatch::new(subscriber)).is_ok() {
        logger::install(recorder);
        panic::watch(kernel);
    }
}

/// Records each panic as a log record named `exception`, with its message and stack, in the trace it happened in. Then it
/// calls the panic hook that was set before.
pub fn record_panics() {
    if let Some(kernel) = kernel::find() {
        panic::watch(kernel);
    }
}
