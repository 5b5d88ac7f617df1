//! `test`: everything CI runs, step by step; the first that fails ends it.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use otel_harness::{BUILT_PROGRAMS, build_all, cache};
use xshell::{Shell, cmd};

use crate::{backends, bench, fuzz, msrv, pipeline, rust_ui, setup, systems, tidy};

/// Files that are generated and checked in.
const GENERATED: [&str; 9] = [
    "tauri.conf.schema.json",
    "plugin/instrumentations.js",
    "plugin/kernel.js",
    "api-iife.js",
    "guest-js/bindings",
    "examples/mesh-node/families.yaml",
    "permissions",
    "viewer/page/src/bindings",
    "viewer/page/dist",
];

/// The packages that have tests. All in one run of cargo: it compiles a dependency with the features that the packages of that run ask
/// for, and another set of packages would compile it again.
const TESTED: [&str; 11] = [
    "tauri-plugin-opentelemetry",
    "pagespan",
    "tracebaton",
    "tracepane",
    "messenger-wire",
    "spankit",
    "spankit-macros",
    "mesh-node",
    "otel-harness",
    "otel-loom",
    "xtask",
];

/// The version of `cargo-deny` that is installed where it is missing.
const DENY_VERSION: &str = "0.20.2";

type Step = (&'static str, fn(&Shell) -> Result<()>);

/// In an order that finds the cheap mistakes first.
const STEPS: [Step; 19] = [
    ("setup", setup::run),
    ("backends", backends::run),
    ("tidy", tidy::run),
    ("format", format),
    ("deny", deny),
    ("guest", guest),
    ("rust-ui", rust_ui::check),
    ("clippy", clippy),
    ("features", features),
    ("examples", examples),
    ("viewer-page", viewer_page),
    ("rust", rust),
    ("generated", generated),
    ("docs", docs),
    ("instructions", bench::rust::check),
    ("package", package),
    ("fuzz", |sh| fuzz::run(sh, fuzz::DEFAULT_SECONDS)),
    ("demo", demo),
    ("scenario", scenario),
];

/// Steps that run by name only (`cargo xtask test pipeline`): `advisories` fetches a database from GitHub, `frameworks` compiles
/// two of them for one button each, `pipeline` compiles DataFusion and RocksDB, and `systems` compiles Tauri for four other systems.
const BY_NAME: [Step; 4] = [
    ("advisories", advisories),
    ("frameworks", rust_ui::frameworks),
    ("pipeline", pipeline::run),
    ("systems", systems::check),
];

pub fn run(sh: &Shell, only: Option<&str>) -> Result<()> {
    let by_name = BY_NAME.iter().filter(|_| only.is_some());
    let steps: Vec<&Step> = STEPS
        .iter()
        .chain(by_name)
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
        .collect();
    ensure!(
        !steps.is_empty(),
        "there is no step {:?}; the steps are {}, and by name only {}",
        only.unwrap_or_default(),
        STEPS.map(|(name, _)| name).join(" "),
        BY_NAME.map(|(name, _)| name).join(" ")
    );
    for (passed, (name, step)) in steps.iter().enumerate() {
        eprintln!("\n── {name} ──");
        let start = Instant::now();
        if let Err(error) = step(sh) {
            println!("steps: {passed} passed, 1 failed");
            return Err(error.context(format!("{name} failed; again: cargo xtask test {name}")));
        }
        eprintln!("── {name}: {:.0} s", start.elapsed().as_secs_f64());
    }
    println!("steps: {} passed, 0 failed", steps.len());
    Ok(())
}

fn format(sh: &Shell) -> Result<()> {
    cmd!(sh, "cargo fmt --all --check").run()?;
    // Workspaces of their own.
    for manifest in [
        "benches/app/Cargo.toml",
        "crates/pagespan/tests/page/Cargo.toml",
        "examples/leptos-notes/ui/Cargo.toml",
        "examples/pipeline/Cargo.toml",
        "examples/pipeline/python/Cargo.toml",
        "examples/pipeline/store/Cargo.toml",
    ] {
        cmd!(sh, "cargo fmt --manifest-path {manifest} --check").run()?;
    }
    cmd!(sh, "npm run --silent format:check").run()?;
    Ok(())
}

fn guest(sh: &Shell) -> Result<()> {
    for script in [
        "build", "check", "lint", "size", "package", "recipes", "test",
    ] {
        cmd!(sh, "npm run --silent {script}").run()?;
    }
    for example in ["react-example", "svelte-example"] {
        cmd!(sh, "npm run --silent build -w {example}").run()?;
    }
    // The page of the viewer; the root's `lint` covers it.
    for script in ["build", "check", "size", "test"] {
        cmd!(sh, "npm run --silent {script} -w tracepane-page").run()?;
    }
    Ok(())
}

/// With the oldest toolchain that is promised, so that it also finds out whether all compiles with it.
fn clippy(sh: &Shell) -> Result<()> {
    let oldest = msrv::toolchain(sh)?;
    // The frontend of an example is part of its build.
    cmd!(sh, "npm run --silent build -w messenger").run()?;
    rust_ui::bundle_notes(sh)?;
    cmd!(
        sh,
        "rustup run {oldest} cargo clippy --workspace --all-targets --all-features -- -D warnings"
    )
    .run()?;
    Ok(())
}

/// The plugin with every combination of its features, and in a release with and without the bridge and the viewer: as an app gets it,
/// without what the examples and tests turn on.
fn features(sh: &Shell) -> Result<()> {
    // What makes a release another program, without all its dependencies in another form.
    const RELEASE: [&str; 2] = [
        "--config",
        "profile.dev.package.tauri-plugin-opentelemetry.debug-assertions=false",
    ];
    let oldest = msrv::toolchain(sh)?;
    let plugin = |profile: &[&str], features: &str| {
        cmd!(
            sh,
            "rustup run {oldest} cargo clippy {profile...} -p tauri-plugin-opentelemetry
             --no-default-features --features {features} -- -D warnings"
        )
        .run()
    };
    for features in combinations(&["grpc", "tls", "zstd"]) {
        plugin(&[], &features)?;
    }
    // These change nothing in the code of the others.
    for independent in ["encrypted-spool", "tauri-tracing", "viewer", "ws-bridge"] {
        plugin(&[], independent)?;
    }
    for left_out in ["viewer", "ws-bridge", "ws-bridge-release"] {
        plugin(&RELEASE, left_out)?;
    }
    let absent = "a_build_without_the_";
    // All features but `ws-bridge-release`, so that the step `rust` can use the dependencies.
    let packages = TESTED.iter().flat_map(|name| ["-p", name]);
    let features = [
        "tauri-plugin-opentelemetry/encrypted-spool,tauri-plugin-opentelemetry/grpc,tauri-plugin-opentelemetry/viewer,tauri-plugin-opentelemetry/ws-bridge",
        "tauri-plugin-opentelemetry/tauri-tracing,tauri-plugin-opentelemetry/zstd,tracebaton/reqwest,tracebaton/serde,tracebaton/tokio,messenger-wire/telemetry",
    ];
    let features = features.join(",");
    let ran = cmd!(
        sh,
        "cargo test {RELEASE...} {packages...} --lib --features {features} {absent}"
    )
    .read()?;
    // The tests belong to what stands in for the bridge and the viewer, so each is there only without the other.
    ensure!(
        ran.contains("2 passed"),
        "a release has the bridge or the viewer: {ran}"
    );
    for feature in ["", "grpc", "mcp"] {
        cmd!(
            sh,
            "rustup run {oldest} cargo clippy -p tracepane --no-default-features --features {feature} -- -D warnings"
        )
        .run()?;
    }
    for feature in [
        "", "http", "serde", "tracing", "reqwest", "process", "tokio",
    ] {
        cmd!(
            sh,
            "rustup run {oldest} cargo clippy -p tracebaton --features {feature} -- -D warnings"
        )
        .run()?;
    }
    Ok(())
}

/// Every combination of some names, as cargo takes them.
fn combinations(names: &[&str]) -> Vec<String> {
    (0..1_u32 << names.len())
        .map(|chosen| {
            let names = names.iter().enumerate();
            let chosen = names.filter(|(bit, _)| chosen >> bit & 1 == 1);
            chosen.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
        })
        .collect()
}

/// Licences and sources of the dependencies.
fn deny(sh: &Shell) -> Result<()> {
    check_dependencies(sh, &["bans", "licenses", "sources"])
}

/// Known vulnerabilities of the dependencies, by a database that is fetched from GitHub.
fn advisories(sh: &Shell) -> Result<()> {
    check_dependencies(sh, &["advisories"])
}

fn check_dependencies(sh: &Shell, checks: &[&str]) -> Result<()> {
    let tools = cache::dir().join(format!("cargo-deny-{DENY_VERSION}"));
    let program = tools.join("bin/cargo-deny");
    if !program.exists() {
        // Without optimisation, because it takes seconds to run and minutes to optimise.
        cmd!(
            sh,
            "cargo install --debug --locked --no-default-features --root {tools} cargo-deny@{DENY_VERSION}"
        )
        .run()?;
    }
    cmd!(sh, "{program} --all-features check {checks...}").run()?;
    Ok(())
}

/// What the window tests would build by themselves, one after the other.
fn examples(_: &Shell) -> Result<()> {
    build_all()?;
    Ok(())
}

/// Runs the browser tests of the viewer's page, some against `tracepane` and the others against a server with fixed answers.
fn viewer_page(sh: &Shell) -> Result<()> {
    let _built = sh.push_env(BUILT_PROGRAMS, build_all()?);
    cmd!(sh, "npm run --silent test:browser -w tracepane-page").run()?;
    Ok(())
}

fn rust(sh: &Shell) -> Result<()> {
    let _built = sh.push_env(BUILT_PROGRAMS, build_all()?);
    let packages = TESTED.iter().flat_map(|name| ["-p", name]);
    cmd!(sh, "cargo test {packages...} --all-features --no-fail-fast").run()?;
    Ok(())
}

/// The tests have written the bindings, the build of the guest its scripts, the build of the plugin
/// its permissions. What is checked in has to be the same.
fn generated(sh: &Shell) -> Result<()> {
    let changed = cmd!(sh, "git status --porcelain -- {GENERATED...}").read()?;
    if !changed.is_empty() {
        bail!("generated files differ from what is checked in; commit them:\n{changed}");
    }
    Ok(())
}

/// Of the whole workspace, with the toolchain of `clippy`, so that little has to be compiled again for it.
fn docs(sh: &Shell) -> Result<()> {
    let oldest = msrv::toolchain(sh)?;
    let _deny = sh.push_env("RUSTDOCFLAGS", "-D warnings");
    cmd!(
        sh,
        "rustup run {oldest} cargo doc --no-deps --workspace --all-features"
    )
    .run()?;
    Ok(())
}

/// What is published is what a user needs, and nothing else.
fn package(sh: &Shell) -> Result<()> {
    const PLUGIN: [&str; 5] = [
        "plugin/",
        "permissions/",
        "build.rs",
        "api-iife.js",
        "CHANGELOG.md",
    ];
    let crates: [(&str, &[&str]); 6] = [
        ("tauri-plugin-opentelemetry", &PLUGIN),
        ("pagespan", &["src/"]),
        ("spankit", &["src/"]),
        ("spankit-macros", &["src/"]),
        ("tracebaton", &["src/"]),
        ("tracepane", &["src/", "page/dist/"]),
    ];
    for (name, sources) in crates {
        let listed = cmd!(sh, "cargo package -p {name} --list --allow-dirty").read()?;
        // Cargo takes none of them from the folder above.
        let needed = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];
        for file in needed {
            ensure!(
                listed.lines().any(|listed| listed == file),
                "the crate {name} lacks {file}"
            );
        }
        let allowed = [sources, &needed, &["Cargo.", ".cargo_vcs_info.json"]].concat();
        only(&listed, &allowed, &format!("the crate {name}"))?;
    }

    let packed = cmd!(sh, "npm pack --dry-run --json --ignore-scripts").read()?;
    let packed: serde_json::Value = serde_json::from_str(&packed)?;
    let first = packed
        .get(0)
        .or_else(|| packed.as_object()?.values().next());
    let files = first
        .and_then(|package| package["files"].as_array())
        .context("npm lists the files of the package")?;
    let listed: Vec<&str> = files
        .iter()
        .filter_map(|file| file["path"].as_str())
        .collect();
    for entry in [
        "index",
        "instrumentations",
        "spans",
        "testing",
        "ws-bridge",
        "playwright",
    ] {
        let script = format!("dist-js/{entry}.js");
        ensure!(
            listed.contains(&script.as_str()),
            "the npm package lacks {script}"
        );
    }
    let npm_files = [
        "tauri.conf.schema.json",
        "dist-js/",
        "package.json",
        "README.md",
        "LICENSE-",
    ];
    only(&listed.join("\n"), &npm_files, "the npm package")
}

fn only(listed: &str, allowed: &[&str], package: &str) -> Result<()> {
    for file in listed.lines() {
        ensure!(
            allowed.iter().any(|prefix| file.starts_with(prefix)),
            "{file} is in {package} but nobody who uses it needs it"
        );
    }
    Ok(())
}

fn demo(sh: &Shell) -> Result<()> {
    let _built = sh.push_env(BUILT_PROGRAMS, build_all()?);
    cmd!(sh, "cargo xtask demo").run()?;
    Ok(())
}

/// One trace over all processes, as two programs read it that are not ours.
fn scenario(sh: &Shell) -> Result<()> {
    let _built = sh.push_env(BUILT_PROGRAMS, build_all()?);
    for backend in ["collector", "jaeger"] {
        cmd!(sh, "cargo xtask scenario messaging --backend {backend}").run()?;
    }
    Ok(())
}
