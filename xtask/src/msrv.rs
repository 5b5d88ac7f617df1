//! The oldest Rust that the published crates promise (`rust-version`).

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

/// Dependencies that ask for a later Rust than the published crate that needs them. That the code compiles is what
/// Clippy finds out, with this [`toolchain`].
pub fn check(sh: &Shell) -> Result<Vec<String>> {
    let metadata = metadata(sh, &["--all-features"])?;
    let packages: HashMap<_, _> = entries(&metadata["packages"])?
        .map(|package| (package["id"].as_str(), package))
        .collect();
    let nodes: HashMap<_, _> = entries(&metadata["resolve"]["nodes"])?
        .map(|node| (node["id"].as_str(), node))
        .collect();
    let published = packages.values().filter(|package| is_published(package));
    let mut problems = Vec::new();
    for package in published {
        let promised = rust_version(package).context("Cargo.toml has a rust-version")?;
        let mut seen = HashSet::new();
        let mut to_see = vec![package["id"].as_str()];
        while let Some(id) = to_see.pop() {
            if !seen.insert(id) {
                continue;
            }
            let needed = &packages[&id];
            if rust_version(needed) > Some(promised) {
                problems.push(format!(
                    "{} promises Rust {} and needs {} {}, which asks for {}",
                    package["name"],
                    package["rust_version"],
                    needed["name"],
                    needed["version"],
                    needed["rust_version"]
                ));
            }
            let is_for_users = |dependency: &&Value| {
                let mut kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
                kinds.any(|kind| kind["kind"] != "dev")
            };
            let dependencies = entries(&nodes[&id]["deps"])?.filter(is_for_users);
            to_see.extend(dependencies.map(|dependency| dependency["pkg"].as_str()));
        }
    }
    Ok(problems)
}

/// The oldest toolchain that the published crates promise, for `rustup run`. It is installed with Clippy where it is missing.
pub fn toolchain(sh: &Shell) -> Result<String> {
    let metadata = metadata(sh, &["--no-deps"])?;
    let version = entries(&metadata["packages"])?
        .find(|package| is_published(package))
        .and_then(|package| package["rust_version"].as_str())
        .context("Cargo.toml has a rust-version")?;
    let has_clippy = cmd!(sh, "rustup run {version} cargo clippy --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run();
    if has_clippy.is_err() {
        cmd!(
            sh,
            "rustup toolchain install {version} --profile minimal --component clippy"
        )
        .run()
        .context("the oldest toolchain comes by rustup: https://rustup.rs")?;
    }
    Ok(version.to_owned())
}

fn metadata(sh: &Shell, options: &[&str]) -> Result<Value> {
    let text = cmd!(
        sh,
        "cargo metadata --locked --format-version 1 {options...}"
    )
    .quiet()
    .read()?;
    Ok(serde_json::from_str(&text)?)
}

fn entries(list: &Value) -> Result<impl Iterator<Item = &Value>> {
    Ok(list.as_array().context("cargo metadata has a list")?.iter())
}

/// Whether a package is one of the workspace that may be published.
fn is_published(package: &Value) -> bool {
    package["source"].is_null() && package["publish"].is_null()
}

/// Major and minor version.
fn rust_version(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
