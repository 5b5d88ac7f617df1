//! `bench`: what telemetry costs, as ratios of one run.
//!
//! What is compared runs in turn, round by round, so that what else the machine does meets all of it. A
//! figure is a median with the middle half of its samples, never a single one.

mod apps;
mod invoke;
mod page;
mod process;
mod report;
pub mod rust;
mod stats;
mod viewer;
mod volume;
mod ws;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use self::report::Report;
use crate::{rust_ui, setup};

/// Measures one thing, and adds what it found to the report.
type Bench = fn(&Shell, &Options, &mut Report) -> Result<()>;

const BENCHES: [(&str, Bench); 8] = [
    ("invoke", invoke::run),
    ("page", page::run),
    ("process", process::run),
    ("rust", rust::run),
    ("rust-ui", |sh, _, _| rust_ui::bench(sh)),
    ("viewer", viewer::run),
    ("volume", volume::run),
    ("ws", ws::run),
];

/// What is measured, and how.
#[derive(Debug, Default)]
pub struct Options {
    /// One bench instead of all.
    name: Option<String>,
    /// Where the samples go.
    json: Option<PathBuf>,
    /// Fewer rounds, for a look at whether it works.
    quick: bool,
}

impl Options {
    /// Reads the arguments behind `bench`.
    ///
    /// # Errors
    /// If one of them is unknown.
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            match arg {
                "--quick" => options.quick = true,
                "--json" => {
                    let file = args.next().context("--json wants a file")?;
                    options.json = Some(file.into());
                }
                name if BENCHES.iter().any(|(bench, _)| *bench == name) => {
                    options.name = Some(name.to_owned());
                }
                other => bail!(
                    "there is no bench {other:?}; there are {}",
                    BENCHES.map(|(name, _)| name).join(", ")
                ),
            }
        }
        Ok(options)
    }

    /// So many rounds, or few in a quick run.
    fn rounds(&self, rounds: usize, quick: usize) -> usize {
        if self.quick { quick } else { rounds }
    }
}

pub fn run(sh: &Shell, options: &Options) -> Result<()> {
    setup::run(sh)?;
    cmd!(sh, "npm run --silent build").run()?;
    let mut report = Report::new(sh, options.quick)?;
    for (name, bench) in BENCHES {
        if options.name.as_ref().is_none_or(|wanted| wanted == name) {
            eprintln!("\n── bench {name} ──");
            bench(sh, options, &mut report).context(name)?;
        }
    }
    println!("{}", report.markdown());
    if let Some(file) = &options.json {
        std::fs::write(file, report.json())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
