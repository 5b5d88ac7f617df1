//! What an invoke costs, in a real window.
//!
//! All apps are open at the same time, each of them once, and the one with telemetry on twice: there the page of the
//! second puts a span around every invoke, whose command writes a log record. What they send is taken and thrown
//! away in this process.
//!
//! The clock of a WebKitGTK page ticks in milliseconds, so one sample is the mean of many invokes. The 99th percentile is
//! that of single ones, by that clock.

use std::{array, fmt};

use anyhow::{Context, Result};
use otel_harness::App;
use xshell::Shell;

use super::{
    Options,
    apps::{Contender, Contenders},
    report::Report,
    stats::{mean, median, quantile, ratio},
};

/// How often the apps are started anew: two processes of one program differ by some percent for as long
/// as they live, which no number of rounds evens out.
const GENERATIONS: usize = 8;

/// Samples of each app and case in one generation.
const ROUNDS: usize = 2;

/// Invokes after which CPU and memory are looked at, twice.
const MANY: usize = 50_000;

/// How many bytes go both ways, and how many invokes make a sample of some two hundred ticks of the clock: one
/// at a time, and a hundred.
const SIZES: [(usize, [usize; 2]); 4] = [
    (100, [600, 1500]),
    (1024, [600, 1500]),
    (64 * 1024, [200, 300]),
    (1024 * 1024, [20, 100]),
];

/// An argument and an answer of one size.
struct Case {
    body: &'static str,
    bytes: usize,
    in_flight: usize,
    invokes: usize,
}

/// All of them.
fn cases() -> impl Iterator<Item = Case> {
    ["json", "raw"].into_iter().flat_map(|body| {
        SIZES.into_iter().flat_map(move |(bytes, invokes)| {
            let in_flight = [1, 100].into_iter().zip(invokes);
            in_flight.map(move |(in_flight, invokes)| Case {
                body,
                bytes,
                in_flight,
                invokes,
            })
        })
    })
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = match self.bytes {
            bytes if bytes < 1024 => format!("{bytes} B"),
            bytes if bytes < 1024 * 1024 => format!("{} KiB", bytes / 1024),
            bytes => format!("{} MiB", bytes / 1024 / 1024),
        };
        write!(f, "{} {size}, {}", self.body, self.in_flight)
    }
}

/// What is measured of one app.
struct Subject<'a> {
    name: &'static str,
    contender: &'a Contender,
    /// Whether there is a span of the page and a log record with each invoke.
    more: bool,
}

/// The column of the case, and one for each app.
const COLUMNS: usize = 8;

/// A figure of an app, beside the first of them.
type Figure = fn(&Samples, &Samples) -> String;

/// The samples of one app and case, in milliseconds.
#[derive(Clone, Default)]
struct Samples {
    means: Vec<f64>,
    single: Vec<f64>,
}

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let contenders = Contenders::build(sh).await?;
        let [_, _, on, ..] = &contenders.all;
        let mut subjects: Vec<_> = contenders
            .all
            .iter()
            .map(|contender| Subject {
                name: contender.name,
                contender,
                more: false,
            })
            .collect();
        subjects.push(Subject {
            name: "on, with page spans and logs",
            contender: on,
            more: true,
        });
        measure(&subjects, options, report).await?;
        contenders.check()
    })
}

async fn measure(subjects: &[Subject<'_>], options: &Options, report: &mut Report) -> Result<()> {
    let mut samples: Vec<_> = cases()
        .map(|case| (case, vec![Samples::default(); subjects.len()]))
        .collect();
    let generations = options.rounds(GENERATIONS, 1);
    for generation in 1..=generations {
        eprintln!("generation {generation} of {generations}");
        let mut apps = Vec::new();
        for subject in subjects {
            apps.push((subject, subject.contender.launch().await?));
        }
        for (case, samples) in &mut samples {
            // A round that is not counted warms up.
            for (subject, app) in &apps {
                subject.invoke(app, case).await?;
            }
            for _ in 0..options.rounds(ROUNDS, 2) {
                for ((subject, app), samples) in apps.iter().zip(&mut *samples) {
                    let (mean, single) = subject.invoke(app, case).await?;
                    samples.means.push(mean);
                    samples.single.extend(single);
                }
            }
        }
        if generation == generations {
            many(&apps, options.rounds(MANY, 5_000), report).await?;
        }
        for (_, app) in apps {
            app.quit().await?;
        }
    }
    for (case, samples) in &samples {
        for (subject, samples) in subjects.iter().zip(samples) {
            let name = format!("invoke/{case}/{}", subject.name);
            report.samples(name, samples.means.clone());
        }
    }
    let figures: [(&str, Figure); 4] = [
        ("median, milliseconds", |samples, _| {
            format!("{:.3}", median(&samples.means))
        }),
        ("/ no plugin", |samples, base| {
            ratio(&samples.means, &base.means)
        }),
        ("of the means / no plugin", |samples, base| {
            format!("{:.3} ×", mean(&samples.means) / mean(&base.means))
        }),
        (
            "99th percentile of single ones, milliseconds",
            |samples, _| format!("{:.0}", quantile(&samples.single, 0.99)),
        ),
    ];
    for (title, figure) in figures {
        let rows: Vec<[String; COLUMNS]> = samples
            .iter()
            .map(|(case, samples)| {
                array::from_fn(|column| match column.checked_sub(1) {
                    None => case.to_string(),
                    Some(subject) => figure(&samples[subject], &samples[0]),
                })
            })
            .collect();
        let columns = array::from_fn(|column| match column.checked_sub(1) {
            None => "body, in flight",
            Some(subject) => subjects[subject].name,
        });
        report.table(&format!("Invoke: {title}"), columns, &rows);
    }
    Ok(())
}

impl Subject<'_> {
    /// The mean time of an invoke, and the time of each, in milliseconds.
    async fn invoke(&self, app: &App, case: &Case) -> Result<(f64, Vec<f64>)> {
        let Case {
            body,
            bytes,
            in_flight,
            invokes,
        } = case;
        let (command, argument) = match *body {
            "raw" => ("echo", format!("new Uint8Array({bytes})")),
            _ => ("greet", format!("{{ name: 'x'.repeat({bytes}) }}")),
        };
        let each = if self.more {
            format!(
                "telemetry.withSpan('ui.bench', {{ left }}, (span) =>
                   span.invoke('{command}_and_log', argument))"
            )
        } else {
            format!("invoke('{command}', argument)")
        };
        let script = format!(
            "const {{ invoke }} = window.__TAURI__.core;
             const telemetry = window.__TAURI__.opentelemetry?.telemetry;
             const argument = {argument};
             const single = [];
             let left = {invokes};
             const start = performance.now();
             const page = async () => {{
               while (left-- > 0) {{
                 const start = performance.now();
                 await {each};
                 single.push(performance.now() - start);
               }}
             }};
             await Promise.all(Array.from({{ length: {in_flight} }}, page));
             return [(performance.now() - start) / {invokes}, single];"
        );
        let sample = app.js_async(&script).await?;
        serde_json::from_value(sample).context("numbers of milliseconds")
    }
}

/// What very many invokes take of the processors, and what they leave behind in memory.
async fn many(apps: &[(&Subject<'_>, App)], invokes: usize, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    // Fewer at a time than a script of the driver may last.
    let chunk = Case {
        body: "json",
        bytes: 100,
        in_flight: 100,
        invokes: invokes / 10,
    };
    for (subject, app) in apps {
        let mut memory = vec![app.memory()?];
        let before = app.cpu_times()?;
        for _ in 0..2 {
            for _ in 0..10 {
                subject.invoke(app, &chunk).await?;
            }
            memory.push(app.memory()?);
        }
        let after = app.cpu_times()?;
        let micros = |process: usize| {
            let spent = after[process] - before[process];
            format!("{:.1}", spent.as_secs_f64() * 1e6 / (2 * invokes) as f64)
        };
        rows.push([
            subject.name.to_owned(),
            (2 * invokes).to_string(),
            micros(0),
            micros(1),
            memory[0].to_string(),
            memory[1].to_string(),
            memory[2].to_string(),
        ]);
        report.samples(format!("invoke/memory/{}", subject.name), memory);
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
