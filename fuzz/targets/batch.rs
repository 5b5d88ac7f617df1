//! The reader of what a page sends to `log_trace_span`.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|body: &[u8]| tauri_plugin_opentelemetry::internals::batch(body));

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("`cargo xtask fuzz` builds and runs this");
}
