//! What waits to be written to a connection.

use tokio::sync::{Notify, mpsc};

/// Frames: a burst of events while the page is busy, not a page that has stopped reading.
const CAPACITY: usize = 1024;

/// The sending half, for everything that has something to tell a page.
pub(super) struct Outbox {
    frames: mpsc::Sender<String>,
    overflow: Notify,
}

impl Outbox {
    pub(super) fn new() -> (Self, mpsc::Receiver<String>) {
        let (frames, outgoing) = mpsc::channel(CAPACITY);
        let overflow = Notify::new();
        (Self { frames, overflow }, outgoing)
    }

    /// Queues a frame, from code that cannot wait. A page that is so far behind that there is no room loses
    /// its connection: it would never know which events it has missed.
    pub(super) fn push(&self, frame: String) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.frames.try_send(frame) {
            self.overflow.notify_one();
        }
    }

    /// Queues a frame, once there is room.
    pub(super) async fn deliver(&self, frame: String) {
        // Without a receiver the page is gone, and nobody waits for an answer.
        let _ = self.frames.send(frame).await;
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
