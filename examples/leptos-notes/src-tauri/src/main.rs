//! The app below the page: two commands on a database.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod store;

use store::{Note, Store};
use tauri::State;

#[tauri::command(async)]
fn list_notes(store: State<'_, Store>) -> Result<Vec<Note>, String> {
    store.list().map_err(|error| error.to_string())
}

#[tauri::command(async)]
fn add_note(text: String, store: State<'_, Store>) -> Result<Note, String> {
    if text.is_empty() {
        return Err("a note has a text".to_owned());
    }
    store.add(text).map_err(|error| error.to_string())
}

fn main() {
    tauri::Builder::default()
        .plugin(tauri_plugin_opentelemetry::init())
        .manage(Store::open().expect("SQLite has room in memory"))
        .invoke_handler(tauri::generate_handler![list_notes, add_note])
        .run(tauri::generate_context!())
        .expect("the app runs");
}
