//! What has just arrived, as server-sent events.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{
    api::LiveEvent,
    core::Core,
    query::{self, Params},
    store::Live,
};

/// At most four events a second: more than a person can follow.
const PAUSE: Duration = Duration::from_millis(250);

/// Traces of an event.
const MAX_TRACES: usize = 50;

/// One listener.
pub(crate) struct Listener {
    core: Arc<Core>,
    live: watch::Receiver<Live>,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    sequence: u64,
    logs: u64,
    points: u64,
}

impl Listener {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let mut live = core.store.live();
        let now = live.borrow_and_update().clone();
        let seen = Seen {
            sequence: now.sequence,
            logs: now.state.logs,
            points: now.state.points,
        };
        Self { core, live, seen }
    }

    /// Waits for something new, and says it as one event. `None` when the store has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.live.changed().await.ok()?;
        // What comes in meanwhile is part of the same event.
        tokio::time::sleep(PAUSE).await;
        let now = self.live.borrow_and_update().clone();
        let recent: Vec<i64> = now
            .recent
            .iter()
            .filter(|(sequence, _)| *sequence > self.seen.sequence)
            .map(|(_, trace)| *trace)
            .take(MAX_TRACES)
            .collect();
        let core = self.core.clone();
        let traces = tokio::task::spawn_blocking(move || {
            core.ask(&Params::default(), |reader| {
                query::summaries(reader, &recent)
            })
            .unwrap_or_default()
        });
        let event = LiveEvent {
            counts: query::counts(&now.state),
            traces: traces.await.unwrap_or_default(),
            // Another run begins at zero.
            logs: now.state.logs.saturating_sub(self.seen.logs),
            metric_points: now.state.points.saturating_sub(self.seen.points),
        };
        self.seen = Seen {
            sequence: now.sequence,
            logs: now.state.logs,
            points: now.state.points,
        };
        let json = serde_json::to_string(&event).unwrap_or_default();
        Some(format!("event: stored\ndata: {json}\n\n"))
    }
}
