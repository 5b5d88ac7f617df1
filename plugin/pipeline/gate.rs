//! Whether telemetry may leave the memory of the app.
//!
//! The state of the gate is the consent of the person who uses the app. Whatever sends or writes telemetry asks the gate
//! first, so that nothing leaves without consent, whatever else goes wrong.

use std::fmt;

use parking_lot::{RwLock, RwLockReadGuard};
use serde::{Deserialize, Serialize};

/// What the person who uses the app has decided about its telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentState {
    /// Nothing yet. Telemetry is recorded into bounded queues in memory, and nothing leaves.
    Pending,
    /// Telemetry is exported.
    Granted,
    /// Nothing is recorded, and what was kept on disk for later is removed.
    Denied,
}

impl ConsentState {
    /// As it is spelled in the file, for pages, and in attributes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Granted => "granted",
            Self::Denied => "denied",
        }
    }
}

impl fmt::Display for ConsentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Lets telemetry out while consent is granted.
#[derive(Debug)]
pub(crate) struct Gate(RwLock<ConsentState>);

/// Proof that the gate is open. It stays open until this is dropped.
#[must_use = "the gate may be closed as soon as this is dropped"]
pub(crate) struct Pass<'a>(
    #[allow(dead_code, reason = "it holds the lock")] RwLockReadGuard<'a, ConsentState>,
);

impl Gate {
    pub(crate) fn new(state: ConsentState) -> Self {
        Self(RwLock::new(state))
    }

    pub(crate) fn state(&self) -> ConsentState {
        *self.0.read()
    }

    /// Whether telemetry may leave now. To keep it open during a write, use [`pass`](Self::pass).
    pub(crate) fn is_open(&self) -> bool {
        self.state() == ConsentState::Granted
    }

    /// Whether what is recorded is to be thrown away.
    pub(crate) fn refuses(&self) -> bool {
        self.state() == ConsentState::Denied
    }

    /// `None` if nothing may leave. To be held for short writes only, because [`set`](Self::set) waits for it.
    pub(crate) fn pass(&self) -> Option<Pass<'_>> {
        let state = self.0.read();
        (*state == ConsentState::Granted).then_some(Pass(state))
    }

    /// Changes the state, as soon as no [`Pass`] is held.
    pub(crate) fn set(&self, state: ConsentState) {
        *self.0.write() = state;
    }
}
