//! The reader of what a collector answers.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(
    |bytes: &[u8]| tauri_plugin_opentelemetry::internals::otlp_answer(bytes)
);

#[cfg(not(fuzzing))]
fn main() {
    eprintln!("`cargo xtask fuzz` builds and runs this");
}
