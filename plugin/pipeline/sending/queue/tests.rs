//! The queue: what fills it, what leaves it, and what is dropped.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

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
    let export = move |items, _in_hand: InHand<'_, u32>| {
        sender.send(items).expect("the test listens");
        // The test has ended otherwise.
        let _ = wait.recv();
    };
    let queue = Queue::start("test", batch, health.clone(), export);
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
        self.queue.push(0, DropPriority::First);
        self.queue.begin_flush();
        assert_eq!(self.next(), [0]);
    }
}

#[test]
fn a_batch_leaves_when_it_is_full_and_not_before() {
    let held = held(batch(10, 3, Duration::MAX));
    for item in 1..=4 {
        held.queue.push(item, DropPriority::First);
    }
    assert_eq!(held.next(), [1, 2, 3]);
    held.go_on.send(()).unwrap();
    assert!(held.queue.wait_handed_over(Instant::now() + SOON));
    assert_eq!(held.queue.len(), 1);
    for item in 5..=6 {
        held.queue.push(item, DropPriority::First);
    }
    assert_eq!(held.next(), [4, 5, 6]);
}

#[test]
fn a_batch_leaves_when_its_first_item_is_old_enough() {
    let held = held(batch(10, 5, Duration::from_millis(1)));
    held.queue.push(1, DropPriority::First);
    assert_eq!(held.next(), [1]);
}

#[test]
fn a_full_queue_drops_the_newest_and_counts_it() {
    let held = held(batch(2, 2, Duration::from_secs(3600)));
    held.occupy();
    for item in 1..=5 {
        held.queue.push(item, DropPriority::First);
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
        held.queue.push(item, DropPriority::First);
    }
    for item in 11..=14 {
        held.queue.push(item, DropPriority::Last);
    }
    held.go_on.send(()).unwrap();
    assert_eq!(
        held.next(),
        [11, 12, 13],
        "the last finds nothing to displace"
    );
    assert_eq!(held.health.total_lost(Loss::QueueFull), 4);
}

fn page(webview: &'static str) -> Source {
    Source::Page(webview.into())
}

#[test]
fn a_looping_page_gives_way_to_the_app_and_to_other_pages() {
    let held = held(batch(4, 4, Duration::from_secs(3600)));
    held.occupy();
    for item in 1..=4 {
        let queue = &held.queue;
        queue.push_of(page("looping"), item, DropPriority::Last);
    }
    held.queue.push(11, DropPriority::First);
    held.queue.push_of(page("main"), 21, DropPriority::First);
    for item in 5..=9 {
        let queue = &held.queue;
        queue.push_of(page("looping"), item, DropPriority::Last);
    }
    held.go_on.send(()).unwrap();
    assert_eq!(held.next(), [3, 4, 11, 21]);
    assert_eq!(held.health.total_lost(Loss::QueueFull), 7);
}

#[test]
fn a_page_displaces_nothing_of_the_app_whatever_it_has_to_tell() {
    let held = held(batch(3, 3, Duration::from_secs(3600)));
    held.occupy();
    for item in 1..=3 {
        held.queue.push(item, DropPriority::First);
    }
    held.queue.push_of(page("main"), 11, DropPriority::Last);
    held.go_on.send(()).unwrap();
    assert_eq!(held.next(), [1, 2, 3]);
}

#[test]
fn a_flush_waits_until_everything_is_exported() {
    let held = held(batch(10, 2, Duration::from_secs(3600)));
    for item in 1..=3 {
        held.queue.push(item, DropPriority::First);
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
fn a_flush_does_not_wait_for_what_is_queued_after_it() {
    let held = held(batch(10, 10, Duration::from_secs(3600)));
    held.queue.push(1, DropPriority::First);
    let queue = held.queue.clone();
    let flush = thread::spawn(move || queue.flush(Instant::now() + SOON));
    assert_eq!(held.next(), [1]);
    held.queue.push(2, DropPriority::First);
    held.go_on.send(()).unwrap();
    assert!(flush.join().unwrap());
    assert_eq!(held.queue.len(), 1, "it waits for others");
}

#[test]
fn a_closed_queue_exports_what_it_has_and_takes_nothing_more() {
    let held = held(batch(10, 10, Duration::from_secs(3600)));
    held.queue.push(1, DropPriority::First);
    held.queue.close();
    held.queue.push(2, DropPriority::First);
    held.go_on.send(()).unwrap();
    assert_eq!(held.queue.wait_closed(Instant::now() + SOON), [0; 0]);
    assert_eq!(held.next(), [1]);
    assert_eq!(held.health.total_lost(Loss::Shutdown), 1);
}

#[test]
fn a_flush_of_a_closed_queue_does_not_wait() {
    let held = held(batch(10, 10, Duration::from_secs(3600)));
    held.queue.close();
    assert_eq!(held.queue.wait_closed(Instant::now() + SOON), [0; 0]);
    let deadline = Instant::now() + SOON;
    assert!(held.queue.flush(deadline));
    assert!(Instant::now() < deadline, "it waited for the deadline");
}

#[test]
fn what_cannot_leave_before_the_deadline_is_given_back() {
    let held = held(batch(10, 1, Duration::from_secs(3600)));
    held.occupy();
    held.queue.push(1, DropPriority::First);
    held.queue.push(2, DropPriority::Last);
    held.queue.close();
    assert_eq!(held.queue.wait_closed(Instant::now()), [2, 1]);
}

#[test]
fn a_batch_is_in_hand_until_somebody_has_it() {
    let held = held(batch(10, 1, Duration::from_secs(3600)));
    assert!(held.queue.wait_handed_over(Instant::now()), "there is none");
    held.occupy();
    assert!(!held.queue.wait_handed_over(Instant::now()));
    held.go_on.send(()).unwrap();
    assert!(held.queue.wait_handed_over(Instant::now() + SOON));
}

#[test]
fn what_is_held_is_exported_when_it_may_be() {
    let held = held(batch(10, 1, Duration::ZERO));
    held.queue.admit(Admission::Hold);
    held.queue.push(1, DropPriority::First);
    assert!(!held.queue.flush(Instant::now() + SOON), "at once");
    assert_eq!(held.queue.peek(9), [1]);
    assert!(held.batches.try_recv().is_err());
    held.queue.admit(Admission::Export);
    assert_eq!(held.next(), [1]);
}

#[test]
fn what_is_held_is_deleted_when_it_is_refused_and_when_the_queue_is_closed() {
    for admission in [Admission::Refuse, Admission::Hold] {
        let held = held(batch(10, 1, Duration::ZERO));
        held.queue.admit(Admission::Hold);
        held.queue.push(1, DropPriority::First);
        held.queue.admit(admission);
        held.queue.close();
        assert_eq!(held.queue.wait_closed(Instant::now() + SOON), [0; 0]);
        assert!(held.batches.try_recv().is_err(), "{admission:?}");
    }
}

#[test]
fn what_is_refused_leaves_no_trace_and_a_grant_begins_anew() {
    let held = held(batch(10, 1, Duration::ZERO));
    held.queue.admit(Admission::Refuse);
    held.queue.push(1, DropPriority::First);
    assert!(held.queue.flush(Instant::now() + SOON));
    held.queue.admit(Admission::Export);
    held.queue.push(2, DropPriority::First);
    assert_eq!(held.next(), [2]);
}

#[test]
fn nothing_that_happens_in_an_export_is_recorded() {
    let (sender, suppressed) = mpsc::channel();
    let batch = batch(1, 1, Duration::ZERO);
    let export = move |_: Vec<u32>, _: InHand<'_, u32>| {
        let suppressed = Context::is_current_telemetry_suppressed();
        sender.send(suppressed).expect("the test listens");
    };
    let queue = Queue::start("test", batch, Arc::default(), export);
    queue.expect("a thread").push(1, DropPriority::First);
    assert_eq!(suppressed.recv_timeout(SOON), Ok(true));
}
