//! What the plugin does to the process: how it starts and ends, its threads, its size, and its build.

use std::{fs, path::Path, time::Instant};

use anyhow::Result;
use otel_harness::{Answer, Display, Emitter, Faulty, Home, Receiver, Unattended, free_port};
use xshell::Shell;

use super::{
    Options,
    apps::{APP, BARE, Contenders, PLUGIN, build, build_in},
    report::Report,
    stats::spread,
};

/// Starts of each kind.
const STARTS: usize = 60;

/// Starts of each app, which take ten times as long.
const APP_STARTS: usize = 30;

/// Exits with each kind of collector.
const EXITS: usize = 10;

/// What the app is weighed with.
const WEIGHED: [(&str, &str); 9] = [
    ("no plugin", BARE),
    ("this plugin", PLUGIN),
    ("this plugin without tls", "no-tls"),
    ("this plugin with grpc", "grpc"),
    ("this plugin with zstd", "zstd"),
    ("this plugin with ws-bridge-release", "ws-bridge-release"),
    ("devtools", "devtools"),
    ("sentry", "sentry"),
    ("tracing", "tracing"),
];

/// What an app writes once its page has invoked something.
const READY: &str = "ready";

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    let emitter = otel_harness::build("emitter", &["--release"])?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let contenders = Contenders::build(sh).await?;
        starts(&emitter, options.rounds(STARTS, 10), report).await?;
        app_starts(&contenders, options.rounds(APP_STARTS, 5), report).await?;
        exits(&contenders, options.rounds(EXITS, 3), report).await?;
        threads(&contenders, report).await?;
        contenders.check()
    })?;
    sizes(sh, report)?;
    if !options.quick {
        build_times(sh, report)?;
    }
    Ok(())
}

/// From the start of a process until it obeys. Its window is a mock, so that what the plugin adds is not lost in
/// what a webview takes.
async fn starts(emitter: &Path, rounds: usize, report: &mut Report) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let on = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let mut millis = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (env, millis) in [&[][..], &on].into_iter().zip(&mut millis) {
            let start = Instant::now();
            let mut process = Emitter::start_program(emitter, env)?;
            process.tell("status").await?;
            millis.push(start.elapsed().as_secs_f64() * 1e3);
            process.exit().await?;
        }
    }
    let [off, on] = millis;
    let added: Vec<f64> = on.iter().zip(&off).map(|(on, off)| on - off).collect();
    report.table(
        "Start of a process",
        ["", "milliseconds"],
        &[
            ["off".to_owned(), spread(&off)],
            ["on".to_owned(), spread(&on)],
            ["added, round by round".to_owned(), spread(&added)],
        ],
    );
    report.samples("process/start/off", off);
    report.samples("process/start/on", on);
    Ok(())
}

/// From the start of an app until the first invoke of its page.
async fn app_starts(contenders: &Contenders, rounds: usize, report: &mut Report) -> Result<()> {
    let display = Display::start().await?;
    let mut apps = Vec::new();
    for contender in &contenders.all {
        apps.push((contender, Home::new()?, Vec::new()));
    }
    // A round that is not counted fills the caches.
    for round in 0..=rounds {
        for (contender, home, millis) in &mut apps {
            let start = Instant::now();
            let mut app = Unattended::start(&display, home, &contender.program, &contender.env())?;
            app.wait_for(READY).await?;
            if round > 0 {
                millis.push(start.elapsed().as_secs_f64() * 1e3);
            }
            app.close(&display, APP).await?;
        }
    }
    let base = apps[0].2.clone();
    let mut rows = Vec::new();
    for (contender, _, millis) in apps {
        let added = millis.iter().zip(&base).map(|(app, base)| app - base);
        let added: Vec<f64> = added.collect();
        rows.push([contender.name.to_owned(), spread(&millis), spread(&added)]);
        report.samples(format!("process/app/start/{}", contender.name), millis);
    }
    report.table(
        "Start of an app, until the first invoke of its page",
        ["app", "milliseconds", "added, round by round"],
        &rows,
    );
    Ok(())
}

/// From the moment a user closes the window until the process has ended, with something still to send.
async fn exits(contenders: &Contenders, rounds: usize, report: &mut Report) -> Result<()> {
    let display = Display::start().await?;
    let silent = Faulty::start(Answer::Never).await?;
    let busy = Faulty::start(Answer::Status(503, "")).await?;
    let nobody = format!("http://127.0.0.1:{}", free_port()?);
    let [bare, off, on, ..] = &contenders.all;
    let to = |endpoint| vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
    let mut kinds = [
        ("no plugin", &bare.program, bare.env()),
        ("off", &off.program, off.env()),
        ("on, healthy", &on.program, on.env()),
        ("on, nobody listens", &on.program, to(&*nobody)),
        (
            "on, accepts and never answers",
            &on.program,
            to(silent.endpoint()),
        ),
        ("on, answers 503", &on.program, to(busy.endpoint())),
    ]
    .map(|kind| (kind, Vec::new()));
    for _ in 0..rounds {
        for ((_, program, env), millis) in &mut kinds {
            // A new one each time: what one has not got rid of, the next would send.
            let home = Home::new()?;
            let mut app = Unattended::start(&display, &home, program, env)?;
            app.wait_for(READY).await?;
            let took = app.close(&display, APP).await?;
            millis.push(took.as_secs_f64() * 1e3);
        }
    }
    let mut rows = Vec::new();
    for ((kind, ..), millis) in kinds {
        rows.push([kind.to_owned(), spread(&millis)]);
        report.samples(format!("process/exit/{kind}"), millis);
    }
    report.table(
        "Exit, from the close of the window",
        ["telemetry and collector", "milliseconds"],
        &rows,
    );
    Ok(())
}

async fn threads(contenders: &Contenders, report: &mut Report) -> Result<()> {
    let mut base = Vec::new();
    let mut rows = Vec::new();
    for contender in &contenders.all {
        let app = contender.launch().await?;
        let threads = app.threads()?;
        if rows.is_empty() {
            base.clone_from(&threads);
        }
        rows.push([
            contender.name.to_owned(),
            threads.len().to_string(),
            without(threads, &base).join(", "),
            app.memory()?.to_string(),
        ]);
        app.quit().await?;
    }
    report.table(
        "Threads and memory",
        [
            "app",
            "threads",
            "more than without a plugin",
            "memory (KiB)",
        ],
        &rows,
    );
    Ok(())
}

/// What is left of a list when what another has is taken from it, as often as that has it.
fn without(mut list: Vec<String>, other: &[String]) -> Vec<String> {
    for name in other {
        if let Some(index) = list.iter().position(|found| found == name) {
            list.swap_remove(index);
        }
    }
    list.sort();
    list
}

fn sizes(sh: &Shell, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    let mut bare = None;
    for (kind, variant) in WEIGHED {
        let bytes = fs::metadata(build(sh, variant)?)?.len();
        let added = bytes - *bare.get_or_insert(bytes);
        rows.push([kind.to_owned(), bytes.to_string(), added.to_string()]);
        report.samples(format!("process/size/{kind}"), bytes);
    }
    report.table("Size of a stripped release", ["", "bytes", "added"], &rows);
    Ok(())
}

/// Each in a target directory of its own: the plugin turns on a feature of tauri, which is then another.
fn build_times(sh: &Shell, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    for (name, variant) in [("no plugin", BARE), ("this plugin", PLUGIN)] {
        let target = tempfile::tempdir()?;
        let start = Instant::now();
        build_in(sh, target.path(), variant)?;
        let seconds = start.elapsed().as_secs_f64();
        rows.push([name.to_owned(), format!("{seconds:.0}")]);
        report.samples(format!("process/build/{variant}"), seconds);
    }
    report.table("A release build, from nothing", ["", "seconds"], &rows);
    Ok(())
}
