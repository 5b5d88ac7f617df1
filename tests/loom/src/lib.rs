//! The queue and the wake-up of the plugin in all orders that threads can take.
//!
//! The two files are compiled a second time, with the locks and threads of `loom` in place of those of the plugin's
//! `sync.rs`. Time does not pass in a model: a thread that is not notified waits for ever, which `loom` reports as a
//! deadlock.

mod config;
mod pipeline;
mod sending;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use config::Batch;
use loom::thread;
use pipeline::health::{Health, Loss};
use sending::{
    queue::{DropPriority, InHand, Queue},
    sync::Mutex,
    wake::{Wake, Woken},
};

/// No batch of these models is sent because it is old.
const AN_HOUR: Duration = Duration::from_secs(3600);

fn later() -> Instant {
    Instant::now() + AN_HOUR
}

/// A queue for two items, and what it has exported.
fn queue() -> (Queue<u32>, Arc<Mutex<Vec<u32>>>, Arc<Health>) {
    let batch = Batch {
        max_queue_size: 2,
        max_export_batch_size: 2,
        scheduled_delay: AN_HOUR,
    };
    let health = Arc::<Health>::default();
    let exported = Arc::<Mutex<Vec<u32>>>::default();
    let export = {
        let exported = exported.clone();
        move |items: Vec<u32>, _in_hand: InHand<'_, u32>| {
            exported.lock().extend(items);
        }
    };
    let queue = Queue::start("queue", batch, health.clone(), export).expect("a thread");
    (queue, exported, health)
}

/// An item that is queued while the queue is closed is exported, or counted as lost.
pub fn an_item_is_exported_or_counted() {
    loom::model(|| {
        let (queue, exported, health) = queue();
        let other = queue.clone();
        let pusher = thread::spawn(move || other.push(1, DropPriority::First));
        queue.close();
        let left = queue.wait_closed(later());
        pusher.join().expect("no panic");
        assert_eq!(left, [0; 0]);
        let exported = exported.lock().len() as u64;
        assert_eq!(exported + health.total_lost(Loss::Shutdown), 1);
    });
}

/// A flush ends only after everything that was queued before it is exported.
pub fn a_flush_ends_after_the_export() {
    loom::model(|| {
        let (queue, exported, _) = queue();
        queue.push(1, DropPriority::First);
        assert!(queue.flush(later()));
        assert_eq!(*exported.lock(), [1]);
        queue.close();
        queue.wait_closed(later());
    });
}

/// A flush ends although the queue is closed at the same time.
pub fn a_flush_during_the_end_ends() {
    loom::model(|| {
        let (queue, _, _) = queue();
        let other = queue.clone();
        let flusher = thread::spawn(move || other.flush(later()));
        queue.close();
        assert!(flusher.join().expect("no panic"));
    });
}

/// At the end each item is in the queue, or somebody has it.
pub fn no_item_is_in_hand_at_the_end() {
    loom::model(|| {
        let (queue, exported, _) = queue();
        for item in [1, 2] {
            queue.push(item, DropPriority::First);
        }
        let left = queue.take();
        assert!(queue.wait_handed_over(later()));
        assert_eq!(left.len() + exported.lock().len(), 2);
        queue.close();
        queue.wait_closed(later());
    });
}

/// The replay thread notices an answer, and the end, whatever comes first.
pub fn no_wake_up_is_lost() {
    loom::model(|| {
        let wake = Arc::<Wake>::default();
        let other = wake.clone();
        let caller = thread::spawn(move || {
            other.stored();
            other.answered();
            other.end();
        });
        while wake.wait(None) != Woken::End {}
        assert!(!wake.rest(AN_HOUR));
        caller.join().expect("no panic");
    });
}

/// An answer that comes while the replay thread waits for its next attempt wakes it.
pub fn an_answer_ends_the_wait_for_the_next_attempt() {
    loom::model(|| {
        let wake = Arc::<Wake>::default();
        let other = wake.clone();
        let caller = thread::spawn(move || other.answered());
        assert_eq!(wake.wait(Some(AN_HOUR)), Woken::ToDeliver);
        caller.join().expect("no panic");
    });
}
