//! Every kind of command. Nothing here knows that it is traced.

use std::time::Duration;

use tauri::{
    AppHandle, WebviewUrl, WebviewWindowBuilder,
    ipc::{Channel, InvokeBody, Request, Response},
};
use tracing::Instrument;

/// A blocking one.
#[tauri::command]
pub fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

/// An async one, with a span of its own inside.
#[tauri::command]
pub async fn slow(ms: u64) {
    inner(ms).await;
}

#[tracing::instrument]
pub async fn inner(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    tracing::info!("slept");
}

/// A blocking function that tauri runs off the main thread.
#[tauri::command(async)]
pub fn attributed() -> u32 {
    tracing::info_span!("compute").in_scope(|| 42)
}

/// One with a span of its own, whose work runs on another task.
#[tauri::command]
#[tracing::instrument]
pub async fn spawned(ms: u64) -> Result<(), String> {
    tokio::spawn(inner(ms).in_current_span())
        .await
        .map_err(|error| error.to_string())
}

/// One that returns an error.
#[tauri::command]
pub fn fail() -> Result<(), String> {
    Err("as asked".to_owned())
}

/// One that panics.
#[tauri::command]
pub async fn boom() {
    panic!("as asked");
}

/// Raw bytes, both ways.
#[tauri::command]
pub fn echo(request: Request<'_>) -> Result<Response, String> {
    match request.body() {
        InvokeBody::Raw(bytes) => Ok(Response::new(bytes.clone())),
        InvokeBody::Json(_) => Err("echo takes bytes".to_owned()),
    }
}

/// One that reads the headers of its request.
#[tauri::command]
pub fn headers(request: Request<'_>) -> Vec<(String, String)> {
    let headers = request.headers().iter();
    headers
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        })
        .collect()
}

/// One that answers through a channel.
#[tauri::command]
pub fn stream(channel: Channel<u32>, count: u32) -> tauri::Result<()> {
    (0..count).try_for_each(|number| channel.send(number))
}

/// Opens a second window with the same page.
#[tauri::command]
pub async fn open_second(app: AppHandle) -> tauri::Result<()> {
    WebviewWindowBuilder::new(&app, "second", WebviewUrl::default())
        .title("second")
        .build()?;
    Ok(())
}
