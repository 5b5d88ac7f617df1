//! What an invoke costs, in a real window.
//!
//! The apps are open at the same time: without the plugin, with telemetry off, with it on, sending to a
//! receiver in this process, and with a span of the page around every invoke as well. The clock of a WebKitGTK page
//! ticks in milliseconds, so one sample is the mean of some invokes: few enough that most samples see no batch of
//! spans being sent, which the median is then without and the mean is with.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use otel_harness::{App, Receiver};
use xshell::{Shell, cmd};

use super::{
    Options,
    report::Report,
    stats::{mean, quantile, ratio, spread},
};

/// How often the apps are started anew: two processes of one program differ by some percent for as long
/// as they live, which no number of rounds evens out.
const GENERATIONS: usize = 5;

/// Samples of each app and case in one generation.
const ROUNDS: usize = 25;

/// Invokes after which CPU and memory are looked at, twice.
const MANY: usize = 50_000;

/// An argument and an answer of one size, and how many invokes make a sample of some twenty ticks of the
/// clock.
struct Case {
    body: &'static str,
    bytes: usize,
    in_flight: usize,
    invokes: usize,
}

const fn case(body: &'static str, bytes: usize, in_flight: usize, invokes: usize) -> Case {
    Case {
        body,
        bytes,
        in_flight,
        invokes,
    }
}

const CASES: [Case; 7] = [
    case("JSON", 100, 1, 60),
    case("JSON", 1024, 1, 60),
    case("JSON", 64 * 1024, 1, 30),
    case("JSON", 1024 * 1024, 1, 3),
    case("raw", 1024, 1, 60),
    case("raw", 1024 * 1024, 1, 6),
    case("JSON", 100, 100, 200),
];

/// The apps, the first of which the others are compared with.
const APPS: [&str; 4] = ["no plugin", "off", "on", "on, with page spans"];

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    for program in ["bare", "minimal"] {
        cmd!(
            sh,
            "cargo build --release -p {program} --features tauri/custom-protocol"
        )
        .run()?;
    }
    let release = sh.current_dir().join("target/release");
    tokio::runtime::Runtime::new()?.block_on(measure(&release, options, report))
}

async fn measure(release: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let telemetry = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let mut samples = CASES.map(|_| APPS.map(|_| Vec::new()));
    let generations = options.rounds(GENERATIONS, 1);
    for generation in 1..=generations {
        eprintln!("generation {generation} of {generations}");
        let mut apps = Vec::new();
        for (program, env) in [
            ("bare", &[][..]),
            ("minimal", &[]),
            ("minimal", &telemetry),
            ("minimal", &telemetry),
        ] {
            apps.push(App::launch_on(None, &release.join(program), env).await?);
        }
        for (case, samples) in CASES.iter().zip(&mut samples) {
            // A round that is not counted warms up.
            for (index, app) in apps.iter().enumerate() {
                invoke(app, index, case).await?;
            }
            for _ in 0..options.rounds(ROUNDS, 5) {
                for (index, (app, samples)) in apps.iter().zip(&mut *samples).enumerate() {
                    samples.push(invoke(app, index, case).await?);
                }
            }
        }
        if generation == generations {
            many(&apps, options.rounds(MANY, 2_000), report).await?;
        }
        for app in apps {
            app.quit().await?;
        }
    }
    ensure!(
        receiver.requests() > 0,
        "the apps with telemetry on have sent nothing"
    );
    let mut rows = Vec::new();
    for (case, samples) in CASES.iter().zip(samples) {
        let base = samples[0].clone();
        for (app, samples) in APPS.into_iter().zip(samples) {
            rows.push([
                case.body.to_owned(),
                case.bytes.to_string(),
                case.in_flight.to_string(),
                app.to_owned(),
                spread(&samples),
                format!("{:.3}", quantile(&samples, 0.99)),
                ratio(&samples, &base),
                format!("{:.3} ×", mean(&samples) / mean(&base)),
            ]);
            let Case {
                body,
                bytes,
                in_flight,
                ..
            } = case;
            report.samples(format!("invoke/{body}/{bytes}/{in_flight}/{app}"), samples);
        }
    }
    report.table(
        "Invoke, milliseconds each",
        [
            "body",
            "bytes",
            "in flight",
            "app",
            "median",
            "p99 of the samples",
            "/ no plugin",
            "of the means",
        ],
        &rows,
    );
    Ok(())
}

/// The mean time of an invoke in the page of the app with this index, in milliseconds.
async fn invoke(app: &App, index: usize, case: &Case) -> Result<f64> {
    let Case {
        body,
        bytes,
        in_flight,
        invokes,
    } = case;
    let each = match *body {
        "raw" => format!("invoke('echo', new Uint8Array({bytes}))"),
        _ => format!("invoke('greet', {{ name: 'x'.repeat({bytes}) }})"),
    };
    // The last of the apps has a span of the page around each.
    let each = if index == APPS.len() - 1 {
        let each = each.replacen("invoke", "span.invoke", 1);
        format!("telemetry.withSpan('ui.bench', {{ index: left }}, (span) => {each})")
    } else {
        each
    };
    let script = format!(
        "const {{ invoke }} = window.__TAURI__.core;
         const telemetry = window.__TAURI__.opentelemetry?.telemetry;
         let left = {invokes};
         const start = performance.now();
         const page = async () => {{ while (left-- > 0) await {each}; }};
         await Promise.all(Array.from({{ length: {in_flight} }}, page));
         return (performance.now() - start) / {invokes};"
    );
    let sample = app.js_async(&script).await?;
    sample.as_f64().context("a number of milliseconds")
}

/// What very many invokes take of the processors, and what they leave behind in memory.
async fn many(apps: &[App], invokes: usize, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    for (index, app) in apps.iter().enumerate() {
        // Fewer at a time than a script of the driver may last.
        let chunk = case("JSON", 100, 100, invokes / 10);
        let mut memory = vec![app.memory()?];
        let before = app.cpu_times()?;
        for _ in 0..2 {
            for _ in 0..10 {
                invoke(app, index, &chunk).await?;
            }
            memory.push(app.memory()?);
        }
        let after = app.cpu_times()?;
        let micros = |process: usize| {
            let spent = after[process] - before[process];
            format!("{:.1}", spent.as_secs_f64() * 1e6 / (2 * invokes) as f64)
        };
        rows.push([
            APPS[index].to_owned(),
            (2 * invokes).to_string(),
            micros(0),
            micros(1),
            memory[0].to_string(),
            memory[1].to_string(),
            memory[2].to_string(),
        ]);
        report.samples(format!("invoke/memory/{}", APPS[index]), memory);
    }
    report.table(
        "CPU and memory of many invokes, 100 in flight",
        [
            "app",
            "invokes",
            "CPU of the app (µs each)",
            "of the page (µs each)",
            "memory before (KiB)",
            "after half",
            "after all",
        ],
        &rows,
    );
    Ok(())
}
