//! `scenario messaging`: one message from a click on one desktop to another desktop, through a server, sidecars and a
//! file; and the one trace of it.

mod backend;
mod check;
pub mod crash;
mod drive;
mod report;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use otel_harness::{built, cache};
use xshell::Shell;

use crate::{backends, demo, setup};
use backend::{Backend, Kind};

#[derive(Debug, Default)]
pub struct Options {
    backend: Kind,
    json: bool,
    keep: bool,
}

impl Options {
    pub fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match *arg {
                "--json" => options.json = true,
                "--keep" => options.keep = true,
                "--backend" => {
                    options.backend = Kind::parse(args.next().copied().unwrap_or_default())?;
                }
                other => bail!("scenario has no option {other:?}"),
            }
        }
        Ok(options)
    }
}

pub fn run(sh: &Shell, options: &Options) -> Result<()> {
    setup::run(sh)?;
    let needed = match options.backend {
        Kind::Collector => Some(cache::collector()),
        Kind::Jaeger => Some(cache::jaeger()),
        Kind::Viewer | Kind::File | Kind::SigNoz => None,
    };
    backends::provide(sh, |program| needed.as_deref() == Some(program))?;
    backends::python(sh)?;
    demo::bundle(sh)?;
    // Before the clock runs.
    let viewer = (options.backend == Kind::Viewer).then_some("tracepane");
    let programs = ["messenger", "messenger-server", "messenger-cli"];
    for program in programs.into_iter().chain(viewer) {
        built(program)?;
    }
    tokio::runtime::Runtime::new()?.block_on(scenario(options))
}

async fn scenario(options: &Options) -> Result<()> {
    let backend = Backend::start(options.backend).await?;
    let driven = drive::messaging(&backend.telemetry()).await?;
    let spans = match backend.can_be_read() {
        true => check::wait_for_all(&backend).await?,
        false => Vec::new(),
    };
    let report = report::Report::new(&backend, driven, &spans);
    if options.json {
        println!("{:#}", report.as_json());
    } else {
        println!("{report}");
    }
    if let Backend::Collector(collector) = &backend {
        check::measured(collector).await?;
    }
    if backend.can_be_read() {
        check::whole(&spans)?;
        check::private(&backend.bytes(&spans))?;
    }
    if options.keep {
        eprintln!("{}; it runs until Ctrl-C", report.look());
        loop {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
    }
    backend
        .keep_file(&report.as_json())
        .context("the file of the report")
}
