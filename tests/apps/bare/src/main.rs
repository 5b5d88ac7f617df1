//! `examples/minimal` without the plugin: what the plugin is compared with. Same page, same commands.

#[path = "../../../../examples/minimal/src-tauri/src/commands.rs"]
mod commands;

fn main() {
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::greet,
            commands::slow,
            commands::attributed,
            commands::spawned,
            commands::fail,
            commands::boom,
            commands::echo,
            commands::headers,
            commands::stream,
            commands::open_second
        ])
        .run(tauri::generate_context!())
        .expect("the app runs");
}
