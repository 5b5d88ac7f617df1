//! The chores of this repository: `cargo xtask COMMAND`.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "xtask drives windows through WebKitGTK and Xvfb, which takes Linux; elsewhere there is \
     `cargo test --lib -p tauri-plugin-opentelemetry`, and `npm ci && npm test`"
);

mod backends;
mod bench;
mod commands;
mod demo;
mod fuzz;
mod imports;
mod msrv;
mod pipeline;
mod rust_ui;
mod rustc;
mod scenario;
mod setup;
mod systems;
mod test;
mod tidy;

use std::{
    env,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use otel_harness::package_variables;
use xshell::{Shell, cmd};

const HELP: &str = "\
cargo xtask COMMAND

  demo [--json] [--screenshot FILE] [--interactive] [--open]
                clicks through the messenger in a real window and prints its traces
  scenario crash
                an app that dies in every way, and what its next start reports
  scenario messaging [--backend viewer|collector|jaeger|file|signoz] [--json] [--keep]
                one message through two desktops, a server, sidecars and a file, and its one trace
  test [STEP]   everything CI runs, or one step of it
  setup         installs what the build and the window tests need
  backends      builds the OpenTelemetry Collector the tests run against
  bench [NAME] [--json FILE] [--quick]
                what telemetry costs, as ratios of one run
  fuzz [SECONDS]
                runs the fuzz targets
  tidy          checks the conventions that no other tool knows";

fn main() -> ExitCode {
    match without_package_variables().and_then(|()| run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Starts this program again without the variables that `cargo run` has set, if there are any: the cargo that it runs must not
/// inherit them.
fn without_package_variables() -> Result<()> {
    let mut variables = package_variables().peekable();
    if variables.peek().is_none() {
        return Ok(());
    }
    let mut again = Command::new(env::current_exe()?);
    for name in variables {
        again.env_remove(name);
    }
    Err(again.args(env::args_os().skip(1)).exec()).context("xtask cannot start itself again")
}

fn run() -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(root()?);
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["demo", options @ ..] => demo::run(&sh, &demo::Options::parse(options)?),
        ["scenario", "crash"] => scenario::crash::run(),
        ["scenario", "messaging", options @ ..] => {
            scenario::run(&sh, &scenario::Options::parse(options)?)
        }
        ["test"] => test::run(&sh, None),
        ["test", step] => test::run(&sh, Some(step)),
        ["setup"] => setup::run(&sh),
        ["backends"] => backends::run(&sh),
        ["bench", options @ ..] => bench::run(&sh, &bench::Options::parse(options)?),
        ["fuzz"] => fuzz::run(&sh, fuzz::DEFAULT_SECONDS),
        ["fuzz", seconds] => fuzz::run(&sh, seconds.parse().context("SECONDS is a number")?),
        ["tidy"] => tidy::run(&sh),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command {:?}\n\n{HELP}", other.join(" ")),
    }
}

/// The root of the repository.
fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in the root of the repository")
}

/// The folder that cargo builds into, which `CARGO_TARGET_DIR` and `build.target-dir` can move.
fn target_dir(sh: &Shell) -> Result<PathBuf> {
    let metadata = cmd!(sh, "cargo metadata --no-deps --format-version 1")
        .quiet()
        .read()?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let folder = metadata["target_directory"].as_str();
    Ok(folder.context("cargo has a target directory")?.into())
}
