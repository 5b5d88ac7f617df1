//! `test systems`: whether all compiles for the systems that the tests do not run on. Nothing is linked, so it takes neither their
//! linkers nor their headers.

use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// What the desktop job of CI builds on Windows and macOS, and what users of both build.
const ON_DESKTOPS: [&str; 6] = [
    "tauri-plugin-opentelemetry",
    "tracebaton",
    "spankit",
    "tracepane",
    "companions",
    "minimal",
];

/// The C compiler and the archiver of each system, for the dependencies that compile C: they write empty files, which `cargo check`
/// does not read. What a build script preprocesses is preprocessed for this system.
const TOOL: &str = r#"#!/bin/sh
case " $* " in *" -E "*) exec cc "$@" ;; esac
while [ $# -gt 0 ]; do
    case "$1" in
        -o) shift && : > "$1" ;;
        *.a) : > "$1" ;;
    esac
    shift
done
"#;

pub fn check(sh: &Shell) -> Result<()> {
    let tool = crate::target_dir(sh)?.join("systems-cc");
    sh.write_file(&tool, TOOL)?;
    std::fs::set_permissions(&tool, PermissionsExt::from_mode(0o755))?;
    let _warnings = sh.push_env("RUSTFLAGS", "-D warnings");
    let on_desktops = ON_DESKTOPS.map(|package| ["--package", package]).concat();
    let desktop = [
        &[
            "--profile",
            "test",
            "--lib",
            "--bins",
            "--test",
            "desktop",
            "--all-features",
        ],
        &*on_desktops,
    ]
    .concat();
    let mobile = ["--package", "tauri-plugin-opentelemetry", "--lib"];
    // Where the SDK of iOS would be; else the build script of ring asks Xcode.
    let _sdk = sh.push_env("SDKROOT", tool.parent().context("the folder of the tool")?);
    for (target, selection) in [
        ("x86_64-pc-windows-gnu", &*desktop),
        ("aarch64-apple-darwin", &desktop),
        ("aarch64-linux-android", &mobile),
        ("aarch64-apple-ios", &mobile),
    ] {
        let name = target.replace('-', "_");
        let _tools = ["CC", "CXX", "AR"].map(|kind| sh.push_env(format!("{kind}_{name}"), &tool));
        cmd!(sh, "rustup target add {target}").run()?;
        cmd!(sh, "cargo check --target {target} {selection...}").run()?;
    }
    Ok(())
}
