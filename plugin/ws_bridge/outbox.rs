//! What waits to be written to a connection.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};

/// Frames: a command may send many before it awaits something, and until then the task that writes to the connection may not run. A
/// page that has stopped reading reaches the limit all the same.
const MAX_FRAMES: usize = 64 * 1024;

/// Bytes of all frames together. A single frame that is larger waits until nothing else does.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The sending half, for everything that has something to tell a page.
pub(super) struct Outbox {
    frames: mpsc::Sender<Frame>,
    /// Bytes that still fit.
    room: Arc<Semaphore>,
    overflow: Notify,
}

/// A frame that waits. It takes up its room until it is dropped, which is when it has been written.
pub(super) struct Frame {
    pub(super) text: String,
    _room: OwnedSemaphorePermit,
}

impl Outbox {
    pub(super) fn new() -> (Self, mpsc::Receiver<Frame>) {
        let (frames, outgoing) = mpsc::channel(MAX_FRAMES);
        let outbox = Self {
            frames,
            room: Arc::new(Semaphore::new(MAX_BYTES)),
            overflow: Notify::new(),
        };
        (outbox, outgoing)
    }

    /// Queues a frame, from code that cannot wait. A page that is so far behind that there is no room loses
    /// its connection: it would never know which events it has missed.
    pub(super) fn push(&self, text: String) {
        let room = self.room.clone().try_acquire_many_owned(size(&text));
        let is_queued = room.is_ok_and(|room| {
            let frame = Frame { text, _room: room };
            // A connection that has ended is not behind.
            !matches!(
                self.frames.try_send(frame),
                Err(mpsc::error::TrySendError::Full(_))
            )
        });
        if !is_queued {
            self.overflow.notify_one();
        }
    }

    /// Queues a frame, once there is room.
    pub(super) async fn deliver(&self, text: String) {
        let room = self.room.clone().acquire_many_owned(size(&text)).await;
        if let Ok(room) = room {
            // Without a receiver the page is gone, and nobody waits for an answer.
            let _ = self.frames.send(Frame { text, _room: room }).await;
        }
    }

    /// Whether the connection has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.frames.is_closed()
    }

    /// Waits until a frame found no room.
    pub(super) async fn overflow(&self) {
        self.overflow.notified().await;
    }
}

/// The bytes that a frame takes up.
fn size(text: &str) -> u32 {
    u32::try_from(text.len().min(MAX_BYTES)).expect("the most bytes fit")
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// Whether the future is done at once.
    fn is_ready(future: impl Future) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        matches!(pin!(future).poll(&mut context), Poll::Ready(_))
    }

    #[test]
    fn one_frame_too_many_overflows() {
        let (outbox, _outgoing) = Outbox::new();
        for _ in 0..MAX_FRAMES {
            outbox.push("x".to_owned());
        }
        assert!(!is_ready(outbox.overflow()));
        outbox.push("x".to_owned());
        assert!(is_ready(outbox.overflow()));
    }

    #[test]
    fn one_byte_too_many_overflows_until_a_frame_has_been_written() {
        let (outbox, mut outgoing) = Outbox::new();
        let half = "x".repeat(MAX_BYTES / 2);
        outbox.push(half.clone());
        outbox.push(half.clone());
        assert!(!is_ready(outbox.overflow()));
        let writing = outgoing.try_recv().unwrap();
        outbox.push("x".to_owned());
        assert!(is_ready(outbox.overflow()), "it is not written yet");
        drop(writing);
        outbox.push(half);
        assert!(!is_ready(outbox.overflow()));
    }

    #[test]
    fn an_answer_waits_for_room_and_a_huge_one_for_all_of_it() {
        let (outbox, mut outgoing) = Outbox::new();
        outbox.push("x".to_owned());
        let mut huge = pin!(outbox.deliver("x".repeat(MAX_BYTES + 1)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(huge.as_mut().poll(&mut context).is_pending());
        drop(outgoing.try_recv().unwrap());
        assert!(huge.as_mut().poll(&mut context).is_ready());
        assert_eq!(outgoing.try_recv().unwrap().text.len(), MAX_BYTES + 1);
    }

    #[test]
    fn a_connection_that_has_ended_does_not_overflow() {
        let (outbox, outgoing) = Outbox::new();
        drop(outgoing);
        outbox.push("x".to_owned());
        assert!(outbox.is_closed() && !is_ready(outbox.overflow()));
    }
}
