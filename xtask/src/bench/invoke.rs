//! What an invoke costs, in a real window.
//!
//! Compared are the app without the plugin, with it but off, and on, and a second one without it: how far that one is from
//! the first says how much is chance. Then the first three are compared with all that an app could have instead, and with
//! the page of the app with telemetry putting a span around every invoke, whose command writes a log record. All apps of a
//! comparison are open at the same time. This process receives what the apps send and discards it.
//!
//! The clock of a WebKitGTK page ticks in milliseconds. The time of a single invoke is therefore taken in the app, from the
//! begin of one command to that of the next, which the page asks for as soon as it has the answer. Of a hundred at a time
//! it is the mean that counts, over some two hundred ticks.
//!
//! A page sends its spans 50 ms after the last of them has ended. If a sample ended with its last invoke, an app would send
//! while the next app is measured, and slow that one down. So each sample ends with a `flush` of the page, which its mean includes.
//! Its Rust side may still export after that, while the next app is measured. So the order of the apps is another one in each round, and
//! no app always comes behind the same one.
//!
//! The clock of a round depends on all that the machine does. How long the threads of an app and of its page had a processor depends on it
//! less, so that is told as well.

use std::{array, fmt};

use anyhow::{Context, Result};
use fastrand::Rng;
use otel_harness::App;
use xshell::Shell;

use super::{
    Options,
    apps::{Contender, Contenders},
    report::Report,
    stats::{difference, geometric_ratio, median, quantile},
};

/// How often the apps of a comparison are started anew, and how many samples are taken of each case then. Two
/// processes of one program differ by some percent for as long as they live, which no number of rounds evens out.
const ALONE: [usize; 2] = [12, 8];
const BESIDE_OTHERS: [usize; 2] = [6, 2];

/// Invokes after which CPU and memory are looked at, twice.
const MANY: usize = 50_000;

/// What goes both ways.
const BODIES: [&str; 2] = ["json", "raw"];

/// How many bytes that are, and how many invokes make a sample: one at a time, and [`AT_ONCE`].
const SIZES: [(usize, [usize; 2]); 4] = [
    (100, [1500, 1500]),
    (1024, [1500, 1500]),
    (64 * 1024, [100, 300]),
    (1024 * 1024, [20, 100]),
];

/// Invokes that are under way where it is not one at a time.
const AT_ONCE: usize = 100;

/// An argument and an answer of one size.
struct Case {
    body: &'static str,
    bytes: usize,
    in_flight: usize,
    invokes: usize,
}

/// All of them.
fn cases() -> impl Iterator<Item = Case> {
    BODIES.into_iter().flat_map(|body| {
        SIZES.into_iter().flat_map(move |(bytes, invokes)| {
            let in_flight = [1, AT_ONCE].into_iter().zip(invokes);
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
        write!(f, "{} {size}", self.body)
    }
}

/// What is measured of one app.
struct Subject<'a> {
    name: &'static str,
    contender: &'a Contender,
    /// Whether there is a span of the page and a log record with each invoke.
    more: bool,
}

/// What a table says of an app and a body, beside the first app.
type Figure = fn(&Samples, &Samples) -> String;

/// The tables: how many invokes are in flight, and what is said of them.
const FIGURES: [(usize, &str, Figure); 9] = [
    (1, "one at a time: median, milliseconds", |samples, _| {
        format!("{:.3}", median(&samples.single))
    }),
    (1, "one at a time: median / no plugin", |samples, base| {
        geometric_ratio(&samples.medians, &base.medians)
    }),
    (1, "one at a time: mean / no plugin", |samples, base| {
        geometric_ratio(&samples.means, &base.means)
    }),
    (
        1,
        "one at a time: 99th percentile, milliseconds",
        |samples, _| format!("{:.2}", quantile(&samples.single, 0.99)),
    ),
    (
        1,
        "one at a time: 99th percentile / no plugin",
        |samples, base| geometric_ratio(&samples.slowest, &base.slowest),
    ),
    (
        1,
        "one at a time: processors for an invoke, microseconds (more than no plugin)",
        |samples, base| difference(&samples.processors, &base.processors),
    ),
    (
        AT_ONCE,
        "a hundred at a time: mean, milliseconds",
        |samples, _| format!("{:.3}", median(&samples.means)),
    ),
    (
        AT_ONCE,
        "a hundred at a time: mean / no plugin",
        |samples, base| geometric_ratio(&samples.means, &base.means),
    ),
    (
        AT_ONCE,
        "a hundred at a time: processors for an invoke, microseconds (more than no plugin)",
        |samples, base| difference(&samples.processors, &base.processors),
    ),
];

/// A column for each of [`BODIES`] and [`SIZES`], behind the name of the app.
const COLUMNS: usize = 1 + BODIES.len() * SIZES.len();

/// What is known of one app and case, in milliseconds.
#[derive(Clone, Default)]
struct Samples {
    /// Of every sample.
    means: Vec<f64>,
    medians: Vec<f64>,
    /// The 99th percentiles.
    slowest: Vec<f64>,
    /// Of every invoke.
    single: Vec<f64>,
    /// How long all threads of the app and of its page had a processor for each invoke, in microseconds.
    processors: Vec<f64>,
}

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let contenders = Contenders::build(sh).await?;
        let [bare, off, on, ..] = &contenders.all;
        let once_more = Subject {
            name: "no plugin, once more",
            ..Subject::of(bare)
        };
        let alone = [
            Subject::of(bare),
            Subject::of(off),
            Subject::of(on),
            once_more,
        ];
        compare("Invoke", &alone, ALONE, options, report).await?;
        let mut subjects: Vec<_> = contenders.all.iter().map(Subject::of).collect();
        subjects.push(Subject {
            name: "on, with page spans and logs",
            more: true,
            ..Subject::of(on)
        });
        let title = "Invoke beside others";
        compare(title, &subjects, BESIDE_OTHERS, options, report).await?;
        many(&subjects, options.rounds(MANY, 5_000), report).await?;
        contenders.check()
    })
}

async fn compare(
    title: &str,
    subjects: &[Subject<'_>],
    [generations, rounds]: [usize; 2],
    options: &Options,
    report: &mut Report,
) -> Result<()> {
    let mut samples: Vec<_> = cases()
        .map(|case| (case, vec![Samples::default(); subjects.len()]))
        .collect();
    let generations = options.rounds(generations, 1);
    // The same order in every run.
    let mut turns = Rng::with_seed(1);
    let mut order: Vec<_> = (0..subjects.len()).collect();
    for generation in 1..=generations {
        eprintln!("{title}: generation {generation} of {generations}");
        let mut apps = Vec::new();
        for subject in subjects {
            apps.push((subject, subject.contender.launch().await?));
        }
        for (case, samples) in &mut samples {
            // A round that is not counted warms up.
            for (subject, app) in &apps {
                subject.invoke(app, case).await?;
            }
            for _ in 0..options.rounds(rounds, 2) {
                turns.shuffle(&mut order);
                for &turn in &order {
                    let ((subject, app), samples) = (&apps[turn], &mut samples[turn]);
                    let before = app.thread_time()?;
                    let (mean, single) = subject.invoke(app, case).await?;
                    let spent = app.thread_time()?.saturating_sub(before);
                    samples
                        .processors
                        .push(spent.as_secs_f64() * 1e6 / case.invokes as f64);
                    samples.means.push(mean);
                    samples.medians.push(median(&single));
                    samples.slowest.push(quantile(&single, 0.99));
                    samples.single.extend(single);
                }
            }
        }
        for (_, app) in apps {
            app.quit().await?;
        }
    }
    for (case, samples) in &samples {
        for (subject, samples) in subjects.iter().zip(samples) {
            let name = format!("{title}/{case}, {}/{}", case.in_flight, subject.name);
            let measured = match case.in_flight {
                1 => &samples.medians,
                _ => &samples.means,
            };
            report.samples(name, measured.clone());
        }
    }
    for (in_flight, figure_title, figure) in FIGURES {
        let cases: Vec<_> = samples
            .iter()
            .filter(|(case, _)| case.in_flight == in_flight)
            .collect();
        let row = |app: usize| {
            array::from_fn::<_, COLUMNS, _>(|column| match column.checked_sub(1) {
                None => subjects[app].name.to_owned(),
                Some(case) => figure(&cases[case].1[app], &cases[case].1[0]),
            })
        };
        let rows: Vec<_> = (0..subjects.len()).map(row).collect();
        let titles: Vec<_> = cases.iter().map(|(case, _)| case.to_string()).collect();
        let columns = array::from_fn(|column| match column.checked_sub(1) {
            None => "",
            Some(case) => &*titles[case],
        });
        report.table(&format!("{title}, {figure_title}"), columns, &rows);
    }
    Ok(())
}

impl<'a> Subject<'a> {
    fn of(contender: &'a Contender) -> Self {
        Self {
            name: contender.name,
            contender,
            more: false,
        }
    }

    /// The mean time of an invoke by the clock of the page, and what lay between each command and the next by that of the
    /// app, in milliseconds.
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
             let left = {invokes};
             const start = performance.now();
             const page = async () => {{
               while (left-- > 0) await {each};
             }};
             await Promise.all(Array.from({{ length: {in_flight} }}, page));
             await telemetry?.flush();
             const mean = (performance.now() - start) / {invokes};
             return [mean, await invoke('periods')];"
        );
        let sample = app.js_async(&script).await?;
        serde_json::from_value(sample).context("numbers of milliseconds")
    }
}

/// What very many invokes take of the processors, and what they leave behind in memory.
async fn many(subjects: &[Subject<'_>], invokes: usize, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    // Fewer at a time than a script of the driver may last.
    let chunk = Case {
        body: "json",
        bytes: 100,
        in_flight: AT_ONCE,
        invokes: invokes / 10,
    };
    for subject in subjects {
        let app = subject.contender.launch().await?;
        let mut memory = vec![app.memory()?];
        let before = app.cpu_times()?;
        for _ in 0..2 {
            for _ in 0..10 {
                subject.invoke(&app, &chunk).await?;
            }
            memory.push(app.memory()?);
        }
        let after = app.cpu_times()?;
        app.quit().await?;
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
