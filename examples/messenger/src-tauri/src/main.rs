//! A small messenger, traced from the click to the delivery.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod store;

use store::Store;

fn main() {
    tauri::Builder::default()
        .plugin(tauri_plugin_opentelemetry::init())
        .channel_interceptor(tauri_plugin_opentelemetry::ws_bridge::channel_interceptor())
        .manage(Store::default())
        .invoke_handler(tauri_plugin_opentelemetry::generate_handler![
            commands::list_messages,
            commands::send_message,
            commands::request_replies,
            commands::export_messages
        ])
        .run(tauri::generate_context!())
        .expect("the app runs");
}
