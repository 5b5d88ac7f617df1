//! Measures the hot paths of the plugin: `hot-paths` in time, by criterion, and `hot-paths NAME RUNS` not at
//! all, so that something else can count what it does. `cargo xtask bench rust` runs both.

#[cfg(benching)]
fn main() {
    use std::time::Duration;

    use criterion::{Criterion, Throughput};
    use tauri_plugin_opentelemetry::internals::hot_paths::{HOT_PATHS, HotPath, Work};

    let folder = tempfile::tempdir().expect("a folder for files");
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [name, runs] = &args[..] {
        let (_, prepare) = HOT_PATHS
            .iter()
            .find(|(path, _)| path == name)
            .expect("a hot path");
        let HotPath { mut run, .. } = prepare(folder.path());
        return counted_runs(&mut *run, runs.parse().expect("a number of runs"));
    }
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .without_plots();
    for (name, prepare) in HOT_PATHS {
        let HotPath { work, mut run } = prepare(folder.path());
        let mut group = criterion.benchmark_group(name);
        group.throughput(match work {
            Work::Times(times) => Throughput::Elements(times),
            Work::Bytes(bytes) => Throughput::Bytes(bytes),
        });
        group.bench_function("run", |bencher| bencher.iter(&mut run));
        group.finish();
    }
}

/// The function by whose name the counting begins and ends.
#[cfg(benching)]
#[inline(never)]
fn counted_runs(run: &mut dyn FnMut(), runs: u32) {
    for _ in 0..runs {
        run();
    }
}

#[cfg(not(benching))]
fn main() {
    eprintln!("`cargo xtask bench rust` builds and runs this");
}
