//! The oldest Rust that the published crates promise (`rust-version`).

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::target_dir;

/// Dependencies that ask for a later Rust than the published crate that needs them. That their code compiles is what
/// [`compile`] finds out, and Clippy knows which Rust has what of the standard library.
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

/// Compiles the published crates with the oldest toolchain that they promise. With a target folder of its own: what it builds, no
/// other toolchain can use.
pub fn compile(sh: &Shell) -> Result<()> {
    let metadata = metadata(sh, &["--no-deps"])?;
    let packages = entries(&metadata["packages"])?.filter(|package| is_published(package));
    let packages: Vec<_> = packages.collect();
    let version = packages
        .first()
        .and_then(|package| package["rust_version"].as_str())
        .context("Cargo.toml has a rust-version")?;
    let names = packages
        .iter()
        .filter_map(|package| package["name"].as_str());
    let packages = names.flat_map(|name| ["-p", name]);
    cmd!(sh, "rustup toolchain install {version} --profile minimal")
        .run()
        .context("the oldest toolchain comes by rustup: https://rustup.rs")?;
    let target = target_dir(sh)?.join("msrv");
    cmd!(
        sh,
        "rustup run {version} cargo check --locked --target-dir {target} {packages...} --lib"
    )
    .run()?;
    Ok(())
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
