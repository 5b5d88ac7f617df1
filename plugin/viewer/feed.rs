//! What the lanes of the pipeline give the viewer.

use std::{
    fmt,
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use parking_lot::RwLock;

use crate::{config::Signal, pipeline::ViewerFeed};

/// The viewer until the app ends.
pub(super) struct Feed(RwLock<Option<Arc<tracepane::Viewer>>>);

impl Feed {
    pub(super) fn new(viewer: tracepane::Viewer) -> Self {
        Self(RwLock::new(Some(Arc::new(viewer))))
    }

    /// `None` once the app ends.
    pub(super) fn viewer(&self) -> Option<Arc<tracepane::Viewer>> {
        self.0.read().clone()
    }
}

impl ViewerFeed for Feed {
    fn take(&self, signal: Signal, request: Vec<u8>) {
        let signal = match signal {
            Signal::Traces => tracepane::Signal::Traces,
            Signal::Metrics => tracepane::Signal::Metrics,
            Signal::Logs => tracepane::Signal::Logs,
        };
        if let Some(viewer) = self.viewer() {
            viewer.ingest_encoded(signal, request);
        }
    }

    fn close(&self, deadline: Instant) {
        let Some(viewer) = self.0.write().take() else {
            return;
        };
        let (done, stored) = mpsc::channel();
        // On a thread of its own, because a disk that hangs must not hold the app.
        let thread = thread::Builder::new().name("OpenTelemetry.Viewer".to_owned());
        let _ = thread.spawn(move || {
            // A request of the window may still hold the viewer, so dropping it would not store everything.
            viewer.flush();
            drop(viewer);
            let _ = done.send(());
        });
        // Returns at once if there is no thread.
        let _ = stored.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry_proto::tonic::{
        collector::trace::v1::ExportTraceServiceRequest,
        trace::v1::{ResourceSpans, ScopeSpans, Span},
    };
    use prost::Message;

    use super::*;

    #[test]
    fn the_end_of_the_app_does_not_wait_longer_for_it_than_it_may() {
        let folder = tempfile::tempdir().expect("a folder");
        let viewer = tracepane::Viewer::start(tracepane::Options::new(folder.path()));
        let feed = Feed::new(viewer.expect("a viewer"));
        let is_stored = {
            let viewer = Arc::downgrade(&feed.viewer().expect("it has not ended"));
            move || viewer.strong_count() == 0
        };
        let span = Span {
            trace_id: vec![1; 16],
            span_id: vec![1; 8],
            ..Span::default()
        };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    // So many that they are not stored in no time.
                    spans: vec![span; 10_000],
                    ..ScopeSpans::default()
                }],
                ..ResourceSpans::default()
            }],
        };
        feed.take(Signal::Traces, request.encode_to_vec());
        feed.close(Instant::now());
        assert!(!is_stored(), "it has waited");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_stored() {
            assert!(Instant::now() < deadline, "it was never stored");
            thread::yield_now();
        }
    }
}
