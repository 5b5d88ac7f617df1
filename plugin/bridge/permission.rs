//! Which signals a page may send beside spans: those that the capability of its window allows.
//!
//! One command takes all signals, in one message. So the permissions `allow-page-logs` and `allow-page-metrics`
//! are scopes of that command.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use tauri::ipc::CommandScope;

use crate::{config::Signal, diagnostics};

/// An entry in the scope of the command.
#[derive(Debug, Deserialize)]
pub(crate) struct PermittedSignal {
    signal: OptionalSignal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OptionalSignal {
    Logs,
    Metrics,
}

/// What the page that sends a message may send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permitted {
    pub(super) logs: bool,
    pub(super) metrics: bool,
}

impl From<&CommandScope<PermittedSignal>> for Permitted {
    fn from(scope: &CommandScope<PermittedSignal>) -> Self {
        let allows = |signal| scope.allows().iter().any(|entry| entry.signal == signal);
        Self {
            logs: allows(OptionalSignal::Logs),
            metrics: allows(OptionalSignal::Metrics),
        }
    }
}

/// Tells the developer which permission is missing, once for each signal.
pub(super) fn explain_refusal(signal: Signal, webview: &str) {
    static EXPLAINED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
    if EXPLAINED[signal as usize].swap(true, Ordering::Relaxed) {
        return;
    }
    let items = match signal {
        Signal::Logs => "log records",
        Signal::Metrics | Signal::Traces => "measurements",
    };
    diagnostics::warn(format_args!(
        "the page in {webview:?} sends {items}, which are dropped: add \
         \"opentelemetry:allow-page-{}\" to the permissions of its window's capability",
        signal.name()
    ));
}
