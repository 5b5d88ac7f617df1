//! `fuzz`: feeds the readers of what pages, collectors and the disk hand in with nonsense, by libFuzzer on the stable toolchain.
//!
//! Not `cargo fuzz`: it wants a nightly toolchain, and builds all of tauri a second time where coverage is
//! only of interest in our own crates.

use std::fs;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use crate::{rustc, target_dir};

/// How long each target runs.
pub const DEFAULT_SECONDS: u32 = 10;

const TARGETS: [&str; 7] = [
    "fuzz-batch",
    "fuzz-otlp-answer",
    "fuzz-redaction",
    "fuzz-scheme",
    "fuzz-spool",
    "fuzz-ws-frame",
    "fuzz-ws-guard",
];

/// The flags of `cargo fuzz --sanitizer none`.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

pub fn run(sh: &Shell, seconds: u32) -> Result<()> {
    {
        let _wrapper = rustc::wrap(sh, "fuzzing", &COVERAGE)?;
        cmd!(sh, "cargo build --quiet -p fuzz").run()?;
    }
    let target = target_dir(sh)?;
    // Side by side: each uses one processor.
    let corpus = target.join("fuzz-corpus");
    let mut running = Vec::new();
    for name in TARGETS {
        let corpus = corpus.join(name);
        fs::create_dir_all(&corpus)?;
        let seed = sh.current_dir().join("tests/fixtures");
        let program = target.join("debug").join(name);
        let child = std::process::Command::new(program)
            .arg(format!("-max_total_time={seconds}"))
            .args(["-max_len=16384", "-verbosity=0", "-print_final_stats=1"])
            .arg(format!("-artifact_prefix={}/", corpus.display()))
            .args([&corpus, &seed])
            .spawn()?;
        running.push((name, child));
    }
    // Waits for all: one that still runs would write into the corpus of the next run.
    let mut failed = Vec::new();
    for (name, mut child) in running {
        if !child.wait().context(name)?.success() {
            failed.push(corpus.join(name));
        }
    }
    ensure!(failed.is_empty(), "inputs that fail lie in {failed:?}");
    Ok(())
}
