//! Work in the background: queues, pools, timers.
//!
//! A job is the root of a trace of its own, linked to whatever enqueued it, because a trace of hours is no use to anybody.
//! The context travels with the job, as a `TraceContext` of the crate `tracebaton`.
//!
//! ```
//! use std::time::Duration;
//! use spankit::job::{Enqueue, EnqueueEnd, Job, JobEnd};
//!
//! let enqueue = Enqueue { kind: "index", target: "articles" }.start();
//! // `enqueue.in_scope(TraceContext::current)` goes into the queue as well.
//! enqueue.ok(EnqueueEnd { batch_size: 3 });
//!
//! // Later, on another thread.
//! let job = Job::new("index", "articles", 1).queue_time(Duration::from_millis(20)).start_root();
//! // `add_link(job.span(), &trace)` links it to what enqueued it.
//! let indexed = job.in_scope(|| 2);
//! job.partial(JobEnd { batch_size: 3, processed: indexed });
//! ```

use std::time::Duration;

use crate::span_family;

span_family! {
    /// Something is put into a queue.
    pub span Enqueue("enqueue {kind}", producer) {
        /// What is to be done: `index`, `thumbnail`.
        kind: &str = "job.type",
        /// To what it is to be done: a collection, a folder.
        target: &str = "job.target",
    } => EnqueueEnd {
        /// How many items there are.
        batch_size: u64 = "job.batch_size",
    }

    /// One run of a job.
    pub span Job("job {kind}", consumer) {
        /// What is done: `index`, `thumbnail`.
        kind: &str = "job.type",
        /// To what it is done: a collection, a folder.
        target: &str = "job.target",
        /// 1 for the first try.
        attempt: u32 = "job.attempt",
        /// How long it waited in the queue.
        queue_time: Option<Duration> = "job.queue_time",
    } => JobEnd {
        /// How many items there were.
        batch_size: u64 = "job.batch_size",
        /// How many of them were done.
        processed: u64 = "job.processed",
        outcome = "job.status",
    }
    metrics by(kind, target) {
        duration: histogram = "job.duration",
        processed: counter = "job.items_processed",
    }
}
