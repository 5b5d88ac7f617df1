//! `bench`: what telemetry costs, as ratios of one run.
//!
//! Three apps are open at the same time: one without the plugin, one with telemetry off and one with it
//! on, sending to a receiver in this process. They are measured in turn, round by round, so that what
//! else the machine does meets all of them. The clock of a WebKitGTK page ticks in milliseconds, so one
//! sample is the mean of some invokes: few enough that most samples see no batch of spans being sent,
//! which the median is then without and the mean is with.

use anyhow::{Context, Result, ensure};
use otel_harness::{App, Receiver};
use xshell::{Shell, cmd};

use super::{
    Options,
    report::Report,
    stats::{mean, ratio, spread},
};

/// How often the apps are started anew: two processes of one program differ by some percent for as long
/// as they live, which no number of rounds evens out.
const GENERATIONS: usize = 5;

/// Samples of each app and size in one generation.
const ROUNDS: usize = 25;

/// The size of an argument and of the answer, in bytes, and how many invokes make a sample of some
/// twenty ticks of the clock.
const SIZES: [(usize, usize); 3] = [(100, 60), (1024, 60), (1024 * 1024, 3)];

/// Spans between two flushes: fewer than make the page send a batch by itself.
const SPANS: usize = 500;

/// Flushes of one sample.
const FLUSHES: usize = 20;

pub fn run(sh: &Shell, _: &Options, _: &mut Report) -> Result<()> {
    for program in ["bare", "minimal"] {
        cmd!(
            sh,
            "cargo build --release -p {program} --features tauri/custom-protocol"
        )
        .run()?;
    }
    tokio::runtime::Runtime::new()?.block_on(measure(sh))?;
    Ok(())
}

/// What was measured of the three apps, with arguments of one size.
#[derive(Default)]
struct Invokes {
    bare: Vec<f64>,
    off: Vec<f64>,
    on: Vec<f64>,
}

async fn measure(sh: &Shell) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let release = sh.current_dir().join("target/release");
    let telemetry = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let mut invokes = SIZES.map(|_| Invokes::default());
    let mut spans = [Vec::new(), Vec::new()];
    for generation in 1..=GENERATIONS {
        eprintln!("generation {generation} of {GENERATIONS}");
        let bare = App::launch_on(None, &release.join("bare"), &[]).await?;
        let off = App::launch_on(None, &release.join("minimal"), &[]).await?;
        let on = App::launch_on(None, &release.join("minimal"), &telemetry).await?;
        for ((bytes, count), samples) in SIZES.into_iter().zip(&mut invokes) {
            // A round that is not counted warms up.
            for app in [&bare, &off, &on] {
                invoke(app, bytes, count).await?;
            }
            for _ in 0..ROUNDS {
                samples.bare.push(invoke(&bare, bytes, count).await?);
                samples.off.push(invoke(&off, bytes, count).await?);
                samples.on.push(invoke(&on, bytes, count).await?);
            }
        }
        for _ in 0..ROUNDS {
            spans[0].push(span(&on, "").await?);
            spans[1].push(span(&on, ", { index: i }").await?);
        }
        for app in [bare, off, on] {
            app.quit().await?;
        }
    }
    ensure!(
        receiver.requests() > 0,
        "the app with telemetry on has sent nothing"
    );

    println!(
        "milliseconds per invoke, median of {GENERATIONS} × {ROUNDS} rounds (and the middle half)\n"
    );
    println!(
        "| bytes | no plugin | off | on | off / no plugin | on / no plugin | of the means: off | on |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|");
    for ((bytes, _), Invokes { bare, off, on }) in SIZES.iter().zip(&invokes) {
        println!(
            "| {bytes} | {} | {} | {} | {} | {} | {:.3} × | {:.3} × |",
            spread(bare),
            spread(off),
            spread(on),
            ratio(off, bare),
            ratio(on, bare),
            mean(off) / mean(bare),
            mean(on) / mean(bare)
        );
    }
    println!(
        "\none span of a page, started and ended: {} µs; with an attribute: {} µs",
        spread(&spans[0]),
        spread(&spans[1])
    );
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

/// The mean time to start and end a span in the page, with these further arguments, in microseconds and
/// without that of its batch.
async fn span(app: &App, arguments: &str) -> Result<f64> {
    let script = format!(
        "const {{ telemetry }} = window.__TAURI__.opentelemetry;
         let millis = 0;
         for (let flush = 0; flush < {FLUSHES}; flush++) {{
           await telemetry.flush();
           const start = performance.now();
           for (let i = 0; i < {SPANS}; i++) telemetry.startSpan('bench'{arguments}).end();
           millis += performance.now() - start;
         }}
         return millis / {FLUSHES} / {SPANS} * 1e3;"
    );
    let sample = app.js_async(&script).await?;
    sample.as_f64().context("a number of microseconds")
}
