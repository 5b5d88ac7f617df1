//! What the viewer takes and how fast it answers: `viewer/benches/viewer.rs`, with the figures in the report.

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::{Options, report::Report};

/// Spans of a run: the number that the promises of the page are made for.
const SPANS: usize = 3_000_000;

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    let spans = options.rounds(SPANS, SPANS / 30).to_string();
    let said = cmd!(sh, "cargo bench -p tracepane --bench viewer -- {spans}").read()?;
    let rows = said
        .lines()
        .map(|line| {
            let (what, figure) = line
                .split_once(": ")
                .with_context(|| format!("no figure in {line:?}"))?;
            Ok([what.to_owned(), figure.to_owned()])
        })
        .collect::<Result<Vec<_>>>()?;
    report.table(
        &format!("The viewer with {spans} spans"),
        ["what", "figure"],
        &rows,
    );
    report.samples("viewer", said);
    Ok(())
}
