//! `bench`: what telemetry costs, as ratios of one run.
//!
//! Three apps are open at the same time: one without the plugin, one with telemetry off and one with it
//! on, sending to a receiver in this process. They are measured in turn, round by round, so that what
//! else the machine does meets all of them. The clock of a WebKitGTK page ticks in milliseconds, so one
//! sample is the mean of many invokes.

use anyhow::{Context, Result};
use otel_harness::{App, Receiver};
use xshell::{Shell, cmd};

use crate::{rustc, setup};

/// Enough for a median that stays where it is.
const ROUNDS: usize = 25;

/// The size of an argument and of the answer, in bytes, and how many invokes make a sample of about a
/// tenth of a second.
const SIZES: [(usize, usize); 3] = [(100, 200), (1024, 200), (1024 * 1024, 4)];

/// Spans of one sample: fewer than the page's queue holds.
const SPANS: usize = 2000;

pub fn run(sh: &Shell) -> Result<()> {
    setup::run(sh)?;
    cmd!(sh, "npm run --silent build").run()?;
    for program in ["bare", "minimal"] {
        cmd!(
            sh,
            "cargo build --release -p {program} --features tauri/custom-protocol"
        )
        .run()?;
    }
    tokio::runtime::Runtime::new()?.block_on(measure(sh))?;
    invoke_span(sh)?;
    cmd!(sh, "npm run --silent size").run()?;
    Ok(())
}

/// The Rust side alone, with the private parts of the plugin opened to the benchmark.
fn invoke_span(sh: &Shell) -> Result<()> {
    let _wrapper = rustc::wrap(sh, "benching", &[])?;
    cmd!(sh, "cargo bench --quiet --bench invoke_span").run()?;
    Ok(())
}

async fn measure(sh: &Shell) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let release = sh.current_dir().join("target/release");
    let on = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let apps = [
        App::launch_on(None, &release.join("bare"), &[]).await?,
        App::launch_on(None, &release.join("minimal"), &[]).await?,
        App::launch_on(None, &release.join("minimal"), &on).await?,
    ];

    println!("milliseconds per invoke, median of {ROUNDS} rounds (and the middle half of them)\n");
    println!("| bytes | no plugin | off | on | off / no plugin | on / no plugin |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for (bytes, invokes) in SIZES {
        let mut samples = [const { Vec::new() }; 3];
        for round in 0..=ROUNDS {
            for (app, samples) in apps.iter().zip(&mut samples) {
                let sample = invoke(app, bytes, invokes).await?;
                // The first round warms up.
                if round > 0 {
                    samples.push(sample);
                }
            }
        }
        let [bare, off, on] = &samples;
        println!(
            "| {bytes} | {} | {} | {} | {} | {} |",
            spread(bare),
            spread(off),
            spread(on),
            ratio(off, bare),
            ratio(on, bare)
        );
    }

    let [_, _, on] = &apps;
    let mut spans = Vec::new();
    for _ in 0..ROUNDS {
        spans.push(span(on).await?);
    }
    println!(
        "\none span of a page, started and ended: {} µs",
        spread(&spans)
    );
    for app in apps {
        app.quit().await?;
    }
    Ok(())
}

/// The mean time of an invoke in the page, in milliseconds.
async fn invoke(app: &App, bytes: usize, invokes: usize) -> Result<f64> {
    let script = format!(
        "const args = {{ name: 'x'.repeat({bytes}) }};
         const {{ invoke }} = window.__TAURI__.core;
         const start = performance.now();
         for (let i = 0; i < {invokes}; i++) await invoke('greet', args);
         return (performance.now() - start) / {invokes};"
    );
    let sample = app.js_async(&script).await?;
    sample.as_f64().context("a number of milliseconds")
}

/// The mean time of a span in the page, in microseconds, once the queue is empty.
async fn span(app: &App) -> Result<f64> {
    let script = format!(
        "const {{ telemetry }} = window.__TAURI__.opentelemetry;
         await telemetry.flush();
         const start = performance.now();
         for (let i = 0; i < {SPANS}; i++) telemetry.startSpan('bench', {{ index: i }}).end();
         return (performance.now() - start) / {SPANS} * 1e3;"
    );
    let sample = app.js_async(&script).await?;
    sample.as_f64().context("a number of microseconds")
}

/// The given quantile, from 0 to 1.
fn quantile(samples: &[f64], quantile: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * quantile).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

fn spread(samples: &[f64]) -> String {
    format!(
        "{:.3} ({:.3}–{:.3})",
        quantile(samples, 0.5),
        quantile(samples, 0.25),
        quantile(samples, 0.75)
    )
}

/// The median of the ratios round by round.
fn ratio(samples: &[f64], base: &[f64]) -> String {
    let ratios: Vec<f64> = samples.iter().zip(base).map(|(a, b)| a / b).collect();
    format!("{:.3} ×", quantile(&ratios, 0.5))
}
