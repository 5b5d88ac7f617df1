//! Generates the permission files of the plugin's commands, and tells the app's build where the
//! script for `withGlobalTauri` lies.

const COMMANDS: &[&str] = &[
    "consent",
    "erase",
    "log_trace_span",
    "preview",
    "set_consent",
    "show_viewer",
    "status",
];

const GLOBAL_API: &str = "api-iife.js";

fn main() {
    // The script becomes part of the app when the app is compiled, and nothing else tells cargo that it
    // has to be compiled again.
    println!("cargo:rerun-if-changed={GLOBAL_API}");
    tauri_plugin::Builder::new(COMMANDS)
        .global_api_script_path(format!("./{GLOBAL_API}"))
        .build();
}
