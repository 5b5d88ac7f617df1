//! The app `isolated` with Tauri's own spans, which the feature `tauri-tracing` of the plugin turns on.

fn main() {
    isolated::run();
}
