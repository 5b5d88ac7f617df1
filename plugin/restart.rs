//! A restart that is asked for on the main thread ends the process without `RunEvent::Exit`
//! (`AppHandle::restart`). But tauri clears its resource table first, and so drops what is in there.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tauri::Resource;

use crate::telemetry::Telemetry;

/// Ends the telemetry when it is dropped with the resource table.
pub(crate) struct AtRestart {
    telemetry: Arc<Telemetry>,
    /// A page can close any resource whose number it guesses, and must not end the telemetry by that.
    closed: AtomicBool,
}

impl AtRestart {
    pub(crate) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self {
            telemetry,
            closed: AtomicBool::new(false),
        }
    }
}

impl Resource for AtRestart {
    fn close(self: Arc<Self>) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for AtRestart {
    fn drop(&mut self) {
        if !self.closed.load(Ordering::Relaxed) {
            self.telemetry.pipeline.shutdown();
        }
    }
}
