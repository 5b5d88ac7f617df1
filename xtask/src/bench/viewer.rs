//! What the viewer takes and how fast it answers: `viewer/benches/viewer/` beside a peer, and `viewer/page/tests/measure.mjs` for
//! the page.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

use super::{Options, report::Report};

/// Spans that the page is asked about: the number that its promises are made for.
const SPANS: usize = 3_000_000;

/// Seconds of sending.
const SECONDS: usize = 60;

/// The peer: a viewer in Rust on SQLite.
const PEER: &str = "otelite";
const PEER_VERSION: &str = "0.1.156";

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    let peer = peer(sh)?;
    let bench = |arguments: &[&str]| {
        cmd!(
            sh,
            "cargo bench -p tracepane --bench viewer -- {arguments...}"
        )
    };
    table(report, "Start", bench(&["start"]))?;
    table(report, "In the app", bench(&["feed"]))?;
    let seconds = options.rounds(SECONDS, 5).to_string();
    let title = format!("As much as is accepted in {seconds} s");
    let peer = peer.display().to_string();
    table(report, &title, bench(&["ingest", &seconds, &peer]))?;
    let spans = options.rounds(SPANS, SPANS / 30).to_string();
    let title = format!("Questions with {spans} spans");
    table(report, &title, bench(&["questions", &spans]))?;
    // The bench has built it.
    let program = crate::target_dir(sh)?.join("release/tracepane");
    let page = cmd!(sh, "node viewer/page/tests/measure.mjs {program}");
    table(report, "The page in Chromium", page)
}

/// Installs the peer, once for each version.
fn peer(sh: &Shell) -> Result<PathBuf> {
    let root = crate::target_dir(sh)?.join("bench").join(PEER);
    cmd!(
        sh,
        "cargo install --quiet --locked --root {root} --version {PEER_VERSION} {PEER}"
    )
    .run()?;
    Ok(root.join("bin").join(PEER))
}

/// Adds a table of the lines that a command prints.
fn table(report: &mut Report, title: &str, command: Cmd<'_>) -> Result<()> {
    let said = command.read()?;
    let rows = said
        .lines()
        .map(|line| {
            let (what, figure) = line
                .split_once(": ")
                .with_context(|| format!("no figure in {line:?}"))?;
            Ok([what.to_owned(), figure.to_owned()])
        })
        .collect::<Result<Vec<_>>>()?;
    report.table(title, ["what", "figure"], &rows);
    report.samples(format!("viewer/{title}"), said);
    Ok(())
}
