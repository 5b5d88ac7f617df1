//! The queue before the writer. It is bounded in bytes: when the disk is slow, the receiver says "send again" instead of
//! filling the memory.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc::SyncSender},
    time::{Duration, Instant},
};

use crate::intake::Batch;

/// The queue has no room now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What the writer is asked to do next.
pub(crate) struct Work {
    pub(crate) batches: Vec<Batch>,
    /// To be told when all that was queued before is stored.
    pub(crate) flushed: Vec<SyncSender<()>>,
    /// Whether nothing more will come.
    pub(crate) is_last: bool,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Batch>,
    flushes: Vec<SyncSender<()>>,
    rows: usize,
    weight: usize,
    closed: bool,
}

/// A transaction is begun as soon as this many rows wait,
const FULL_ROWS: usize = 512;

/// or when the first of them has waited this long. It is also what a crash loses at most.
const MAX_WAIT: Duration = Duration::from_millis(200);

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            capacity,
        }
    }

    /// A batch is taken if there is any room left, so that one that is larger than the queue can pass.
    pub(crate) fn push(&self, batch: Batch) -> Result<(), Batch> {
        let mut state = self.lock();
        if state.closed || (state.weight > 0 && state.weight + batch.weight > self.capacity) {
            return Err(batch);
        }
        state.rows += batch.rows();
        state.weight += batch.weight;
        state.batches.push_back(batch);
        self.changed.notify_one();
        Ok(())
    }

    /// Asks to be told when all that is queued now is stored.
    pub(crate) fn flush(&self, done: SyncSender<()>) {
        let mut state = self.lock();
        if !state.closed {
            state.flushes.push(done);
            self.changed.notify_one();
        }
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits for enough rows, or long enough.
    pub(crate) fn take(&self) -> Work {
        let mut state = self.lock();
        let mut deadline = None;
        while !state.closed && state.flushes.is_empty() && state.rows < FULL_ROWS {
            if state.batches.is_empty() {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + MAX_WAIT);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.rows = 0;
        state.weight = 0;
        Work {
            batches: std::mem::take(&mut state.batches).into(),
            flushed: std::mem::take(&mut state.flushes),
            is_last: state.closed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(weight: usize) -> Batch {
        Batch {
            weight,
            ..Batch::default()
        }
    }

    #[test]
    fn it_is_full_at_its_capacity_and_empty_when_taken() {
        let queue = Queue::new(10);
        assert!(queue.push(batch(6)).is_ok());
        assert!(queue.push(batch(5)).is_err());
        assert!(queue.push(batch(4)).is_ok());
        queue.flush(std::sync::mpsc::sync_channel(1).0);
        assert_eq!(queue.take().batches.len(), 2);
        assert!(queue.push(batch(100)).is_ok());
        assert!(queue.push(batch(1)).is_err());
    }
}
