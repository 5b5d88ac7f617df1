//! A small messenger, traced from the click to the recipient.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod account;
mod commands;
mod identity;
mod instruments;
mod server;
mod settings;
mod sidecar;
mod store;
mod sync;

use account::Session;
use store::Store;

fn main() {
    tauri::Builder::default()
        .plugin(
            tauri_plugin_opentelemetry::Builder::new()
                .consent(settings::consent())
                .redaction(settings::redaction())
                .build(),
        )
        // For a page in an ordinary browser (feature `ws-bridge`). Tracing needs neither this line nor this crate's
        // `generate_handler!`.
        .channel_interceptor(tauri_plugin_opentelemetry::ws_bridge::channel_interceptor())
        .manage(Store::default())
        .manage(Session::default())
        .invoke_handler(tauri_plugin_opentelemetry::generate_handler![
            commands::onboard,
            commands::exchange_keys,
            commands::list_messages,
            commands::send_message,
            commands::send_file,
            commands::sync_now,
            commands::search_messages,
            commands::request_replies,
            commands::export_messages
        ])
        .run(tauri::generate_context!())
        .expect("the app runs");
}
