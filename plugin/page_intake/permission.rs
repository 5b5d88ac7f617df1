//! Which signals a page may send beside spans: those that the capability of its window allows.
//!
//! One command takes all signals, in one message. So the permissions `allow-page-logs` and `allow-page-metrics`
//! are scopes of that command.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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
        Self::new(scope.allows(), scope.denies())
    }
}

impl Permitted {
    /// A denial wins, as it does everywhere in Tauri.
    fn new(allowed: &[Arc<PermittedSignal>], denied: &[Arc<PermittedSignal>]) -> Self {
        let names = |entries: &[Arc<PermittedSignal>], signal| {
            entries.iter().any(|entry| entry.signal == signal)
        };
        let permits = |signal| names(allowed, signal) && !names(denied, signal);
        Self {
            logs: permits(OptionalSignal::Logs),
            metrics: permits(OptionalSignal::Metrics),
        }
    }
}

/// Tells the developer which permission is missing, once for each signal.
pub(super) fn explain_refusal(signal: Signal, webview: &str) {
    static REPORTED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
    if REPORTED[signal as usize].swap(true, Ordering::Relaxed) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_to_be_allowed_and_must_not_be_denied() {
        let scope = |signals: &[OptionalSignal]| -> Vec<_> {
            let entries = signals
                .iter()
                .map(|signal| PermittedSignal { signal: *signal });
            entries.map(Arc::new).collect()
        };
        let permitted = |allowed: &[_], denied: &[_]| {
            let Permitted { logs, metrics } = Permitted::new(&scope(allowed), &scope(denied));
            (logs, metrics)
        };
        use OptionalSignal::{Logs, Metrics};
        assert_eq!(permitted(&[], &[]), (false, false));
        assert_eq!(permitted(&[Logs], &[]), (true, false));
        assert_eq!(permitted(&[Logs, Metrics], &[Logs]), (false, true));
    }
}
