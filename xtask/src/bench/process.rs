//! What the plugin does to the process: how it starts and ends, its threads, its size, and its build.

use std::{fs, path::Path, time::Instant};

use anyhow::Result;
use otel_harness::{Answer, App, Emitter, Faulty, Receiver, free_port};
use xshell::{Shell, cmd};

use super::{Options, report::Report, stats::spread};

/// Starts of each kind.
const STARTS: usize = 60;

/// Exits with each kind of collector.
const EXITS: usize = 10;

/// Features whose weight is of interest.
const FEATURES: [&str; 3] = ["grpc", "zstd", "ws-bridge-release"];

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    for program in ["bare", "minimal"] {
        build(sh, program, "")?;
    }
    cmd!(sh, "cargo build --release -p emitter").run()?;
    let release = sh.current_dir().join("target/release");
    tokio::runtime::Runtime::new()?.block_on(async {
        let emitter = release.join("emitter");
        starts(&emitter, options.rounds(STARTS, 10), report).await?;
        exits(&emitter, options.rounds(EXITS, 3), report).await?;
        threads(&release, report).await
    })?;
    sizes(sh, &release, options, report)?;
    if !options.quick {
        build_times(sh, report)?;
    }
    Ok(())
}

fn build(sh: &Shell, program: &str, feature: &str) -> Result<()> {
    let features = format!("tauri/custom-protocol{feature}");
    cmd!(
        sh,
        "cargo build --quiet --release -p {program} --features {features}"
    )
    .run()?;
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

/// How long the end of the telemetry takes, with something still to send.
async fn exits(emitter: &Path, rounds: usize, report: &mut Report) -> Result<()> {
    let healthy = Receiver::discarding().await?;
    let silent = Faulty::start(Answer::Never).await?;
    let busy = Faulty::start(Answer::Status(503, "")).await?;
    let nobody = format!("http://127.0.0.1:{}", free_port()?);
    let kinds = [
        ("healthy", healthy.endpoint()),
        ("nobody listens", &*nobody),
        ("accepts and never answers", silent.endpoint()),
        ("answers 503", busy.endpoint()),
    ];
    let mut rows = Vec::new();
    for (kind, endpoint) in kinds {
        let mut millis = Vec::new();
        for _ in 0..rounds {
            let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
            let mut process = Emitter::start_program(emitter, &env)?;
            process.tell("invoke 100").await?;
            let (took, _) = process.exit().await?;
            millis.push(took.as_secs_f64() * 1e3);
        }
        rows.push([kind.to_owned(), spread(&millis)]);
        report.samples(format!("process/exit/{kind}"), millis);
    }
    report.table("Exit", ["collector", "milliseconds"], &rows);
    Ok(())
}

async fn threads(release: &Path, report: &mut Report) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let on = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let mut rows = Vec::new();
    for (kind, program, env) in [
        ("no plugin", "bare", &[][..]),
        ("off", "minimal", &[]),
        ("on", "minimal", &on),
    ] {
        let app = App::launch_on(None, &release.join(program), env).await?;
        let all = app.threads()?;
        let ours = all.iter().filter(|name| name.starts_with("OpenTelemetry"));
        rows.push([
            kind.to_owned(),
            ours.count().to_string(),
            all.len().to_string(),
            app.memory()?.to_string(),
        ]);
        app.quit().await?;
    }
    report.table(
        "Threads and memory",
        ["", "our threads", "all threads", "memory (KiB)"],
        &rows,
    );
    Ok(())
}

fn sizes(sh: &Shell, release: &Path, options: &Options, report: &mut Report) -> Result<()> {
    let stripped = tempfile::tempdir()?;
    let size = |program: &str| -> Result<u64> {
        let (from, to) = (release.join(program), stripped.path().join(program));
        cmd!(sh, "strip -o {to} {from}").quiet().run()?;
        Ok(fs::metadata(to)?.len())
    };
    let bare = size("bare")?;
    let mut found = vec![
        ("no plugin".to_owned(), bare),
        ("with the plugin".to_owned(), size("minimal")?),
    ];
    if !options.quick {
        for feature in FEATURES {
            build(
                sh,
                "minimal",
                &format!(",tauri-plugin-opentelemetry/{feature}"),
            )?;
            found.push((format!("and {feature}"), size("minimal")?));
        }
        // As the other benches want it.
        build(sh, "minimal", "")?;
    }
    let mut rows = Vec::new();
    for (kind, bytes) in found {
        rows.push([kind.clone(), bytes.to_string(), (bytes - bare).to_string()]);
        report.samples(format!("process/size/{kind}"), bytes);
    }
    report.table("Size of a stripped release", ["", "bytes", "added"], &rows);
    Ok(())
}

/// From nothing: first the app without the plugin, and then what the plugin adds to that.
fn build_times(sh: &Shell, report: &mut Report) -> Result<()> {
    let target = tempfile::tempdir()?;
    let _target = sh.push_env("CARGO_TARGET_DIR", target.path());
    let mut rows = Vec::new();
    for program in ["bare", "minimal"] {
        let start = Instant::now();
        build(sh, program, "")?;
        let seconds = start.elapsed().as_secs_f64();
        rows.push([program.to_owned(), format!("{seconds:.0}")]);
        report.samples(format!("process/build/{program}"), seconds);
    }
    report.table(
        "A release build, from nothing: without the plugin, and then what it adds",
        ["", "seconds"],
        &rows,
    );
    Ok(())
}
