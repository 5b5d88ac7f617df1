//! What the page invokes.

use tauri::ipc::{InvokeBody, Request, Response};

/// The first: tells whoever has started the app that its page is there.
#[tauri::command]
pub fn ready() {
    println!("ready");
}

/// JSON both ways.
#[tauri::command]
pub fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

#[tauri::command]
pub fn greet_and_log(name: String) -> String {
    tracing::info!(length = name.len(), "greets");
    greet(name)
}

/// Raw bytes both ways.
#[tauri::command]
pub fn echo(request: Request<'_>) -> Result<Response, String> {
    match request.body() {
        InvokeBody::Raw(bytes) => Ok(Response::new(bytes.clone())),
        InvokeBody::Json(_) => Err("echo takes bytes".to_owned()),
    }
}

#[tauri::command]
pub fn echo_and_log(request: Request<'_>) -> Result<Response, String> {
    tracing::info!("echoes");
    echo(request)
}
