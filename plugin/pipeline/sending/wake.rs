//! Wakes the replay thread, which delivers what is in the spools.

use std::time::{Duration, Instant};

use super::sync::{Condvar, Mutex};

/// What the replay thread waits on.
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

/// Why the replay thread woke up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// A collector has answered, or the time to wait has passed.
    ToDeliver,
    /// A request was stored in an empty spool. It has just failed, so there is no use in sending it at once.
    Stored,
    /// The app ends.
    End,
}

impl Wake {
    /// Call this when a collector has answered.
    pub(crate) fn answered(&self) {
        self.set(|state| state.answered = true);
    }

    /// Call this when a request was stored in a spool.
    pub(crate) fn stored(&self) {
        self.set(|state| state.stored = true);
    }

    /// Ends the replay thread.
    pub(crate) fn end(&self) {
        self.set(|state| state.end = true);
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.changed.notify_all();
    }

    /// Waits until there may be something to deliver. With `most`, something is in the spool, and the thread waits that
    /// long at most.
    pub(crate) fn wait(&self, most: Option<Duration>) -> Woken {
        let mut state = self.state.lock();
        match most {
            Some(most) => {
                let due = Instant::now() + most;
                while !state.answered && !state.end {
                    if self.changed.wait_until(&mut state, due).timed_out() {
                        break;
                    }
                }
            }
            None => {
                while !state.answered && !state.stored && !state.end {
                    self.changed.wait(&mut state);
                }
            }
        }
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

    /// Waits for `time`, whatever there is to deliver. Returns `false` as soon as [`end`](Self::end) was called.
    pub(crate) fn rest(&self, time: Duration) -> bool {
        let due = Instant::now() + time;
        let mut state = self.state.lock();
        while !state.end {
            if self.changed.wait_until(&mut state, due).timed_out() {
                return !state.end;
            }
        }
        false
    }
}
