//! The bounded queue between those who record and the thread that exports.
//!
//! Recording never waits. When the queue is full the newest item is dropped and counted, unless it
//! matters more than others: then it takes the place of the oldest of those that matter less. Within
//! a batch what matters goes first.
//!
//! Not the SDK's batch processors: they drop whatever is newest, and say how much at shutdown only.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::unrecorded;
use crate::{
    config::Batch,
    pipeline::health::{Health, Loss},
};

/// What an item is worth when there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    Ordinary,
    /// About an error.
    High,
}

/// A handle to the queue.
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
    /// Signalled when there is something for the thread to do.
    work: Condvar,
    /// Signalled when the thread has done it.
    done: Condvar,
    batch: Batch,
    health: Arc<Health>,
}

#[derive(Debug)]
struct State<T> {
    high: VecDeque<T>,
    ordinary: VecDeque<T>,
    /// When the first item came in, while there is one.
    since: Option<Instant>,
    /// How many flushes were asked for, and how many of them are done.
    asked: u64,
    flushed: u64,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// Nothing comes in any more.
    Closing,
    /// And nothing goes out.
    Closed,
}

impl<T> State<T> {
    fn len(&self) -> usize {
        self.high.len() + self.ordinary.len()
    }

    fn take(&mut self, most: usize) -> Vec<T> {
        let high = most.min(self.high.len());
        let ordinary = (most - high).min(self.ordinary.len());
        let mut batch = Vec::with_capacity(high + ordinary);
        batch.extend(self.high.drain(..high));
        batch.extend(self.ordinary.drain(..ordinary));
        self.since = (self.len() > 0).then(Instant::now);
        batch
    }
}

impl<T: Send + 'static> Queue<T> {
    /// Starts the thread, which hands batches to `export` and has nothing else to do, so that `export`
    /// may block. Nothing that happens in it is recorded.
    ///
    /// # Errors
    /// If the system has no thread to spare.
    pub(crate) fn start(
        name: &'static str,
        batch: Batch,
        health: Arc<Health>,
        mut export: impl FnMut(Vec<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Self(Arc::new(Shared {
            state: Mutex::new(State {
                high: VecDeque::new(),
                ordinary: VecDeque::new(),
                since: None,
                asked: 0,
                flushed: 0,
                stage: Stage::Open,
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

    /// Queues an item, as far as there is room.
    pub(crate) fn push(&self, item: T, worth: Worth) {
        let shared = &*self.0;
        let mut state = shared.lock();
        if state.stage != Stage::Open {
            return shared.health.lost(Loss::Shutdown, 1);
        }
        if state.len() >= shared.batch.max_queue_size {
            shared.health.lost(Loss::QueueFull, 1);
            if worth == Worth::Ordinary || state.ordinary.pop_front().is_none() {
                return;
            }
        }
        match worth {
            Worth::High => state.high.push_back(item),
            Worth::Ordinary => state.ordinary.push_back(item),
        }
        let first = state.since.is_none();
        state.since.get_or_insert_with(Instant::now);
        if first || state.len() == shared.batch.max_export_batch_size {
            shared.work.notify_one();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Exports everything that is queued by now. Whether that was done before the deadline.
    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        let mut state = self.0.lock();
        state.asked += 1;
        let ticket = state.asked;
        self.0.work.notify_one();
        self.0
            .wait(state, deadline, |state| state.flushed >= ticket)
    }

    /// Takes nothing more, and begins to export what is queued.
    pub(crate) fn close(&self) {
        let mut state = self.0.lock();
        if state.stage == Stage::Open {
            state.stage = Stage::Closing;
        }
        self.0.work.notify_one();
    }

    /// Waits until everything is exported after [`close`](Self::close), and returns what is not by the
    /// deadline.
    pub(crate) fn wait_closed(&self, deadline: Instant) -> Vec<T> {
        let state = self.0.lock();
        self.0
            .wait(state, deadline, |state| state.stage == Stage::Closed);
        self.0.lock().take(usize::MAX)
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A panic of `export` does not happen while the lock is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(
        &self,
        state: MutexGuard<'_, State<T>>,
        deadline: Instant,
        holds: impl Fn(&State<T>) -> bool,
    ) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let (state, _) = self
            .done
            .wait_timeout_while(state, left, |state| !holds(state))
            .unwrap_or_else(PoisonError::into_inner);
        holds(&state)
    }

    fn work(&self, export: &mut impl FnMut(Vec<T>)) {
        loop {
            let mut state = self.wait_for_work();
            if state.len() == 0 {
                state.flushed = state.asked;
                if state.stage == Stage::Closing {
                    state.stage = Stage::Closed;
                }
                self.done.notify_all();
                if state.stage == Stage::Closed {
                    return;
                }
                continue;
            }
            let batch = state.take(self.batch.max_export_batch_size);
            drop(state);
            export(batch);
        }
    }

    /// Waits until a batch is full, or old enough, or asked for.
    fn wait_for_work(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.lock();
        loop {
            let full = state.len() >= self.batch.max_export_batch_size;
            if full || state.asked > state.flushed || state.stage != Stage::Open {
                return state;
            }
            let left = state
                .since
                .map(|since| self.batch.scheduled_delay.saturating_sub(since.elapsed()));
            state = match left {
                Some(Duration::ZERO) => return state,
                Some(left) => {
                    self.work
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use opentelemetry::Context;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn batch(queue: usize, batch: usize, delay: Duration) -> Batch {
        Batch {
            max_queue_size: queue,
            max_export_batch_size: batch,
            scheduled_delay: delay,
        }
    }

    /// A queue whose exports can be held up, one by one.
    struct Held {
        queue: Queue<u32>,
        health: Arc<Health>,
        batches: Receiver<Vec<u32>>,
        go_on: Sender<()>,
    }

    fn held(batch: Batch) -> Held {
        let (sender, batches) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let health = Arc::<Health>::default();
        let queue = Queue::start("test", batch, health.clone(), move |items| {
            sender.send(items).expect("the test listens");
            // The test has ended otherwise.
            let _ = wait.recv();
        });
        Held {
            queue: queue.expect("a thread"),
            health,
            batches,
            go_on,
        }
    }

    impl Held {
        fn next(&self) -> Vec<u32> {
            self.batches.recv_timeout(SOON).expect("a batch")
        }

        /// Occupies the thread with one item, so that what follows stays queued.
        fn occupy(&self) {
            self.queue.push(0, Worth::Ordinary);
            self.queue.0.lock().asked += 1;
            self.queue.0.work.notify_one();
            assert_eq!(self.next(), [0]);
        }
    }

    #[test]
    fn a_batch_leaves_when_it_is_full_and_not_before() {
        let held = held(batch(10, 3, Duration::from_secs(3600)));
        for item in 1..=4 {
            held.queue.push(item, Worth::Ordinary);
        }
        assert_eq!(held.next(), [1, 2, 3]);
        held.go_on.send(()).unwrap();
        assert_eq!(held.queue.len(), 1);
    }

    #[test]
    fn a_batch_leaves_when_its_first_item_is_old_enough() {
        let held = held(batch(10, 5, Duration::from_millis(1)));
        held.queue.push(1, Worth::Ordinary);
        assert_eq!(held.next(), [1]);
    }

    #[test]
    fn a_full_queue_drops_the_newest_and_counts_it() {
        let held = held(batch(2, 2, Duration::from_secs(3600)));
        held.occupy();
        for item in 1..=5 {
            held.queue.push(item, Worth::Ordinary);
        }
        held.go_on.send(()).unwrap();
        assert_eq!(held.next(), [1, 2]);
        assert_eq!(held.health.total_lost(Loss::QueueFull), 3);
    }

    #[test]
    fn what_matters_takes_the_place_of_the_oldest_that_does_not() {
        let held = held(batch(3, 3, Duration::from_secs(3600)));
        held.occupy();
        for item in 1..=3 {
            held.queue.push(item, Worth::Ordinary);
        }
        for item in 11..=14 {
            held.queue.push(item, Worth::High);
        }
        held.go_on.send(()).unwrap();
        assert_eq!(
            held.next(),
            [11, 12, 13],
            "the last finds nothing to displace"
        );
        assert_eq!(held.health.total_lost(Loss::QueueFull), 4);
    }

    #[test]
    fn a_flush_waits_until_everything_is_exported() {
        let held = held(batch(10, 2, Duration::from_secs(3600)));
        for item in 1..=3 {
            held.queue.push(item, Worth::Ordinary);
        }
        assert!(
            !held.queue.flush(Instant::now()),
            "the first batch is held up"
        );
        for _ in 0..2 {
            held.go_on.send(()).unwrap();
        }
        assert!(held.queue.flush(Instant::now() + SOON));
        assert_eq!([held.next(), held.next()], [vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_closed_queue_exports_what_it_has_and_takes_nothing_more() {
        let held = held(batch(10, 10, Duration::from_secs(3600)));
        held.queue.push(1, Worth::Ordinary);
        held.queue.close();
        held.queue.push(2, Worth::Ordinary);
        held.go_on.send(()).unwrap();
        assert_eq!(held.queue.wait_closed(Instant::now() + SOON), [0; 0]);
        assert_eq!(held.next(), [1]);
        assert_eq!(held.health.total_lost(Loss::Shutdown), 1);
    }

    #[test]
    fn what_cannot_leave_before_the_deadline_is_given_back() {
        let held = held(batch(10, 1, Duration::from_secs(3600)));
        held.occupy();
        held.queue.push(1, Worth::Ordinary);
        held.queue.push(2, Worth::High);
        held.queue.close();
        assert_eq!(held.queue.wait_closed(Instant::now()), [2, 1]);
    }

    #[test]
    fn nothing_that_happens_in_an_export_is_recorded() {
        let (sender, suppressed) = mpsc::channel();
        let batch = batch(1, 1, Duration::ZERO);
        let queue = Queue::start("test", batch, Arc::default(), move |_: Vec<u32>| {
            sender
                .send(Context::is_current_telemetry_suppressed())
                .expect("the test listens");
        });
        queue.expect("a thread").push(1, Worth::Ordinary);
        assert_eq!(suppressed.recv_timeout(SOON), Ok(true));
    }
}
