//! One signal from its queue to its outlets.

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    json,
    outlet::Outlets,
    queue::{Admission, DropPriority, InHand, Queue},
    request::ExportRequest,
    source::Source,
};
use crate::{
    config::{Batch, Signal},
    privacy::{Redact, Redactor},
};

/// The longest wait for the batch that the thread is encoding. Encoding takes milliseconds; a debug build that redacts
/// thousands of texts needs seconds.
const ENCODING_TIMEOUT: Duration = Duration::from_secs(5);

/// Something with a queue and a thread that empties it, whatever its items are.
pub(crate) trait Drain: fmt::Debug + Send + Sync {
    /// The number of queued items.
    fn len(&self) -> usize;

    /// Whether a whole batch is queued. By default every item is one.
    fn has_full_batch(&self) -> bool {
        self.len() > 0
    }

    /// Asks the thread to export the queued items, and returns at once.
    fn begin_flush(&self);

    /// Exports everything that was recorded so far. Returns whether that was done before the deadline.
    fn flush(&self, deadline: Instant) -> bool;

    /// Changes what is done with the queued items and with new ones.
    fn admit(&self, admission: Admission);

    /// Deletes the queued items, and the request that the collector has not answered yet.
    fn clear(&self);

    /// The items that are exported next, `most` of them at most, as the OTLP JSON in which they would leave.
    fn preview(&self, most: usize) -> Option<serde_json::Value>;

    /// For a process that is about to end: writes the queued items and the unanswered request to the spool, if the signal
    /// has one. Waits until [`ENCODING_TIMEOUT`] after `deadline` for the batch that the thread is encoding.
    fn keep(&self, deadline: Instant);

    /// Refuses new items from now on, and begins to export the queued ones.
    fn close(&self);

    /// After [`close`](Self::close): waits until the thread has exported all items. At `deadline` it
    /// [keeps](Self::keep) the remaining ones for the next start of the app.
    fn finish(&self, deadline: Instant);
}

/// Where the items of a lane go.
pub(crate) struct Route {
    pub(crate) signal: Signal,
    pub(crate) outlets: Arc<Outlets>,
    /// Redacts each request before anything else gets it. `None` if redaction is off.
    pub(crate) redactor: Option<Arc<Redactor>>,
    /// Called after each export.
    pub(crate) exported: Box<dyn Fn() + Send>,
}

/// Makes a request of a batch.
type Encode<T, R> = Arc<dyn Fn(Vec<T>) -> R + Send + Sync>;

/// The queue for items of type `T`, and how a batch of them becomes a request of type `R`. Clones share the queue.
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

impl<T, R> fmt::Debug for Lane<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("outlets", &self.outlets)
            .finish_non_exhaustive()
    }
}

impl<T: Clone + Send + 'static, R: ExportRequest + Redact + 'static> Lane<T, R> {
    /// Starts the thread of the lane. `limit` cuts a request to the configured limits. It is called after redaction, which does not recognise a secret
    /// without its end.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(crate) fn start(
        route: Route,
        batch: Batch,
        encode: impl Fn(Vec<T>) -> R + Send + Sync + 'static,
        limit: impl Fn(&mut R) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let Route {
            signal,
            outlets,
            redactor,
            exported,
        } = route;
        let name = match signal {
            Signal::Traces => "OpenTelemetry.Traces",
            Signal::Metrics => "OpenTelemetry.Metrics",
            Signal::Logs => "OpenTelemetry.Logs",
        };
        let encode: Encode<T, R> = Arc::new(move |batch| {
            let mut request = encode(batch);
            if let Some(redactor) = &redactor {
                request.redact(redactor);
            }
            limit(&mut request);
            request
        });
        let export = {
            let encode = encode.clone();
            let outlets = outlets.clone();
            move |batch, in_hand: InHand<'_, T>| {
                let request = encode(batch);
                outlets.accept(&request);
                drop(in_hand);
                outlets.print(&request);
                outlets.deliver();
                exported();
            }
        };
        Ok(Self {
            queue: Queue::start(name, batch, outlets.health().clone(), export)?,
            encode,
            outlets,
        })
    }

    fn keep_on_disk(&self, left: Vec<T>, deadline: Instant) {
        if !left.is_empty() {
            self.outlets.keep(&(self.encode)(left));
        }
        self.queue.wait_handed_over(deadline + ENCODING_TIMEOUT);
        if let Some(uplink) = self.outlets.uplink() {
            uplink.keep_unanswered();
        }
    }

    pub(crate) fn push(&self, item: T, priority: DropPriority) {
        self.queue.push(item, priority);
    }

    pub(crate) fn push_of(&self, source: Source, item: T, priority: DropPriority) {
        self.queue.push_of(source, item, priority);
    }
}

impl<T: Clone + Send + 'static, R: ExportRequest + Redact + 'static> Drain for Lane<T, R> {
    fn len(&self) -> usize {
        self.queue.len()
    }

    fn has_full_batch(&self) -> bool {
        self.queue.has_full_batch()
    }

    fn begin_flush(&self) {
        self.queue.begin_flush();
    }

    fn flush(&self, deadline: Instant) -> bool {
        self.queue.flush(deadline)
    }

    fn admit(&self, admission: Admission) {
        self.queue.admit(admission);
    }

    fn clear(&self) {
        self.queue.clear();
        self.queue
            .wait_handed_over(Instant::now() + ENCODING_TIMEOUT);
        if let Some(uplink) = self.outlets.uplink() {
            uplink.forget_unanswered();
        }
    }

    fn preview(&self, most: usize) -> Option<serde_json::Value> {
        let items = self.queue.peek(most);
        let line = (!items.is_empty()).then(|| json::encode((self.encode)(items)));
        serde_json::from_slice(&line?).ok()
    }

    fn keep(&self, deadline: Instant) {
        self.keep_on_disk(self.queue.take(), deadline);
    }

    fn close(&self) {
        self.queue.close();
    }

    fn finish(&self, deadline: Instant) {
        self.keep_on_disk(self.queue.wait_closed(deadline), deadline);
    }
}

#[cfg(test)]
#[path = "lane/tests.rs"]
mod tests;
