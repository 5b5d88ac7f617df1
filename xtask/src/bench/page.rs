//! What a page pays: the bytes that it loads, the time of a span, and how busy its thread is, beside the web
//! SDKs that it could have instead.
//!
//! `benches/page` is bundled with one contender after the other. The bundles are measured in Chromium, where
//! what they send goes nowhere, and in windows of an app, where that of the plugin goes its way to Rust.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use otel_harness::{App, Receiver};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::{
    Options,
    report::Report,
    stats::{mean, median, ratio, spread},
};

/// How often the pages are opened anew, for the reason that there is for it in `invoke`.
const GENERATIONS: usize = 3;

/// Samples of each page in one generation; in a quick run there are few, of one.
const ROUNDS: usize = 10;
const QUICK_ROUNDS: usize = 3;

/// Rounds before these, which are not counted: so many samples it takes until all is compiled.
const WARM_UP: usize = 4;

/// What a page could have instead: the files of `benches/page/contenders`, and what they are.
const PEERS: [(&str, &str); 3] = [
    ("opentelemetry", "OpenTelemetry web SDK"),
    ("faro", "Grafana Faro"),
    ("sentry", "Sentry"),
];

/// The contender that is compared with them.
const PLUGIN: &str = "plugin";

/// The same with all that it can record of a page turned on.
const INSTRUMENTED: &str = "plugin-instrumented";

/// The contender that shows what the loops themselves cost.
const NOTHING: &str = "nothing";

/// All contenders.
fn contenders() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = [
        (NOTHING, "no telemetry"),
        (PLUGIN, "this plugin"),
        (INSTRUMENTED, "this plugin, all instrumentations"),
    ];
    ours.into_iter().chain(PEERS)
}

/// What a page loads of the plugin, and what it is.
const FILES: [(&str, &str); 4] = [
    ("plugin/kernel.js", "the injected kernel"),
    ("dist-js/index.js", "the npm package"),
    ("api-iife.js", "the script for `withGlobalTauri`"),
    ("dist-js/ws-bridge.js", "the ws bridge, with the kernel"),
];

/// The figures of `bench.burst`, in microseconds, and what they are.
const BURST: [(&str, &str); 4] = [
    ("span", "start and end (µs)"),
    ("attribute", "with an attribute (µs)"),
    ("active", "around a function (µs)"),
    ("flush", "flush of 500 (µs)"),
];

/// A goal of the plugin. It was set on one machine, on which a yardstick took so long. On a slower or busier machine the yardstick takes
/// longer, and the goal is multiplied by the same factor.
struct Goal {
    title: &'static str,
    figure: &'static str,
    /// In the unit of the figure.
    limit: f64,
    /// A contender, its figure, and what that was when the goal was set.
    yardstick: (&'static str, &'static str, f64),
}

const OTEL: &str = PEERS[0].0;

const WEBKITGTK_GOALS: [Goal; 2] = [span_goal(0.66), flush_goal(720.0)];

const CHROMIUM_GOALS: [Goal; 3] = [
    span_goal(1.06),
    flush_goal(570.0),
    Goal {
        title: "evaluation of the injected script (ms), by a bare fetch (µs)",
        figure: "evaluate",
        limit: 0.5,
        yardstick: (NOTHING, "invoke", 3.7),
    },
];

/// The goal for one span, where one of the OpenTelemetry web SDK took so many microseconds.
const fn span_goal(sdk: f64) -> Goal {
    Goal {
        title: "a span (µs), by the span of the OpenTelemetry web SDK",
        figure: "span",
        limit: 1.0,
        yardstick: (OTEL, "span", sdk),
    }
}

/// The goal for handing over 500 spans, which took the OpenTelemetry web SDK so many microseconds.
const fn flush_goal(sdk: f64) -> Goal {
    Goal {
        title: "flush of 500 (µs), by that of the OpenTelemetry web SDK",
        figure: "flush",
        limit: 330.0,
        yardstick: (OTEL, "flush", sdk),
    }
}

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    cmd!(
        sh,
        "npm ci --prefix benches/page --silent --no-audit --no-fund"
    )
    .run()?;
    bytes(sh, report)?;
    let minimal = otel_harness::build(
        "minimal",
        &["--release", "--features=tauri/custom-protocol"],
    )?;
    let runtime = tokio::runtime::Runtime::new()?;
    let rounds = options.rounds(ROUNDS, QUICK_ROUNDS);
    let mut webkitgtk = Samples::default();
    let mut chromium = Samples::default();
    let generations = options.rounds(GENERATIONS, 1);
    for generation in 1..=generations {
        eprintln!("generation {generation} of {generations}");
        runtime.block_on(in_webkitgtk(&minimal, rounds, &mut webkitgtk))?;
        in_chromium(sh, rounds, &mut chromium)?;
    }
    burst(report, "WebKitGTK", &webkitgtk);
    burst(report, "Chromium", &chromium);
    report.note(
        "Every span is a trace of its own. Faro sends in batches of 30, most of them before the flush; the \
         others send when they are told to.",
    );
    goals(report, "WebKitGTK", &WEBKITGTK_GOALS, &webkitgtk);
    goals(report, "Chromium", &CHROMIUM_GOALS, &chromium);
    evaluation(report, &chromium);
    invoke(report, &chromium);
    steady(report, &chromium)?;
    storm(report, &chromium);
    webkitgtk.report(report, "page/webkitgtk");
    chromium.report(report, "page/chromium");
    Ok(())
}

/// The samples of one browser, by contender and figure.
#[derive(Default)]
struct Samples(BTreeMap<(String, String), Vec<f64>>);

impl Samples {
    /// Adds a sample: an object of figures.
    fn add(&mut self, contender: &str, sample: &Value) -> Result<()> {
        for (figure, value) in sample.as_object().context("an object of figures")? {
            let value = value.as_f64().context("a number")?;
            let key = (contender.to_owned(), figure.clone());
            self.0.entry(key).or_default().push(value);
        }
        Ok(())
    }

    fn of(&self, contender: &str, figure: &str) -> &[f64] {
        let key = (contender.to_owned(), figure.to_owned());
        self.0.get(&key).map_or(&[], Vec::as_slice)
    }

    fn report(self, report: &mut Report, prefix: &str) {
        for ((contender, figure), samples) in self.0 {
            report.samples(format!("{prefix}/{contender}/{figure}"), samples);
        }
    }
}

/// Builds the contenders, and says what each weighs.
fn bytes(sh: &Shell, report: &mut Report) -> Result<()> {
    let files = FILES.map(|(file, _)| file);
    let sizes = cmd!(sh, "node benches/page/build.mjs {files...}").read()?;
    let sizes: Value = serde_json::from_str(&sizes)?;
    let rows = [&FILES[..], &PEERS].concat();
    let rows: Vec<_> = rows
        .iter()
        .map(|&(entry, title)| {
            let size = &sizes[entry];
            [
                title.to_owned(),
                size["raw"].to_string(),
                size["gzip"].to_string(),
            ]
        })
        .collect();
    report.table(
        "Bytes of a page",
        ["what it loads", "minified", "gzipped"],
        &rows,
    );
    report.samples("page/bytes", sizes);
    Ok(())
}

/// Each contender in the window of an app of its own: that of the plugin with telemetry on.
async fn in_webkitgtk(binary: &Path, rounds: usize, samples: &mut Samples) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let on = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let nowhere = fs::read_to_string("benches/page/nowhere.js")?;
    let mut apps = Vec::new();
    for (contender, _) in contenders() {
        let bundle = fs::read_to_string(format!("benches/page/dist/{contender}.js"))?;
        let app = if contender.starts_with(PLUGIN) {
            App::launch_on(None, binary, &on).await?
        } else {
            let app = App::launch_on(None, binary, &[]).await?;
            app.js(&nowhere).await?;
            app
        };
        app.js(&bundle).await?;
        apps.push((contender, app));
    }
    for round in 0..WARM_UP + rounds {
        for (contender, app) in &apps {
            let sample = app.js_async("return window.bench.burst();").await?;
            if round >= WARM_UP {
                samples.add(contender, &sample)?;
            }
        }
    }
    for (_, app) in apps {
        app.quit().await?;
    }
    ensure!(
        receiver.requests() > 0,
        "the app with telemetry on has sent nothing"
    );
    Ok(())
}

fn in_chromium(sh: &Shell, rounds: usize, samples: &mut Samples) -> Result<()> {
    let rounds = (WARM_UP + rounds).to_string();
    let contenders: Vec<_> = contenders().map(|(contender, _)| contender).collect();
    let warm_up = WARM_UP * contenders.len();
    let lines = cmd!(
        sh,
        "node benches/page/chromium.mjs {rounds} {contenders...}"
    )
    .read()?;
    for line in lines.lines().skip(warm_up) {
        let (contender, sample): (String, Value) = serde_json::from_str(line)?;
        samples.add(&contender, &sample)?;
    }
    Ok(())
}

/// The figures of one browser, and how those of the plugin compare.
fn burst(report: &mut Report, browser: &str, samples: &Samples) {
    let row = |title: String, cell: &dyn Fn(&str) -> String| {
        let [span, attribute, active, flush] = BURST.map(|(figure, _)| cell(figure));
        [title, span, attribute, active, flush]
    };
    let figures = contenders().map(|(contender, title)| {
        let cell = |figure: &str| spread(samples.of(contender, figure));
        row(title.to_owned(), &cell)
    });
    let ratios = PEERS.iter().map(|(peer, title)| {
        let cell = |figure: &str| ratio(samples.of(PLUGIN, figure), samples.of(peer, figure));
        row(format!("this plugin / {title}"), &cell)
    });
    let [span, attribute, active, flush] = BURST.map(|(_, title)| title);
    report.table(
        &format!("A span of a page in {browser}"),
        ["", span, attribute, active, flush],
        &figures.chain(ratios).collect::<Vec<_>>(),
    );
}

/// How much of each goal the plugin takes; above 1 the goal is missed.
fn goals(report: &mut Report, browser: &str, goals: &[Goal], samples: &Samples) {
    let row = |goal: &Goal| {
        let (contender, figure, then) = goal.yardstick;
        let taken = samples.of(PLUGIN, goal.figure);
        let yardstick = samples.of(contender, figure);
        let goals: Vec<f64> = yardstick
            .iter()
            .map(|now| goal.limit * now / then)
            .collect();
        [
            goal.title.to_owned(),
            format!("{} where the yardstick took {then}", goal.limit),
            format!("{:.3}", median(yardstick)),
            format!("{:.3}", median(taken)),
            ratio(taken, &goals),
        ]
    };
    report.table(
        &format!("The goals of a page in {browser}"),
        ["", "goal", "yardstick now", "taken now", "taken / goal"],
        &goals.iter().map(row).collect::<Vec<_>>(),
    );
}

/// What the injected script takes each page before any of its own.
fn evaluation(report: &mut Report, samples: &Samples) {
    report.table(
        "The injected script in Chromium",
        ["", "milliseconds"],
        &[[
            "from its text to its end".to_owned(),
            spread(samples.of(PLUGIN, "evaluate")),
        ]],
    );
}

/// What an invoke takes a page beside the invoke itself, encoding and sending its span included.
fn invoke(report: &mut Report, samples: &Samples) {
    let [nothing, plugin, instrumented] =
        [NOTHING, PLUGIN, INSTRUMENTED].map(|contender| samples.of(contender, "invoke"));
    let added: Vec<f64> = plugin.iter().zip(nothing).map(|(a, b)| a - b).collect();
    report.table(
        "A fetch of the page as an invoke makes it, in Chromium",
        ["", "microseconds"],
        &[
            ["no telemetry".to_owned(), spread(nothing)],
            ["this plugin".to_owned(), spread(plugin)],
            ["added, round by round".to_owned(), spread(&added)],
            [
                "all instrumentations / none of them".to_owned(),
                ratio(instrumented, plugin),
            ],
        ],
    );
}

/// What a busy page does.
fn steady(report: &mut Report, samples: &Samples) -> Result<()> {
    let mut rows = Vec::new();
    for (contender, title) in contenders() {
        let of = |figure| samples.of(contender, figure);
        let longest = of("longest").iter().copied().fold(0.0, f64::max);
        let bytes = median(of("bytes"));
        ensure!(
            (bytes > 0.0) == (contender != NOTHING),
            "{contender} has sent {bytes} bytes"
        );
        rows.push([
            title.to_owned(),
            format!("{:.1}", mean(of("longTasks"))),
            format!("{longest:.0}"),
            format!("{:.0}", median(of("mainThread"))),
            format!("{:.0}", bytes / 1e3),
        ]);
    }
    report.table(
        "10 000 spans in 2.5 s in Chromium",
        [
            "",
            "long tasks",
            "longest (ms)",
            "main thread (ms)",
            "sent (kB)",
        ],
        &rows,
    );
    Ok(())
}

/// What a loop that writes to the console takes a page whose console is recorded.
fn storm(report: &mut Report, samples: &Samples) {
    let rows: Vec<_> = contenders()
        .map(|(contender, title)| {
            let of = |figure| median(samples.of(contender, figure));
            [
                title.to_owned(),
                format!("{:.1}", of("storm")),
                format!("{:.0}", of("stormMessages")),
            ]
        })
        .collect();
    report.table(
        "10 000 lines to the console in one task in Chromium",
        ["", "milliseconds", "messages sent"],
        &rows,
    );
}
