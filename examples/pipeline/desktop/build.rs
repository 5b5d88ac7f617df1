//! Generates what Tauri embeds into the app.

fn main() {
    tauri_build::build();
}
