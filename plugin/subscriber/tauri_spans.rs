//! The spans that Tauri and wry make around an invoke, by their names.
//!
//! Tauri's `tracing` feature makes them in `tauri/src/ipc/protocol.rs` and in the macro of a command, wry's in the files
//! of its platforms. Those that the plugin does not know, such as `ipc::request` and `ipc::request::response`, have whole
//! payloads as fields: they are never asked for.

use tracing::Metadata;

/// Names of spans that Tauri makes for its IPC begin with this.
const IPC: &str = "ipc::";

/// Names of spans that Tauri's macro makes in the crate of a command begin with this.
const IPC_REQUEST: &str = "ipc::request";

/// Tauri or wry, as the crate that a span names as its origin.
const TAURI: &str = "tauri";
const WRY: &str = "wry";

/// A span of Tauri or wry that the plugin needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TauriSpan {
    /// Around the body of a command. It carries the context of an invoke into the task of an async one.
    Run,
    /// An invoke that Tauri's own handler has received. It is made right before the invoke is handed on, on the same
    /// thread, is never entered, and closes when the invoke has been answered or dropped.
    Handle,
    /// The answer to an invoke, as a child of its [`Handle`](Self::Handle).
    Respond,
    /// Entered while wry hands a message of `postMessage` to Tauri.
    Message,
    /// Entered while wry hands a request of a custom scheme to Tauri.
    SchemeRequest,
    /// Around the emission of an event.
    Emit,
}

impl TauriSpan {
    /// The span of this name, whichever crate has made it: [`at`](Self::at) checks that.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ipc::request::run" => Self::Run,
            "ipc::request::handle" => Self::Handle,
            "ipc::request::respond" => Self::Respond,
            "wry::ipc::handle" => Self::Message,
            "wry::custom_protocol::handle" => Self::SchemeRequest,
            "app::emit" | "app::emit::filter" | "app::emit::to" => Self::Emit,
            _ => return None,
        })
    }

    /// The span that this call site makes.
    pub(super) fn at(metadata: &Metadata<'_>) -> Option<Self> {
        let span = Self::named(metadata.name())?;
        let is_genuine = match span {
            // The macro expands in the crate of the command.
            Self::Run => true,
            Self::Handle | Self::Respond | Self::Emit => made_by(TAURI, metadata),
            Self::Message | Self::SchemeRequest => made_by(WRY, metadata),
        };
        is_genuine.then_some(span)
    }

    /// Whether this is a span of Tauri's IPC, which [`TauriSpan`] may not know.
    pub(super) fn is_of_ipc(metadata: &Metadata<'_>) -> bool {
        metadata.name().starts_with(IPC_REQUEST)
            || made_by(TAURI, metadata) && metadata.name().starts_with(IPC)
    }
}

fn made_by(name: &str, metadata: &Metadata<'_>) -> bool {
    crate_of(metadata.module_path().unwrap_or_default()) == name
}

/// The crate of a module.
pub(super) fn crate_of(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}
