//! Commands that hand their trace on.

use tauri::{AppHandle, Emitter};
use tauri_plugin_opentelemetry::{TraceContext, TracedChannel, TracedEmitter};

use crate::commands::inner;

/// A blocking command. It spawns a task, hands it the trace, and answers before the task is done.
#[tauri::command]
pub fn detached(ms: u64) {
    tauri::async_runtime::spawn(TraceContext::current().run_async(inner(ms)));
}

/// One that tells the pages by events: the first carries its trace, the second does not.
#[tauri::command]
pub async fn announce(app: AppHandle) -> tauri::Result<()> {
    app.emit_traced("announced", "traced")?;
    app.emit("announced", "plain")
}

/// An async command that emits an event for each of its steps.
#[tauri::command]
pub async fn progress(app: AppHandle, steps: u32) -> tauri::Result<()> {
    (0..steps).try_for_each(|step| app.emit("progress", step))
}

/// The same as a blocking command, which emits on the main thread.
#[tauri::command]
pub fn progress_blocking(app: AppHandle, steps: u32) -> tauri::Result<()> {
    (0..steps).try_for_each(|step| app.emit("progress", step))
}

/// An async command that sends `count` messages through a channel. All but the first carry its trace. It yields after each of them, so
/// that other tasks run.
#[tauri::command]
pub async fn stream_traced(channel: TracedChannel<u32>, count: u32) -> tauri::Result<()> {
    channel.send(0)?;
    for number in 1..count {
        channel.send_traced(number)?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
