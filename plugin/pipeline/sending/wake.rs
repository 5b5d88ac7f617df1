//! Wakes the thread that delivers what was kept.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Wakes the thread when there may be something to deliver, or never again.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    answered: bool,
    stored: bool,
    end: bool,
}

/// Why the thread woke up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// A collector has answered, or it is time.
    ToDeliver,
    /// There is something now, which has just failed to be delivered.
    Stored,
    End,
}

impl Wake {
    /// A collector has answered.
    pub(crate) fn answered(&self) {
        self.set(|state| state.answered = true);
    }

    /// Something was kept.
    pub(crate) fn stored(&self) {
        self.set(|state| state.stored = true);
    }

    pub(crate) fn end(&self) {
        self.set(|state| state.end = true);
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until there may be something to deliver; for as long as given, if something is kept.
    pub(crate) fn wait(&self, most: Option<Duration>) -> Woken {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = match most {
            Some(most) => {
                self.changed
                    .wait_timeout_while(state, most, |state| !state.answered && !state.end)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
            None => self
                .changed
                .wait_while(state, |state| {
                    !state.answered && !state.stored && !state.end
                })
                .unwrap_or_else(PoisonError::into_inner),
        };
        let answered = std::mem::take(&mut state.answered);
        let stored = std::mem::take(&mut state.stored);
        if state.end {
            Woken::End
        } else if stored && most.is_none() && !answered {
            Woken::Stored
        } else {
            Woken::ToDeliver
        }
    }

    /// Waits for as long as given, whatever is to be done; `false` after [`end`](Self::end).
    pub(crate) fn rest(&self, time: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _) = self
            .changed
            .wait_timeout_while(state, time, |state| !state.end)
            .unwrap_or_else(PoisonError::into_inner);
        !state.end
    }
}
