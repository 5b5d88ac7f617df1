//! One signal from its queue to its outlets.

use std::{io, sync::Arc, time::Instant};

use super::{
    json::Doubles,
    outlet::Outlets,
    queue::{DropPriority, Queue},
    source::Source,
};
use crate::{
    config::Batch,
    pipeline::{health::Health, request::Request},
};

/// Makes a request of a batch.
type Encode<T, R> = Arc<dyn Fn(Vec<T>) -> R + Send + Sync>;

/// Items of type `T` on their way, and the requests of type `R` that they become.
pub(crate) struct Lane<T, R> {
    queue: Queue<T>,
    encode: Encode<T, R>,
    outlets: Arc<Outlets>,
}

impl<T, R> Clone for Lane<T, R> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            encode: self.encode.clone(),
            outlets: self.outlets.clone(),
        }
    }
}

impl<T, R> std::fmt::Debug for Lane<T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane")
            .field("outlets", &self.outlets)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static, R: Request + Doubles + 'static> Lane<T, R> {
    /// Calls `exported` after each export.
    ///
    /// # Errors
    /// If the system has no thread to spare.
    pub(crate) fn start(
        name: &'static str,
        batch: Batch,
        health: Arc<Health>,
        outlets: Arc<Outlets>,
        encode: impl Fn(Vec<T>) -> R + Send + Sync + 'static,
        exported: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let encode: Encode<T, R> = Arc::new(encode);
        let export = {
            let encode = encode.clone();
            let outlets = outlets.clone();
            move |batch| {
                outlets.deliver(&encode(batch));
                exported();
            }
        };
        Ok(Self {
            queue: Queue::start(name, batch, health, export)?,
            encode,
            outlets,
        })
    }

    pub(crate) fn push(&self, item: T, priority: DropPriority) {
        self.queue.push(item, priority);
    }

    pub(crate) fn push_of(&self, source: Source, item: T, priority: DropPriority) {
        self.queue.push_of(source, item, priority);
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn flush(&self, deadline: Instant) -> bool {
        self.queue.flush(deadline)
    }

    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Waits until everything has left after [`close`](Self::close). What has not by the deadline is kept
    /// for the next start, as far as anything is kept.
    pub(crate) fn finish(&self, deadline: Instant) {
        let left = self.queue.wait_closed(deadline);
        if !left.is_empty() {
            self.outlets.keep(&(self.encode)(left));
        }
        if let Some(uplink) = self.outlets.uplink() {
            uplink.keep_unanswered();
        }
    }
}
