//! What the page invokes.

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use tauri::ipc::{InvokeBody, Request, Response};

/// When the bodies of the commands began.
static BEGAN: Mutex<Vec<Instant>> = Mutex::new(Vec::new());

fn begin() {
    let mut began = BEGAN.lock().unwrap_or_else(PoisonError::into_inner);
    began.push(Instant::now());
}

/// The milliseconds from each command to the next since this was asked for the last time. Of invokes that wait for each
/// other these are the times of single ones, by a better clock than that of the page.
#[tauri::command]
pub fn periods() -> Vec<f64> {
    let began = mem::take(&mut *BEGAN.lock().unwrap_or_else(PoisonError::into_inner));
    let period = |pair: &[Instant]| (pair[1] - pair[0]).as_secs_f64() * 1e3;
    began.windows(2).map(period).collect()
}

/// The first: tells whoever has started the app that its page is there.
#[tauri::command]
pub fn ready() {
    println!("ready");
}

/// JSON both ways.
#[tauri::command]
pub fn greet(name: String) -> String {
    begin();
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
    begin();
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
