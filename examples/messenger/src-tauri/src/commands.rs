//! What the page can ask for. The `#[instrument]`s are the app's own; the plugin adds the rest.

use std::time::Duration;

use tauri::{AppHandle, Emitter, State, ipc::Channel};
use tracing::instrument;

use crate::store::{Message, Store};

/// All messages, oldest first.
#[tauri::command]
pub async fn list_messages(store: State<'_, Store>) -> Result<Vec<Message>, String> {
    Ok(store.load())
}

/// Sends a message, and keeps it once it is delivered.
#[tauri::command]
pub async fn send_message(
    store: State<'_, Store>,
    to: String,
    text: String,
) -> Result<Message, String> {
    validate(&text)?;
    deliver(&to, &text).await?;
    Ok(store.keep(to, text))
}

/// Asks everybody to reply, which they do one after the other, each with the event `reply`.
#[tauri::command]
pub async fn request_replies(app: AppHandle, count: u32) -> tauri::Result<()> {
    (1..=count).try_for_each(|number| app.emit("reply", number))
}

/// Sends all messages through the channel, oldest first, and says how many there are.
#[tauri::command]
pub async fn export_messages(
    store: State<'_, Store>,
    channel: Channel<Message>,
) -> tauri::Result<usize> {
    let messages = store.load();
    let count = messages.len();
    messages
        .into_iter()
        .try_for_each(|message| channel.send(message))?;
    Ok(count)
}

#[instrument(skip_all)]
fn validate(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("a message needs a text".to_owned());
    }
    Ok(())
}

/// Stands for the network: it takes a moment, and knows one person who cannot be reached.
#[instrument(skip_all, err)]
async fn deliver(to: &str, _text: &str) -> Result<(), String> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    if to == "nobody" {
        return Err("the recipient cannot be reached".to_owned());
    }
    tracing::info!("delivered");
    Ok(())
}
