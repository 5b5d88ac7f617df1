//! What every way to ask the viewer has in common.

use std::sync::{Arc, OnceLock};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    api::{Comparison, Receiver, Status},
    query::{self, Params, QueryError},
    receiver::Intake,
    store::{Reader, Store},
};

/// Queries that run at once. Each takes memory.
const MAX_QUERIES: usize = 4;

/// Requests with telemetry that are read, unpacked and decoded at once. Each takes memory.
const MAX_RECEIVED: usize = 4;

/// The store, what feeds it, and where it listens.
pub(crate) struct Core {
    pub(crate) store: Arc<Store>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) receiver: OnceLock<Receiver>,
    queries: Semaphore,
    /// Apart from the queries: sending needs no token, and nobody who sends may keep the page waiting.
    received: Semaphore,
}

impl Core {
    pub(crate) fn new(store: Store) -> Self {
        let store = Arc::new(store);
        Self {
            intake: Arc::new(Intake::new(store.clone())),
            store,
            receiver: OnceLock::new(),
            queries: Semaphore::new(MAX_QUERIES),
            received: Semaphore::new(MAX_RECEIVED),
        }
    }

    /// Waits until a query may run. The next one may when the permit is dropped.
    pub(crate) async fn permit_to_query(&self) -> SemaphorePermit<'_> {
        let permit = self.queries.acquire().await;
        permit.expect("nobody closes the semaphore")
    }

    /// Waits until a request with telemetry may be read, likewise.
    pub(crate) async fn permit_to_receive(&self) -> SemaphorePermit<'_> {
        let permit = self.received.acquire().await;
        permit.expect("nobody closes the semaphore")
    }

    /// Asks the run that the parameters name.
    pub(crate) fn ask<T>(
        &self,
        params: &Params,
        question: impl FnOnce(&mut Reader) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        // The store has to know of its own errors; those of the query are part of what it reads.
        self.store
            .read(params.text("run"), |reader| match question(reader) {
                Err(QueryError::Store(error)) => Err(error),
                answer => Ok(answer),
            })?
    }

    /// The parameters with the run that they mean now, for an answer in pieces: another run can begin meanwhile.
    pub(crate) fn with_run(&self, mut params: Params) -> Params {
        if params.text("run").is_none() {
            params.set("run", self.store.current());
        }
        params
    }

    pub(crate) fn status(&self, params: &Params) -> Result<Status, QueryError> {
        let id = params
            .text("run")
            .map_or_else(|| self.store.current(), str::to_owned);
        let run = self.store.run(&id)?;
        let mut status = self.ask(params, |reader| query::status(reader, run))?;
        if let Some(receiver) = self.receiver.get() {
            status.receiver = receiver.clone();
        }
        status.bytes = self.store.bytes();
        status.limit_bytes = self.store.limit();
        status.messages = self.store.messages();
        if status.run.current {
            // A full disk keeps the writer from storing this as well.
            let unwritten = self.store.live().borrow().state.unwritten;
            status.lost.unwritten_items = status.lost.unwritten_items.max(unwritten);
            status.lost.refused_requests = self.intake.refused();
            status.lost.rejected_items += self.intake.rejected();
        }
        Ok(status)
    }

    /// Compares the sides that the parameters with `a.` and `b.` name.
    pub(crate) fn compare(&self, params: &Params) -> Result<Comparison, QueryError> {
        let side = |prefix: &str| {
            let own = params.side(prefix);
            self.ask(&own, |reader| query::operations(reader, &own))
                .map_err(|error| match error {
                    QueryError::Field { field, message } => QueryError::Field {
                        field: format!("{prefix}{field}"),
                        message,
                    },
                    other => other,
                })
        };
        Ok(query::compare(&side("a.")?, &side("b.")?))
    }
}
