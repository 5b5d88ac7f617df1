//! Generates the permission files of the plugin's commands, and tells the app's build where the
//! script for `withGlobalTauri` lies.

const COMMANDS: &[&str] = &["log_trace_span"];

fn main() {
    tauri_plugin::Builder::new(COMMANDS)
        .global_api_script_path("./api-iife.js")
        .build();
}
