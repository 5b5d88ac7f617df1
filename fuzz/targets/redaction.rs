//! The redaction of texts.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tauri_plugin_opentelemetry::internals::redaction(bytes));

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("`cargo xtask fuzz` builds and runs this");
}
