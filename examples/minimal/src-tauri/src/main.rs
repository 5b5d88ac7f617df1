//! Every kind of command, and the one line that traces them all.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod traced;

fn main() {
    tauri::Builder::default()
        .plugin(tauri_plugin_opentelemetry::init())
        // For a page in an ordinary browser (feature `ws-bridge`). Tracing needs neither this line nor this crate's
        // `generate_handler!`.
        .channel_interceptor(tauri_plugin_opentelemetry::ws_bridge::channel_interceptor())
        .invoke_handler(tauri_plugin_opentelemetry::generate_handler![
            commands::greet,
            commands::slow,
            commands::attributed,
            commands::spawned,
            commands::fail,
            commands::boom,
            commands::echo,
            commands::headers,
            commands::stream,
            traced::detached,
            traced::announce,
            traced::progress,
            traced::progress_blocking,
            traced::stream_traced,
            commands::open_second
        ])
        .run(tauri::generate_context!())
        .expect("the app runs");
}
