//! What the lanes of the pipeline give the viewer.

use std::{fmt, sync::Arc};

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

    fn close(&self) {
        // A request of the window may still hold the viewer, so dropping it here would not store everything.
        let viewer = self.0.write().take();
        if let Some(viewer) = viewer {
            viewer.flush();
        }
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}
