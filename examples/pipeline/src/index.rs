//! The job in the background, in a queue of apalis. Each attempt is a trace of its own, with a link to the span that enqueued the job.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use anyhow::{Result, anyhow};
use apalis::prelude::{
    Attempt, Data, MemoryStorage, RetryPolicy, TaskSink, WorkerBuilder, WorkerBuilderExt,
    WorkerContext,
};
use article_store::Store;
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

/// Enqueues the job, and starts its worker.
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
        worker.build(index).run().await?;
        Ok(())
    }))
}

/// Stores the words of the slugs.
async fn index(
    job: Index,
    attempt: Attempt,
    store: Data<Arc<Store>>,
    worker: WorkerContext,
) -> Result<()> {
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
    .await?;
    worker.stop()?;
    Ok(())
}
