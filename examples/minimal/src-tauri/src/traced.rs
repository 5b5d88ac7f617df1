//! Commands that hand their trace on to the page.

use tauri::{AppHandle, Emitter};
use tauri_plugin_opentelemetry::{TracedChannel, TracedEmitter};

/// One that tells the pages by events: the first carries its trace, the second does not.
#[tauri::command]
pub async fn announce(app: AppHandle) -> tauri::Result<()> {
    app.emit_traced("announced", "traced")?;
    // On the main thread, because this command runs on another one: docs/setup.md says why.
    let emitter = app.clone();
    app.run_on_main_thread(move || {
        let _ = emitter.emit("announced", "plain");
    })
}

/// One that answers through a channel: all messages but the first carry its trace.
#[tauri::command]
pub async fn stream_traced(channel: TracedChannel<u32>, count: u32) -> tauri::Result<()> {
    channel.send(0)?;
    (1..count).try_for_each(|number| channel.send_traced(number))
}
