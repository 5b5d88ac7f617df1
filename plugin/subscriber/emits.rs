//! Warns the developer of an `emit` that can freeze the app.
//!
//! With Tauri's feature `tracing`, an `emit` on another thread than the main one waits for the main thread. It holds locks
//! meanwhile that the main thread may be waiting for (<https://github.com/tauri-apps/tauri/issues/9453>).

use std::{sync::Once, thread};

use super::RUNNING;
use crate::diagnostics;

/// To be called on the thread that emits.
pub(super) fn warn_unless_main_thread() {
    static REPORTED: Once = Once::new();
    let Some(running) = RUNNING.get() else {
        return;
    };
    if thread::current().id() == running.main_thread {
        return;
    }
    REPORTED.call_once(|| {
        diagnostics::warn(format_args!(
            "an event was emitted on another thread than the main one, as every event is that a page emits: with Tauri's \
             feature `tracing`, that can freeze the app for good \
             (https://github.com/tauri-apps/tauri/issues/9453); docs/setup.md of this plugin says what to do"
        ));
    });
}
