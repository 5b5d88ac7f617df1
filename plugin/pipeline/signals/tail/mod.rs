//! Decides about whole traces after they have ended, on the device: traces with an error and slow ones are kept, and a share of
//! the others. [`buffer`] holds and decides them; the thread here decides those that have waited long enough.

mod buffer;

use std::{
    fmt, io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use opentelemetry::TraceId;
use opentelemetry_sdk::trace::SpanData;
use parking_lot::Mutex;

use self::buffer::{Held, TailBuffer};
use crate::{
    config::TailRule,
    pipeline::sending::{Source, unrecorded},
};

/// How often the thread looks for traces that have waited long enough.
const PACE: Duration = Duration::from_millis(250);

/// Holds traces until they are decided, by a thread that decides those that have waited long enough.
pub(super) struct Tail {
    buffer: Mutex<TailBuffer>,
    leave: Box<dyn Fn(Source, SpanData) + Send + Sync>,
    /// Ends the thread when it is dropped.
    _end: Sender<()>,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").finish_non_exhaustive()
    }
}

impl Tail {
    /// Starts the thread. `leave` takes the spans that are kept.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(super) fn start(
        rule: TailRule,
        leave: impl Fn(Source, SpanData) + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let (end, ended) = mpsc::channel();
        let tail = Arc::new(Self {
            buffer: Mutex::new(TailBuffer::new(rule)),
            leave: Box::new(leave),
            _end: end,
        });
        let of_thread = Arc::downgrade(&tail);
        let thread = thread::Builder::new().name("OpenTelemetry.Tail".to_owned());
        thread.spawn(move || {
            unrecorded(|| {
                while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PACE)
                    && let Some(tail) = of_thread.upgrade()
                {
                    tail.expire();
                }
            });
        })?;
        Ok(tail)
    }

    pub(super) fn started(&self, trace_id: TraceId) {
        self.buffer.lock().started(trace_id, Instant::now());
    }

    pub(super) fn ended(&self, source: Source, span: SpanData, has_started: bool) {
        let now = Instant::now();
        let leaving = self.buffer.lock().ended(source, span, has_started, now);
        self.pass_on(leaving);
    }

    /// Decides all traces.
    pub(super) fn release(&self) {
        let leaving = self.buffer.lock().drain(Instant::now());
        self.pass_on(leaving);
    }

    pub(super) fn clear(&self) {
        self.buffer.lock().clear();
    }

    fn expire(&self) {
        let leaving = self.buffer.lock().expire(Instant::now());
        self.pass_on(leaving);
    }

    fn pass_on(&self, leaving: Held) {
        for (source, span) in leaving {
            (self.leave)(source, span);
        }
    }
}
