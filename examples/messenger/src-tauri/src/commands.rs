//! What the page can ask for. The `#[instrument]`s are the app's own; the plugin adds the rest.

use std::time::Duration;

use tauri::{AppHandle, State, ipc::Channel};
use tauri_plugin_opentelemetry::TracedEmitter;
use tracing::instrument;

use crate::{
    account::{Session, Transport},
    store::{Message, Store},
    sync,
};

/// What a user is told who has not introduced themselves.
const NOBODY: &str = "introduce yourself first";

/// Introduces the user: makes a key, registers it, and starts the sync.
#[tauri::command]
pub async fn onboard(
    app: AppHandle,
    session: State<'_, Session>,
    name: String,
) -> Result<(), String> {
    session.begin(&app, name).await
}

/// Gets the key of somebody to write to.
#[tauri::command]
pub async fn exchange_keys(session: State<'_, Session>, name: String) -> Result<(), String> {
    let account = session.account().ok_or(NOBODY)?;
    account.key_of(&name).await.map(drop)
}

/// Stands for work that somebody will look for in the traces.
const SEARCH: Duration = Duration::from_millis(300);

/// All messages, oldest first.
#[tauri::command]
pub async fn list_messages(store: State<'_, Store>) -> Result<Vec<Message>, String> {
    Ok(store.load())
}

/// Sends a message, and keeps it once it is delivered.
#[tauri::command]
pub async fn send_message(
    store: State<'_, Store>,
    session: State<'_, Session>,
    to: String,
    text: String,
) -> Result<Message, String> {
    validate(&text)?;
    match session.account() {
        Some(account) => account.send(&to, &text, Transport::Server).await?,
        None => deliver(&to, &text).await?,
    }
    Ok(store.keep(to, text))
}

/// Puts a message into the shared folder.
#[tauri::command]
pub async fn send_file(
    store: State<'_, Store>,
    session: State<'_, Session>,
    to: String,
    text: String,
) -> Result<Message, String> {
    validate(&text)?;
    let account = session.account().ok_or(NOBODY)?;
    account.send(&to, &text, Transport::Folder).await?;
    Ok(store.keep(to, text))
}

/// Looks into the shared folder at once, and says how many messages were there.
#[tauri::command]
pub async fn sync_now(session: State<'_, Session>) -> Result<usize, String> {
    sync::once(session.account().ok_or(NOBODY)?).await
}

/// How many messages hold a text. It takes its time.
#[tauri::command]
pub async fn search_messages(store: State<'_, Store>, text: String) -> Result<usize, String> {
    tokio::time::sleep(SEARCH).await;
    let messages = store.load();
    Ok(messages.iter().filter(|found| found.holds(&text)).count())
}

/// Asks everybody to reply, which they do one after the other, each with the event `reply`.
#[tauri::command]
pub async fn request_replies(app: AppHandle, count: u32) -> tauri::Result<()> {
    (1..=count).try_for_each(|number| app.emit_traced("reply", number))
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
