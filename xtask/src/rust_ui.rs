//! Frontends in Rust: the page of `examples/leptos-notes`, and the tests of `crates/pagespan` that need a page.
//!
//! They are compiled for `wasm32-unknown-unknown` in a target folder of their own, in workspaces of their own.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use xshell::{Shell, cmd};

use crate::target_dir;

/// The workspace of the tests of `crates/pagespan`.
const TESTS: &str = "crates/pagespan/tests/page";

const NOTES: &str = "examples/leptos-notes/ui";

/// Gzipped bytes that `crates/pagespan` and what it needs may add to the release of a page, before `wasm-opt` makes it smaller.
const MAX_ADDED: usize = 12 * 1024;

/// The page of `examples/leptos-notes`, whose window test is one of `tests/pages.rs`, and `crates/pagespan` in Chromium.
pub fn check(sh: &Shell) -> Result<()> {
    bundle_notes(sh)?;
    cmd!(
        sh,
        "cargo clippy -p pagespan --target wasm32-unknown-unknown -- -D warnings"
    )
    .run()?;
    let folder = bundle_tests(sh, "dev")?;
    cmd!(sh, "node {TESTS}/check.mjs {folder}").run()?;
    Ok(())
}

/// Programs in other frameworks, which have to compile.
pub fn frameworks(sh: &Shell) -> Result<()> {
    for program in ["pagespan-dioxus", "pagespan-yew"] {
        compile(sh, TESTS, program, program, "dev")?;
    }
    Ok(())
}

/// What a span of a page in Rust costs, in Chromium, and the bytes that `crates/pagespan` adds.
pub fn bench(sh: &Shell) -> Result<()> {
    let folder = bundle_tests(sh, "release")?;
    cmd!(sh, "node {TESTS}/check.mjs {folder} bench").run()?;
    size(sh)
}

/// Compares the page of `examples/leptos-notes` with the same page without `crates/pagespan`.
fn size(sh: &Shell) -> Result<()> {
    let [with, without] = [size_of(sh, "with")?, size_of(sh, "without")?];
    let added = with.saturating_sub(without);
    println!(
        "the page of leptos-notes: {with} bytes gzipped, {without} without pagespan, which adds {added}"
    );
    ensure!(
        added <= MAX_ADDED,
        "pagespan adds {added} bytes, and may add {MAX_ADDED}"
    );
    Ok(())
}

/// The gzipped bytes of a program of the package `pagespan-size`, as WebAssembly.
fn size_of(sh: &Shell, program: &str) -> Result<usize> {
    let wasm = compile(sh, TESTS, "pagespan-size", program, "size")?;
    let folder = wasm.with_file_name(format!("size-{program}"));
    bundle(sh, &wasm, &folder, &["--strip"])?;
    let wasm = folder.join(format!("{program}_bg.wasm"));
    let zipped = cmd!(sh, "gzip -9 --stdout {wasm}").quiet().output()?;
    Ok(zipped.stdout.len())
}

/// Builds the page of `examples/leptos-notes` where its app looks for it.
pub fn bundle_notes(sh: &Shell) -> Result<()> {
    let wasm = compile(sh, NOTES, "leptos-notes-ui", "leptos-notes-ui", "dev")?;
    let folder = sh.current_dir().join(NOTES).join("dist");
    bundle(sh, &wasm, &folder, &[])?;
    sh.copy_file(format!("{NOTES}/index.html"), folder)?;
    Ok(())
}

/// Builds the page that `check.mjs` drives, and returns its folder.
fn bundle_tests(sh: &Shell, profile: &str) -> Result<PathBuf> {
    let wasm = compile(sh, TESTS, "pagespan-page", "page", profile)?;
    let folder = wasm.with_file_name("page");
    bundle(sh, &wasm, &folder, &[])?;
    Ok(folder)
}

fn folder(sh: &Shell) -> Result<PathBuf> {
    Ok(target_dir(sh)?.join("rust-ui"))
}

/// Compiles a program for a page, with the features that its package asks for, and returns its path.
fn compile(
    sh: &Shell,
    workspace: &str,
    package: &str,
    program: &str,
    profile: &str,
) -> Result<PathBuf> {
    cmd!(sh, "rustup target add wasm32-unknown-unknown")
        .quiet()
        .run()?;
    let target = folder(sh)?;
    cmd!(
        sh,
        "cargo build --locked --manifest-path {workspace}/Cargo.toml --target-dir {target}
         --target wasm32-unknown-unknown --package {package} --bin {program} --profile {profile}"
    )
    .run()?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target.join(format!("wasm32-unknown-unknown/{folder}/{program}.wasm")))
}

/// Makes a module of JavaScript of a program for a page.
fn bundle(sh: &Shell, wasm: &Path, folder: &Path, options: &[&str]) -> Result<()> {
    let target = self::folder(sh)?;
    cmd!(
        sh,
        "cargo run --locked --manifest-path {TESTS}/Cargo.toml --target-dir {target} --bin bundle -- {wasm} {folder} {options...}"
    )
    .run()?;
    Ok(())
}
