//! The bounded queue between the threads that record and the thread that exports.
//!
//! Recording never waits. When the queue is full, an item is dropped and counted. If a page holds more of the queue than
//! the [`Source`] of the new item, the oldest item of that page is dropped. Otherwise the new item is dropped. A new item
//! of [`DropPriority::Last`] is queued all the same: the oldest item of [`DropPriority::First`] of the same source is
//! dropped in its place. Items of `DropPriority::Last` are the first of each batch.
//!
//! Not the SDK's batch processors: they always drop the newest item, and say how many only at shutdown.

use std::{collections::VecDeque, io, sync::Arc, time::Instant};

use super::{
    source::{Shares, Source, remove_oldest},
    sync::{Condvar, Mutex, MutexGuard, thread},
    unrecorded,
};
use crate::{
    config::Batch,
    pipeline::health::{Health, Loss},
};

/// Which items are dropped first when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropPriority {
    First,
    /// The item is about an error.
    Last,
}

/// What a queue does with its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Export,
    /// Items are queued and not exported. If the queue is closed, they are deleted.
    Hold,
    /// Items are deleted, and not counted: nobody is to know that there were any.
    Refuse,
}

/// A handle to the queue. Clones share it.
#[derive(Debug)]
pub(crate) struct Queue<T>(Arc<Shared<T>>);

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    /// Notified when the exporting thread may have something to do.
    work: Condvar,
    /// Notified when the exporting thread is done with a batch.
    done: Condvar,
    batch: Batch,
    health: Arc<Health>,
}

#[derive(Debug)]
struct State<T> {
    drop_last: VecDeque<(Source, Numbered<T>)>,
    drop_first: VecDeque<(Source, Numbered<T>)>,
    shares: Shares,
    /// When the oldest item was queued; `None` while the queue is empty.
    since: Option<Instant>,
    /// The number of the newest item.
    newest: u64,
    /// The items up to this number have to be exported at once.
    flush_up_to: u64,
    /// The items up to this number were exported or dropped.
    done_up_to: u64,
    stage: Stage,
    admission: Admission,
    /// Whether the exporting thread holds an [`InHand`].
    is_in_hand: bool,
}

/// An item with its number. The first one has the number 1.
#[derive(Debug)]
struct Numbered<T> {
    number: u64,
    item: T,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// New items are refused, and the queued ones are being exported.
    Closing,
    /// All items were exported, and the thread has ended.
    Closed,
}

/// Marks the time in which only the exporting thread has a batch: it was taken out of the queue, and is not stored anywhere
/// else yet. The thread drops the mark as soon as the batch is stored.
#[must_use = "the batch counts as stored as soon as this is dropped"]
pub(crate) struct InHand<'a, T>(&'a Shared<T>);

impl<T> Drop for InHand<'_, T> {
    fn drop(&mut self) {
        self.0.state.lock().is_in_hand = false;
        self.0.done.notify_all();
    }
}

impl<T> State<T> {
    fn len(&self) -> usize {
        self.drop_last.len() + self.drop_first.len()
    }

    /// Whether items are left that a flush asked for.
    fn is_flushing(&self) -> bool {
        self.done_up_to < self.flush_up_to
    }

    /// Call this while the exporting thread has no batch.
    fn update_done(&mut self) {
        let queues = [&self.drop_last, &self.drop_first];
        let oldest = queues.into_iter().filter_map(VecDeque::front);
        let oldest = oldest.map(|(_, oldest)| oldest.number).min();
        self.done_up_to = oldest.map_or(self.newest, |oldest| oldest - 1);
    }

    fn clear(&mut self) {
        self.drop_last.clear();
        self.drop_first.clear();
        self.shares = Shares::default();
        self.since = None;
    }

    fn take(&mut self, most: usize) -> Vec<T> {
        let last = most.min(self.drop_last.len());
        let first = (most - last).min(self.drop_first.len());
        let mut batch = Vec::with_capacity(last + first);
        let taken = self.drop_last.drain(..last);
        for (source, numbered) in taken.chain(self.drop_first.drain(..first)) {
            self.shares.remove(&source);
            batch.push(numbered.item);
        }
        self.since = (self.len() > 0).then(Instant::now);
        batch
    }

    /// Drops the queued item that gives way to a new one of `source`. Returns `false` if the new item is to be dropped.
    fn make_room(&mut self, source: &Source, priority: DropPriority) -> bool {
        let loser = self.shares.gives_way_to(source);
        let is_dropped = if loser == *source {
            priority == DropPriority::Last && remove_oldest(&mut self.drop_first, source)
        } else {
            remove_oldest(&mut self.drop_first, &loser)
                || remove_oldest(&mut self.drop_last, &loser)
        };
        if is_dropped {
            self.shares.remove(&loser);
        }
        is_dropped
    }
}

impl<T: Send + 'static> Queue<T> {
    /// Starts the thread that calls `export` with each batch. `export` may block: the thread has nothing else to do.
    /// Nothing that happens in `export` is recorded.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(crate) fn start(
        name: &'static str,
        batch: Batch,
        health: Arc<Health>,
        mut export: impl FnMut(Vec<T>, InHand<'_, T>) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            state: Mutex::new(State {
                drop_last: VecDeque::new(),
                drop_first: VecDeque::new(),
                shares: Shares::default(),
                since: None,
                newest: 0,
                flush_up_to: 0,
                done_up_to: 0,
                stage: Stage::Open,
                admission: Admission::Export,
                is_in_hand: false,
            }),
            work: Condvar::new(),
            done: Condvar::new(),
            batch,
            health,
        }));
        let shared = queue.0.clone();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || unrecorded(|| shared.work(&mut export)))?;
        Ok(queue)
    }

    /// Queues an item of the app. If the queue is full, drops and counts this item or another one.
    pub(crate) fn push(&self, item: T, priority: DropPriority) {
        self.push_of(Source::App, item, priority);
    }

    /// Queues an item of `source`. If the queue is full, drops and counts this item or another one.
    pub(crate) fn push_of(&self, source: Source, item: T, priority: DropPriority) {
        let shared = &*self.0;
        let mut state = shared.state.lock();
        if state.admission == Admission::Refuse {
            return;
        }
        if state.stage != Stage::Open {
            return shared.health.lost(Loss::Shutdown, 1);
        }
        if state.len() >= shared.batch.max_queue_size {
            shared.health.lost(Loss::QueueFull, 1);
            if !state.make_room(&source, priority) {
                return;
            }
        }
        state.shares.add(&source);
        state.newest += 1;
        let number = state.newest;
        let queue = match priority {
            DropPriority::Last => &mut state.drop_last,
            DropPriority::First => &mut state.drop_first,
        };
        queue.push_back((source, Numbered { number, item }));
        let first = state.since.is_none();
        state.since.get_or_insert_with(Instant::now);
        if first || state.len() == shared.batch.max_export_batch_size {
            shared.work.notify_one();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.state.lock().len()
    }

    pub(crate) fn has_full_batch(&self) -> bool {
        self.len() >= self.0.batch.max_export_batch_size
    }

    /// Changes what is done with the queued items and with new ones.
    pub(crate) fn admit(&self, admission: Admission) {
        let mut state = self.0.state.lock();
        state.admission = admission;
        if admission == Admission::Refuse {
            state.clear();
        }
        self.0.work.notify_one();
    }

    /// Deletes what is queued.
    pub(crate) fn clear(&self) {
        self.0.state.lock().clear();
    }

    /// Takes out everything that is queued and may be exported.
    pub(crate) fn take(&self) -> Vec<T> {
        let mut state = self.0.state.lock();
        if state.admission == Admission::Export {
            state.take(usize::MAX)
        } else {
            Vec::new()
        }
    }

    /// The items that are exported next, `most` of them at most.
    pub(crate) fn peek(&self, most: usize) -> Vec<T>
    where
        T: Clone,
    {
        let state = self.0.state.lock();
        let items = state.drop_last.iter().chain(&state.drop_first);
        let items = items.take(most);
        items.map(|(_, numbered)| numbered.item.clone()).collect()
    }

    /// Begins to export everything that is queued, and returns the number of the last item of it. `None` while items are held.
    pub(crate) fn begin_flush(&self) -> Option<u64> {
        let mut state = self.0.state.lock();
        if state.admission == Admission::Hold && state.stage == Stage::Open {
            return None;
        }
        state.flush_up_to = state.newest;
        self.0.work.notify_one();
        Some(state.newest)
    }

    /// Exports everything that is queued, and does not wait for what is queued meanwhile. Returns whether that was done before
    /// the deadline, which it never is while items are held.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let Some(last) = self.begin_flush() else {
            return false;
        };
        let mut state = self.0.state.lock();
        self.0.wait_until_done(&mut state, deadline, |state| {
            state.done_up_to >= last || state.stage == Stage::Closed
        })
    }

    /// Refuses new items from now on, and begins to export the queued ones.
    pub(crate) fn close(&self) {
        let mut state = self.0.state.lock();
        if state.stage == Stage::Open {
            state.stage = Stage::Closing;
            if state.admission == Admission::Hold {
                state.clear();
            }
        }
        self.0.work.notify_one();
    }

    /// After [`close`](Self::close): waits until all items are exported, and returns those that are still queued at the
    /// deadline.
    pub(crate) fn wait_closed(&self, deadline: Instant) -> Vec<T> {
        let mut state = self.0.state.lock();
        self.0
            .wait_until_done(&mut state, deadline, |state| state.stage == Stage::Closed);
        state.take(usize::MAX)
    }

    /// Waits until the exporting thread holds no [`InHand`]. Returns `false` if it still does at the deadline.
    pub(crate) fn wait_handed_over(&self, deadline: Instant) -> bool {
        let mut state = self.0.state.lock();
        self.0
            .wait_until_done(&mut state, deadline, |state| !state.is_in_hand)
    }
}

impl<T> Shared<T> {
    /// Waits until `is_done` or the deadline; returns whether `is_done`.
    fn wait_until_done(
        &self,
        state: &mut MutexGuard<'_, State<T>>,
        deadline: Instant,
        is_done: impl Fn(&State<T>) -> bool,
    ) -> bool {
        while !is_done(state) {
            if self.done.wait_until(state, deadline).timed_out() {
                return is_done(state);
            }
        }
        true
    }

    fn work(&self, export: &mut impl FnMut(Vec<T>, InHand<'_, T>)) {
        loop {
            let mut state = self.wait_for_work();
            if state.len() == 0 {
                state.stage = Stage::Closed;
                self.done.notify_all();
                return;
            }
            let batch = state.take(self.batch.max_export_batch_size);
            state.is_in_hand = true;
            drop(state);
            export(batch, InHand(self));
        }
    }

    /// Waits until a batch is full, its first item is old enough, or a flush asks for it. At the end there may be no item.
    fn wait_for_work(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.state.lock();
        loop {
            state.update_done();
            self.done.notify_all();
            if state.admission == Admission::Hold && state.stage == Stage::Open {
                self.work.wait(&mut state);
                continue;
            }
            let is_full = state.len() >= self.batch.max_export_batch_size;
            if is_full || state.is_flushing() || state.stage != Stage::Open {
                return state;
            }
            let delay = self.batch.scheduled_delay;
            // A delay such as `Duration::MAX` is never over.
            match state.since.and_then(|since| since.checked_add(delay)) {
                Some(due) if due <= Instant::now() => return state,
                Some(due) => {
                    self.work.wait_until(&mut state, due);
                }
                None => self.work.wait(&mut state),
            }
        }
    }
}

#[cfg(test)]
#[path = "queue/tests.rs"]
mod tests;
