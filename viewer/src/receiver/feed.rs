//! Encoded requests from within the process. They are decoded on a thread of their own, so that who gives them pays a copy.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::{self, JoinHandle},
};

use super::{Encoding, Intake, Signal, decode};

/// Bytes that may wait to be decoded: a second of a busy sender.
const MAX_WAITING_BYTES: usize = 32 << 20;

enum Job {
    Decode(Signal, Vec<u8>),
    /// Everything before it is decoded.
    Flush(SyncSender<()>),
}

/// The queue and its thread, which ends with it.
pub(crate) struct Feed {
    intake: Arc<Intake>,
    waiting: Arc<AtomicUsize>,
    /// `None` only while it is being dropped.
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start(intake: Arc<Intake>) -> std::io::Result<Self> {
        let (sender, jobs) = channel();
        let waiting = Arc::<AtomicUsize>::default();
        let thread = thread::Builder::new()
            .name("tracepane-feed".to_owned())
            .spawn({
                let (intake, waiting) = (intake.clone(), waiting.clone());
                move || run(&jobs, &intake, &waiting)
            })?;
        Ok(Self {
            intake,
            waiting,
            jobs: Mutex::new(Some(sender)),
            thread: Some(thread),
        })
    }

    /// Queues a request, or counts it as refused when too many wait.
    pub(crate) fn push(&self, signal: Signal, request: Vec<u8>) {
        let size = request.len();
        let before = self.waiting.fetch_add(size, Ordering::Relaxed);
        if before + size > MAX_WAITING_BYTES || !self.send(Job::Decode(signal, request)) {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            self.intake.refuse();
        }
    }

    /// Waits until everything that was queued so far is decoded.
    pub(crate) fn flush(&self) {
        let (done, decoded) = sync_channel(1);
        if self.send(Job::Flush(done)) {
            // An error means that the thread has ended, and then there is nothing to wait for.
            let _ = decoded.recv();
        }
    }

    fn send(&self, job: Job) -> bool {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The counters of the intake say what was refused.
fn run(jobs: &Receiver<Job>, intake: &Intake, waiting: &AtomicUsize) {
    for job in jobs {
        let (signal, request) = match job {
            Job::Decode(signal, request) => (signal, request),
            Job::Flush(done) => {
                let _ = done.send(());
                continue;
            }
        };
        match decode(signal, Encoding::Protobuf, &request) {
            // What waits meanwhile is bounded, and counted when it is too much.
            Ok((batch, rejected)) => intake.push_when_room(batch, &rejected),
            Err(_) => intake.refuse(),
        }
        waiting.fetch_sub(request.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use opentelemetry_proto::tonic::{
        collector::logs::v1::ExportLogsServiceRequest,
        logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    };
    use prost::Message;

    use super::*;
    use crate::store::{MIN_LIMIT, Options, Store};

    /// A feed into a store whose queue has room for one request at a time.
    fn feed(folder: &Path) -> (Feed, Arc<Intake>, Arc<Store>) {
        let store = Store::open(Options {
            folder: folder.to_owned(),
            limit: MIN_LIMIT,
            queue_bytes: 1,
            name: String::new(),
        });
        let store = Arc::new(store.unwrap());
        let intake = Arc::new(Intake::new(store.clone()));
        (Feed::start(intake.clone()).unwrap(), intake, store)
    }

    fn record() -> Vec<u8> {
        let scope_logs = vec![ScopeLogs {
            log_records: vec![LogRecord::default()],
            ..ScopeLogs::default()
        }];
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs,
                ..ResourceLogs::default()
            }],
        };
        request.encode_to_vec()
    }

    #[test]
    fn nothing_is_lost_while_the_queue_of_the_store_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let (feed, intake, store) = feed(folder.path());
        for _ in 0..20 {
            feed.push(Signal::Logs, record());
        }
        feed.flush();
        store.flush();
        assert_eq!(
            (intake.refused(), store.live().borrow().state.logs),
            (0, 20)
        );
    }

    #[test]
    fn what_cannot_be_decoded_is_counted_and_so_is_what_comes_when_nothing_more_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let (feed, intake, store) = feed(folder.path());
        feed.push(Signal::Logs, vec![0xff]);
        feed.flush();
        assert_eq!(intake.refused(), 1);
        store.close();
        feed.push(Signal::Logs, record());
        feed.flush();
        assert_eq!(intake.refused(), 2);
    }

    #[test]
    fn what_finds_the_queue_full_is_counted_and_nobody_waits() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::follow(folder.path().to_owned(), 0).unwrap();
        let intake = Arc::new(Intake::new(Arc::new(store)));
        let feed = Feed::start(intake.clone()).unwrap();
        feed.push(Signal::Logs, vec![0; MAX_WAITING_BYTES + 1]);
        assert_eq!(intake.refused(), 1);
        feed.flush();
        assert_eq!(feed.waiting.load(Ordering::Relaxed), 0);
    }
}
