//! The language in which the tests speak: real receivers, real windows, and the traces in between.
//!
//! ```text
//! let collector = Collector::start().await?;
//! let app = App::launch("minimal", &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())]).await?;
//! app.click("#greet").await?;
//! let trace = collector.click("greet", 3).await?;
//! trace.root("ui.button_click").child("greet").child("greet").ok();
//! ```
//!
//! Nothing here sleeps to wait: everything waits for a condition, with a deadline ([`until`]). A tool
//! that is missing is an error which names the command that installs it.

mod bridge;
pub mod cache;
mod collector;
mod death;
#[cfg(target_os = "linux")]
mod display;
mod emitter;
mod faulty;
mod gateway;
pub mod http;
mod jaeger;
#[cfg(target_os = "linux")]
mod keyring;
mod log;
#[cfg(target_os = "linux")]
mod messenger;
mod metric;
#[cfg(target_os = "linux")]
mod process;
mod program;
mod receiver;
mod source;
mod span;
mod tls;
mod trace;
#[cfg(target_os = "linux")]
mod unattended;
mod viewer;
mod wait;
#[cfg(target_os = "linux")]
mod window;

pub use bridge::{Bridge, Client, OPEN_BRIDGE};
pub use collector::{Collector, Options};
pub use death::Death;
#[cfg(target_os = "linux")]
pub use display::Display;
pub use emitter::{Emitter, Home};
pub use faulty::{Answer, Faulty};
pub use gateway::Gateway;
pub use jaeger::Jaeger;
#[cfg(target_os = "linux")]
pub use keyring::Keyring;
pub use log::Log;
#[cfg(target_os = "linux")]
pub use messenger::{Messenger, python};
pub use metric::Metric;
/// What arrives, as OTLP has it.
pub use opentelemetry_proto::tonic as otlp;
#[cfg(target_os = "linux")]
pub use process::{cpu_time, resident_memory};
pub use program::{BUILT_PROGRAMS, build, build_all, built, package_variables};
pub use receiver::Receiver;
pub use source::Source;
pub use span::{Kind, Span, Status};
pub use tls::Certificates;
pub use trace::{Node, Trace, traces};
#[cfg(target_os = "linux")]
pub use unattended::Unattended;
pub use viewer::Viewer;
pub use wait::{DEADLINE, free_port, until};
#[cfg(target_os = "linux")]
pub use window::App;
