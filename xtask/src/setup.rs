//! `setup`: installs what is missing for the build and the window tests, and asks nothing.

use std::{io, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};
use xshell::{Cmd, Shell, cmd};

/// A package of Debian and Ubuntu, and files that it or another package installs. If one of the files exists, the package is not needed.
type Package = (&'static str, &'static [&'static str]);

const PACKAGES: [Package; 8] = [
    (
        "libwebkit2gtk-4.1-dev",
        &["/usr/include/webkitgtk-4.1/webkit2/webkit2.h"],
    ),
    ("webkit2gtk-driver", &["/usr/bin/WebKitWebDriver"]),
    ("xvfb", &["/usr/bin/Xvfb"]),
    ("dbus", &["/usr/bin/dbus-daemon"]),
    ("gnome-keyring", &["/usr/bin/gnome-keyring-daemon"]),
    ("build-essential", &["/usr/bin/c++"]),
    ("valgrind", &["/usr/bin/valgrind"]),
    // `tests/browser/launch.mjs` takes either.
    ("chromium", &["/usr/bin/chromium", "/usr/bin/google-chrome"]),
];

/// The components of the Rust toolchain, and a program of each.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")];

/// The file npm leaves behind when it has installed everything.
const NPM_STAMP: &str = "node_modules/.package-lock.json";

pub fn run(sh: &Shell) -> Result<()> {
    packages(sh, &PACKAGES)?;
    components(sh)?;
    node_modules(sh)
}

/// Installs those of the packages that are missing.
pub fn packages(sh: &Shell, packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(_, files)| !files.iter().any(|file| Path::new(file).exists()))
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!(
            "missing: what Debian packages as {}; install it with the package manager of this system",
            missing.join(" ")
        );
    }
    // An ordinary user has to be somebody else for this, root may not even have sudo.
    let root = cmd!(sh, "id -u").read()? == "0";
    let sudo: &[&str] = if root { &[] } else { &["sudo", "-n", "-E"] };
    let _noninteractive = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
    let apt = |args: &[&str]| {
        let words: Vec<&str> = [sudo, &["apt-get", "-q", "-y"], args].concat();
        let (program, args) = words.split_first().context("never empty")?;
        install(cmd!(sh, "{program} {args...}")).with_context(|| {
            let packages = missing.join(" ");
            format!("run this yourself: sudo apt-get install {packages}")
        })
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], missing.as_slice()].concat())
}

fn components(sh: &Shell) -> Result<()> {
    let sysroot = cmd!(sh, "rustc --print sysroot").quiet().read()?;
    let programs = Path::new(&sysroot).join("bin");
    let missing: Vec<&str> = COMPONENTS
        .into_iter()
        .filter(|(_, program)| !programs.join(program).exists())
        .map(|(component, _)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(cmd!(sh, "rustup component add").args(&missing)).with_context(|| {
        let components = missing.join(" and ");
        format!("install {components} of this toolchain the way it was installed itself")
    })
}

fn node_modules(sh: &Shell) -> Result<()> {
    let modified = |path: &str| sh.current_dir().join(path).metadata()?.modified();
    let fresh = matches!(
        (modified(NPM_STAMP), modified("package-lock.json")),
        (Ok(installed), Ok(locked)) if installed >= locked
    );
    if fresh {
        return Ok(());
    }
    install(cmd!(sh, "npm ci --no-audit --no-fund"))
        .context("npm comes with Node.js, 20.19 or newer: https://nodejs.org")
}

/// Runs a command whose progress goes to standard error: the standard output belongs to `demo --json`.
fn install(command: Cmd<'_>) -> Result<()> {
    let text = command.to_string();
    eprintln!("$ {text}");
    let status = Command::from(command).stdout(io::stderr()).status();
    let status = status.with_context(|| format!("cannot run {text}"))?;
    ensure!(status.success(), "{text}: {status}");
    Ok(())
}
