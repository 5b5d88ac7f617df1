//! The Rust side of one invoke span: reading the page's context, starting the span, making it current,
//! ending it with its attributes, and queueing it. `cargo xtask bench` runs this.

#[cfg(benching)]
fn main() {
    use std::{hint::black_box, time::Instant};

    /// Below the size of the queue, so that no span is dropped, which would be cheaper.
    const SPANS: u32 = 1_000;
    const ROUNDS: usize = 101;

    // Nothing listens: what is measured ends at the queue.
    let mut span = tauri_plugin_opentelemetry::internals::invoke_span("http://127.0.0.1:9");
    let mut nanos: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..SPANS {
                black_box(&mut span)();
            }
            (start.elapsed() / SPANS).as_nanos()
        })
        .collect();
    nanos.sort_unstable();
    println!(
        "one invoke span in Rust: {} ns (best of {ROUNDS} rounds {} ns)",
        nanos[ROUNDS / 2],
        nanos[0]
    );
}

#[cfg(not(benching))]
fn main() {
    eprintln!("`cargo xtask bench` builds and runs this");
}
