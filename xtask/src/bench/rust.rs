//! The hot paths of the Rust side: their time by criterion, and their instructions by callgrind, which are the
//! same on a busy machine and comparable between machines.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::{Options, report::Report};
use crate::{rustc, target_dir};

/// The most instructions that one run of a path may take. A disk decides what files cost, so those are not here.
const BUDGETS: &str = "benches/instructions.json";

/// Runs of which the instructions are counted, and then twice as many: the difference is without what only the
/// first run does.
const RUNS: u64 = 20;

/// The flags of a release, for our own crates.
const OPTIMISED: [&str; 3] = [
    "-Copt-level=3",
    "-Cdebug-assertions=off",
    "-Coverflow-checks=off",
];

/// The dependencies that the hot paths go through and tauri does not build on.
const HOT: [&str; 7] = [
    "opentelemetry",
    "opentelemetry-proto",
    "opentelemetry_sdk",
    "prost",
    "sharded-slab",
    "tracing-opentelemetry",
    "tracing-subscriber",
];

/// A path by which machines are compared, and the nanoseconds that it took on the machine on which the goals were set.
const YARDSTICK: (&str, f64) = ("call_site_off", 1.1);

/// The goals, for a machine on which [`YARDSTICK`] takes as long as on that one.
const GOALS: [(&str, &str); 10] = [
    ("capture_off", "2 ns"),
    ("inject_off", "2 ns"),
    ("capture_and_inject_headers", "0.3 µs"),
    ("extract_headers", "0.3 µs"),
    ("family_off", "2 ns"),
    ("invoke_span", "3 µs"),
    ("call_site_off", "2 ns each"),
    ("page_batch", "1 000 000 spans/s"),
    ("redaction", "1 µs for a span"),
    ("spool_write_and_replay", "200 MB/s"),
];

pub fn run(sh: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    if !options.quick {
        times(sh, report)?;
    }
    let counts = count(sh)?;
    let rows: Vec<_> = counts
        .iter()
        .map(|(name, count)| {
            report.samples(format!("rust/{name}/instructions"), count.instructions);
            [
                name.clone(),
                count.instructions.to_string(),
                count.budget.to_string(),
            ]
        })
        .collect();
    report.table(
        "Instructions of a run",
        ["path", "instructions", "budget"],
        &rows,
    );
    within_budget(&counts)
}

/// Fails if a path takes more instructions than it may.
pub fn check(sh: &Shell) -> Result<()> {
    within_budget(&count(sh)?)
}

/// Not a release, which takes minutes to build tauri a second time: a debug build in which our own crates and
/// the `HOT` ones are optimised counts what a change of ours costs as well.
fn build_for_counting(sh: &Shell) -> Result<PathBuf> {
    let _wrapper = rustc::wrap(sh, "benching", &OPTIMISED)?;
    let hot = HOT.map(|name| format!("--config=profile.dev.package.{name}.opt-level=3"));
    cmd!(sh, "cargo build --quiet -p benches {hot...}").run()?;
    Ok(target_dir(sh)?.join("debug/hot-paths"))
}

fn times(sh: &Shell, report: &mut Report) -> Result<()> {
    {
        // The private parts of the plugin are open to the benchmark.
        let _wrapper = rustc::wrap(sh, "benching", &[])?;
        cmd!(sh, "cargo build --quiet --release -p benches").run()?;
    }
    let target = target_dir(sh)?;
    let folder = target.join("criterion");
    let _home = sh.push_env("CRITERION_HOME", &folder);
    let program = target.join("release/hot-paths");
    cmd!(sh, "{program}").ignore_stdout().run()?;
    let of_crates = [
        [
            "-p",
            "tracebaton",
            "--features=http,tracing",
            "--bench=propagation",
        ],
        ["-p", "spankit", "--features=", "--bench=spans"],
    ];
    for bench in of_crates {
        cmd!(sh, "cargo bench --quiet {bench...}")
            .ignore_stdout()
            .run()?;
    }
    let mut rows = Vec::new();
    let (yardstick, then) = YARDSTICK;
    let mut now = f64::NAN;
    for path in fs::read_dir(&folder)? {
        let path = path?;
        let name = path.file_name().to_string_lossy().into_owned();
        let read = |file: &str| read(&path.path().join("run/new").join(file));
        let median = &read("estimates.json")?["median"];
        let nanos = median["point_estimate"].as_f64().context("a number")?;
        let interval = &median["confidence_interval"];
        let bound = |name: &str| interval[name].as_f64().context("a number");
        let throughput = &read("benchmark.json")?["throughput"];
        let each = match throughput["Bytes"].as_f64() {
            Some(bytes) => format!("{:.0} MB/s", bytes / nanos * 1e3),
            None => {
                let times = throughput["Elements"].as_f64().context("a number")?;
                if name == yardstick {
                    now = nanos / times;
                }
                format!("{:.1} ns", nanos / times)
            }
        };
        let goal = GOALS.iter().find(|(path, _)| *path == name);
        rows.push([
            name.clone(),
            format!("{:.3}", nanos / 1e3),
            format!(
                "{:.3}–{:.3}",
                bound("lower_bound")? / 1e3,
                bound("upper_bound")? / 1e3
            ),
            each,
            goal.map_or("", |(_, goal)| goal).to_owned(),
        ]);
        report.samples(format!("rust/{name}/ns"), nanos);
    }
    rows.sort();
    report.table(
        "Hot paths in Rust",
        ["path", "a run (µs)", "95 % interval", "each", "goal"],
        &rows,
    );
    report.note(&format!(
        "The goals are for a machine on which {yardstick} takes {then} ns. Here it takes {now:.2}, {:.2} times as long.",
        now / then
    ));
    Ok(())
}

/// What one run of a path takes and may take.
struct Count {
    instructions: u64,
    budget: u64,
}

fn count(sh: &Shell) -> Result<BTreeMap<String, Count>> {
    let budgets: BTreeMap<String, u64> = serde_json::from_value(read(Path::new(BUDGETS))?)?;
    let program = build_for_counting(sh)?;
    let mut counts = BTreeMap::new();
    for (name, budget) in budgets {
        // Side by side: each uses one processor.
        let [once, twice] = [RUNS, 2 * RUNS].map(|runs| {
            let (sh, program, name) = (sh.clone(), program.clone(), name.clone());
            thread::spawn(move || collected(&sh, &program, &name, runs))
        });
        let result = |count: JoinHandle<Result<u64>>| count.join().expect("it does not panic");
        let instructions = (result(twice)? - result(once)?) / RUNS;
        let count = Count {
            instructions,
            budget,
        };
        counts.insert(name, count);
    }
    Ok(counts)
}

/// The instructions of so many runs.
fn collected(sh: &Shell, program: &Path, name: &str, runs: u64) -> Result<u64> {
    let runs = runs.to_string();
    let output = cmd!(
        sh,
        "valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=*counted_runs*
         {program} {name} {runs}"
    )
    .quiet()
    .read_stderr()?;
    let line = output
        .lines()
        .find_map(|line| line.split_once("Collected :"));
    let (_, number) = line.context("callgrind tells what it has collected")?;
    Ok(number.trim().parse()?)
}

fn within_budget(counts: &BTreeMap<String, Count>) -> Result<()> {
    for (name, count) in counts {
        println!(
            "{name}: {} of {} instructions",
            count.instructions, count.budget
        );
        ensure!(
            count.instructions <= count.budget,
            "{name} takes {} instructions, and may take {}; if it has to, {BUDGETS} says how many",
            count.instructions,
            count.budget
        );
    }
    Ok(())
}

fn read(file: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(serde_json::from_str(&text)?)
}
