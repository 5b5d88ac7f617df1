//! Whether telemetry may leave the memory of the app.
//!
//! There is a gate for each [`Purpose`], whose state is the consent of the person who uses the app. Whatever sends or writes telemetry asks its
//! gate first, so that nothing leaves without consent, whatever else goes wrong.

use std::{fmt, sync::Arc};

use parking_lot::{RwLock, RwLockReadGuard};
use serde::{Deserialize, Serialize};

use crate::config::Signal;

/// What the person who uses the app has decided about its telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
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

/// What telemetry is for. The person who uses the app can decide about each purpose by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Purpose {
    /// The report of a run that crashed: `app.crash`, with its last log records and its open spans.
    Crashes,
    /// Metrics: how often something is done, and how long it takes.
    Usage,
    /// Spans and log records: what was done, and what went wrong.
    Diagnostics,
}

impl Purpose {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Crashes, Self::Usage, Self::Diagnostics];

    /// The purpose of what an app records of a signal.
    pub(crate) fn of(signal: Signal) -> Self {
        match signal {
            Signal::Traces | Signal::Logs => Self::Diagnostics,
            Signal::Metrics => Self::Usage,
        }
    }
}

/// A decision for each purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    crashes: ConsentState,
    usage: ConsentState,
    diagnostics: ConsentState,
}

impl Choices {
    /// The same decision for all purposes.
    pub(crate) const fn all(state: ConsentState) -> Self {
        Self {
            crashes: state,
            usage: state,
            diagnostics: state,
        }
    }

    pub(crate) fn of(&self, purpose: Purpose) -> ConsentState {
        match purpose {
            Purpose::Crashes => self.crashes,
            Purpose::Usage => self.usage,
            Purpose::Diagnostics => self.diagnostics,
        }
    }

    /// These decisions, with another one about `purposes`.
    pub(crate) fn with(mut self, purposes: &[Purpose], state: ConsentState) -> Self {
        for purpose in purposes {
            match purpose {
                Purpose::Crashes => self.crashes = state,
                Purpose::Usage => self.usage = state,
                Purpose::Diagnostics => self.diagnostics = state,
            }
        }
        self
    }

    /// Whether anything of what the app does may be recorded, which crash reports are not.
    pub(crate) fn allow_recording(&self) -> bool {
        let purposes = [Purpose::Usage, Purpose::Diagnostics];
        purposes
            .iter()
            .any(|purpose| self.of(*purpose) == ConsentState::Granted)
    }

    /// The most permissive of the three decisions.
    pub(crate) fn most_open(&self) -> ConsentState {
        let is_some = |state| {
            Purpose::ALL
                .iter()
                .any(|purpose| self.of(*purpose) == state)
        };
        [ConsentState::Granted, ConsentState::Pending]
            .into_iter()
            .find(|state| is_some(*state))
            .unwrap_or(ConsentState::Denied)
    }
}

/// The gates of all purposes, by `Purpose as usize`.
#[derive(Debug)]
pub(crate) struct Gates(Vec<Arc<Gate>>);

impl Gates {
    pub(crate) fn new(choices: Choices) -> Self {
        let gate = |purpose: &Purpose| Arc::new(Gate::new(choices.of(*purpose)));
        Self(Purpose::ALL.iter().map(gate).collect())
    }

    pub(crate) fn of(&self, purpose: Purpose) -> &Arc<Gate> {
        &self.0[purpose as usize]
    }

    pub(crate) fn choices(&self) -> Choices {
        let state = |purpose| self.of(purpose).state();
        Choices {
            crashes: state(Purpose::Crashes),
            usage: state(Purpose::Usage),
            diagnostics: state(Purpose::Diagnostics),
        }
    }
}

/// Lets telemetry out while consent is granted.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Locked for moments only, because everything that records reads it.
    state: RwLock<ConsentState>,
    /// Locked for reading by each [`Pass`].
    passes: RwLock<()>,
}

/// Proof that the gate was open. Nobody who has [changed](Gate::set) its state goes on before this is dropped.
#[must_use = "what was written may be deleted as soon as this is dropped"]
pub(crate) struct Pass<'a>(
    #[allow(dead_code, reason = "it holds the lock")] RwLockReadGuard<'a, ()>,
);

impl Gate {
    pub(crate) fn new(state: ConsentState) -> Self {
        Self {
            state: RwLock::new(state),
            passes: RwLock::default(),
        }
    }

    pub(crate) fn state(&self) -> ConsentState {
        *self.state.read()
    }

    /// Whether telemetry may leave now. Hold a [`pass`](Self::pass) during a write.
    pub(crate) fn is_open(&self) -> bool {
        self.state() == ConsentState::Granted
    }

    /// Whether what is recorded is to be thrown away.
    pub(crate) fn refuses(&self) -> bool {
        self.state() == ConsentState::Denied
    }

    /// `None` if nothing may leave. To be held for short writes only, because [`set`](Self::set) waits for it.
    pub(crate) fn pass(&self) -> Option<Pass<'_>> {
        let pass = Pass(self.passes.read());
        self.is_open().then_some(pass)
    }

    /// Changes the state at once, and waits until no [`Pass`] from before is held.
    pub(crate) fn set(&self, state: ConsentState) {
        *self.state.write() = state;
        drop(self.passes.write());
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    #[test]
    fn a_denial_waits_for_what_is_being_written_and_recording_does_not_wait_for_the_denial() {
        const SOON: Duration = Duration::from_secs(10);
        let gate = Arc::new(Gate::new(ConsentState::Granted));
        let pass = gate.pass().expect("an open gate");
        let (denied, is_denied) = mpsc::channel();
        thread::spawn({
            let gate = gate.clone();
            move || {
                gate.set(ConsentState::Denied);
                denied.send(())
            }
        });
        let (refused, is_refused) = mpsc::channel();
        thread::spawn({
            let gate = gate.clone();
            move || {
                while !gate.refuses() {
                    thread::yield_now();
                }
                refused.send(())
            }
        });
        assert_eq!(is_refused.recv_timeout(SOON), Ok(()));
        assert!(is_denied.try_recv().is_err(), "a pass is held");
        drop(pass);
        assert_eq!(is_denied.recv_timeout(SOON), Ok(()));
        assert!(gate.pass().is_none());
    }
}
