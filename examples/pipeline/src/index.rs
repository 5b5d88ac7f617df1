//! The job in the background, in a queue of apalis. Each attempt is a trace of its own, with a link to the span that enqueued the job.

use std::{collections::BTreeSet, pin::pin, sync::Arc, time::Instant};

use anyhow::{Result, anyhow, bail};
use apalis::prelude::{
    Attempt, Data, Event, MemoryStorage, RetryPolicy, TaskSink, WorkerBuilder, WorkerBuilderExt,
};
use article_store::Store;
use futures::StreamExt;
use spankit::job::{Enqueue, EnqueueEnd, Job, JobEnd};
use tokio::task::JoinHandle;
use tracebaton::{TraceContext, add_link};

use crate::{Article, faults};

/// The job, as it is in the queue.
#[derive(Debug, Clone)]
struct Index {
    /// The context of the span that enqueued it.
    trace: TraceContext,
    since: Instant,
    slugs: Vec<String>,
}

/// Enqueues the job, and starts its worker, which ends with the job.
pub async fn start(store: Arc<Store>, articles: &[Article]) -> Result<JoinHandle<Result<()>>> {
    let enqueue = Enqueue {
        kind: "index",
        target: "articles",
    }
    .start();
    let mut queue = MemoryStorage::new();
    let slugs = articles.iter().map(|article| article.slug.clone());
    let job = Index {
        trace: enqueue.in_scope(TraceContext::current),
        since: Instant::now(),
        slugs: slugs.collect(),
    };
    queue.push(job).await.map_err(|error| anyhow!("{error}"))?;
    enqueue.ok(EnqueueEnd {
        batch_size: articles.len() as u64,
    });
    Ok(tokio::spawn(async {
        let worker = WorkerBuilder::new("index")
            .backend(queue)
            .data(store)
            .retry(RetryPolicy::retries(2));
        // The worker waits for the next job after a job has succeeded or failed.
        let mut events = pin!(worker.build(index).stream());
        while let Some(event) = events.next().await {
            match event? {
                Event::Success(_) => return Ok(()),
                Event::Error(error) => bail!("the job: {error}"),
                _ => {}
            }
        }
        bail!("the worker has ended before the job")
    }))
}

/// Stores the words of the slugs.
async fn index(job: Index, attempt: Attempt, store: Data<Arc<Store>>) -> Result<()> {
    let span = Job::new("index", "articles", u32::try_from(attempt.current())?)
        .queue_time(job.since.elapsed())
        .start_root();
    add_link(span.span(), &job.trace);
    let batch_size = job.slugs.len() as u64;
    span.run(
        async {
            faults::fail_attempt(attempt.current())?;
            let words = job.slugs.iter().flat_map(|slug| slug.split('-'));
            let words: BTreeSet<_> = words.map(|word| (word.to_owned(), String::new())).collect();
            store.put("words", &Vec::from_iter(words))
        },
        |()| JobEnd {
            batch_size,
            processed: batch_size,
        },
    )
    .await
}
