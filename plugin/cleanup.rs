//! The last moment of an app. `RunEvent::Exit` is too early for it: the app's own handler of that event comes after the
//! plugin's, and a restart on the main thread (`AppHandle::restart`) ends the process without the event. But in both
//! cases Tauri then clears its resource table, and so drops what is in there.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tauri::Resource;

use crate::telemetry::Telemetry;

/// Shuts the telemetry down when Tauri clears the resource table that holds it.
pub(crate) struct AtCleanup {
    telemetry: Arc<Telemetry>,
    /// A page can close any resource whose number it guesses, and must not end the telemetry by that.
    closed: AtomicBool,
}

impl AtCleanup {
    pub(crate) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self {
            telemetry,
            closed: AtomicBool::new(false),
        }
    }
}

impl Resource for AtCleanup {
    fn close(self: Arc<Self>) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for AtCleanup {
    fn drop(&mut self) {
        if !self.closed.load(Ordering::Relaxed) {
            self.telemetry.pipeline.shutdown();
        }
    }
}
