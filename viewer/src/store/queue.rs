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
    /// To be told when all that was queued before is stored. Only the work that empties the queue has them.
    pub(crate) flushed: Vec<SyncSender<()>>,
    /// Whether nothing more will come.
    pub(crate) is_last: bool,
}

impl Work {
    fn weight(&self) -> usize {
        self.batches.iter().map(|batch| batch.weight).sum()
    }
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
    /// Of what waits, and of what the writer has taken but not stored.
    weight: usize,
    closed: bool,
}

/// A transaction begins when this many rows wait.
const FULL_ROWS: usize = 512;

/// It begins at the latest when the first row has waited this long. A crash loses at most the rows of this time.
const MAX_WAIT: Duration = Duration::from_millis(200);

/// Rows that are taken at once, which is one transaction, unless the first batch has more. When they are stored the queue has room
/// again, so that senders and the writer work at the same time; a reader that begins meanwhile sees the run as it was before.
pub(super) const MAX_ROWS: usize = 8192;

impl State {
    fn has_room(&self, weight: usize, capacity: usize) -> bool {
        !self.closed && (self.weight == 0 || self.weight + weight <= capacity)
    }
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            capacity,
        }
    }

    /// Whether a batch of this weight would be taken now.
    pub(crate) fn has_room(&self, weight: usize) -> bool {
        self.lock().has_room(weight, self.capacity)
    }

    /// A batch is taken if there is any room left, so that one that is larger than the queue can pass.
    pub(crate) fn push(&self, batch: Batch) -> Result<(), Box<Batch>> {
        let mut state = self.lock();
        if !state.has_room(batch.weight, self.capacity) {
            return Err(Box::new(batch));
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

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
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
        let mut batches = Vec::<Batch>::new();
        let mut rows = 0;
        while let Some(next) = state.batches.front()
            && (batches.is_empty() || rows + next.rows() <= MAX_ROWS)
        {
            rows += next.rows();
            batches.extend(state.batches.pop_front());
        }
        state.rows -= rows;
        let is_empty = state.batches.is_empty();
        Work {
            batches,
            flushed: if is_empty {
                std::mem::take(&mut state.flushes)
            } else {
                Vec::new()
            },
            is_last: state.closed && is_empty,
        }
    }

    /// Frees the room of what is stored.
    pub(crate) fn stored(&self, work: &Work) {
        self.lock().weight -= work.weight();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests;

    fn batch(weight: usize) -> Batch {
        Batch {
            weight,
            ..Batch::default()
        }
    }

    #[test]
    fn it_is_full_at_its_capacity_until_what_was_taken_is_stored() {
        let queue = Queue::new(10);
        assert!(queue.push(batch(6)).is_ok());
        assert!(!queue.has_room(5));
        assert!(queue.push(batch(5)).is_err());
        assert!(queue.push(batch(4)).is_ok());
        queue.flush(std::sync::mpsc::sync_channel(1).0);
        let work = queue.take();
        assert_eq!(work.batches.len(), 2);
        assert!(queue.push(batch(1)).is_err());
        queue.stored(&work);
        assert!(queue.push(batch(100)).is_ok());
        assert!(queue.push(batch(1)).is_err());
    }

    #[test]
    fn who_waits_is_told_by_the_work_that_empties_the_queue() {
        let queue = Queue::new(1 << 30);
        for _ in 0..3 {
            let spans = (1..=MAX_ROWS as u64).map(|id| tests::span(1, id, 0, 1, 2));
            assert!(queue.push(tests::batch(spans.collect())).is_ok());
        }
        queue.flush(std::sync::mpsc::sync_channel(1).0);
        queue.close();
        let told = [(); 3].map(|()| {
            let work = queue.take();
            (work.batches.len(), work.flushed.len(), work.is_last)
        });
        assert_eq!(told, [(1, 0, false), (1, 0, false), (1, 1, true)]);
    }
}
