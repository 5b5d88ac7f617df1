//! The programs of this workspace: built before a test starts them, and started with nothing of the
//! environment that would configure them.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{LazyLock, Mutex, MutexGuard},
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

/// The programs that tests drive, and the features that each is built with. Each list is one run of cargo, in which
/// all programs share the features of Tauri.
pub const PROGRAMS: [&[(&str, &str)]; 2] = [
    &[
        ("minimal", "tauri/custom-protocol,viewer,ws-bridge"),
        ("messenger", "tauri/custom-protocol,viewer,ws-bridge"),
        ("messenger-server", ""),
        ("messenger-cli", ""),
        ("leptos-notes", "tauri/custom-protocol"),
        ("bare", "tauri/custom-protocol"),
        ("isolated", "tauri/custom-protocol"),
        ("emitter", ""),
        ("tracepane", ""),
    ],
    // With Tauri's feature `tracing`. The DevTools among the companions turn it on as well.
    &[
        ("isolated-traced", "tauri/custom-protocol"),
        ("companions", "tauri/custom-protocol"),
    ],
];

/// The variable that hands what [`build_all`] has built to tests: an object of JSON with the path of each program.
pub const BUILT_PROGRAMS: &str = "HARNESS_BUILT_PROGRAMS";

/// The paths of the programs that are built, by name. Locked during a build, so that the tests of one process do not start the same one
/// twice.
static BUILT: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(|| {
    let handed_over = env::var(BUILT_PROGRAMS).ok();
    let built = handed_over.and_then(|built| serde_json::from_str(&built).ok());
    Mutex::new(built.unwrap_or_default())
});

/// Builds one of `PROGRAMS` in the profile of the tests, once per process, and returns its path. A test
/// never drives a program that is older than its sources.
///
/// # Errors
/// If `name` is not in the list, if it does not compile, or if its bundled page is older than the sources of
/// the page.
pub fn built(name: &str) -> Result<PathBuf> {
    let mut built = known()?;
    if let Some(program) = built.get(name) {
        return Ok(program.clone());
    }
    let (_, features) = PROGRAMS
        .into_iter()
        .flatten()
        .find(|(program, _)| *program == name)
        .with_context(|| format!("the harness knows no program {name:?}"))?;
    check_pages(|page| page.program == name)?;
    let mut flags = vec!["--features", features];
    if !cfg!(debug_assertions) {
        flags.push("--release");
    }
    let program = build(name, &flags)?;
    built.insert(name.to_owned(), program.clone());
    Ok(program)
}

/// Builds all of `PROGRAMS`, so that what those of one list share is compiled once. [`built`] builds none of them again in this
/// process, nor in one that has the result in [`BUILT_PROGRAMS`].
///
/// # Errors
/// As [`built`].
pub fn build_all() -> Result<String> {
    let mut known = known()?;
    check_pages(|_| true)?;
    for programs in PROGRAMS {
        let features = programs.iter().flat_map(|(program, features)| {
            let features = features.split(',').filter(|feature| !feature.is_empty());
            features.map(move |feature| match feature.contains('/') {
                true => feature.to_owned(),
                false => format!("{program}/{feature}"),
            })
        });
        let features = features.collect::<Vec<_>>().join(",");
        let packages: Vec<_> = programs.iter().map(|(program, _)| *program).collect();
        let built = cargo_build(&packages, &["--features", &features])?;
        for program in packages {
            let path = built
                .get(program)
                .with_context(|| format!("{program} has no program of its name"))?;
            known.insert(program.to_owned(), path.clone());
        }
    }
    Ok(serde_json::to_string(&*known)?)
}

fn known() -> Result<MutexGuard<'static, HashMap<String, PathBuf>>> {
    let built = BUILT.lock();
    built.map_err(|_| anyhow::anyhow!("another test panicked while it built a program"))
}

/// Runs `cargo build` for a package of this workspace with these flags, and returns the path of its program,
/// wherever the configuration of cargo puts it.
///
/// # Errors
/// If it does not compile, or has no program.
pub fn build(package: &str, flags: &[&str]) -> Result<PathBuf> {
    let program = cargo_build(&[package], flags)?.into_values().next();
    program.with_context(|| format!("{package} has no program"))
}

/// Runs `cargo build` for packages of this workspace, and returns the paths of their programs by name.
fn cargo_build(packages: &[&str], flags: &[&str]) -> Result<HashMap<String, PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    for name in package_variables() {
        command.env_remove(name);
    }
    let output = command
        .current_dir(root()?)
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .args(flags)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be run")?;
    ensure!(
        output.status.success(),
        "{} does not compile",
        packages.join(", ")
    );
    let messages = String::from_utf8(output.stdout)?;
    let programs = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?;
            Some((name.to_owned(), message["executable"].as_str()?.into()))
        });
    Ok(programs.collect())
}

/// The variables by which cargo tells a program that it runs about its package and its build. The build script of `ring` runs again
/// whenever they change, and then everything that depends on it is built again. So no cargo that is run from a test or from
/// `xtask` may inherit them.
pub fn package_variables() -> impl Iterator<Item = OsString> {
    env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name == "OUT_DIR" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    })
}

/// The page of a program that has to be bundled before cargo compiles it in.
struct Page {
    program: &'static str,
    bundled: &'static str,
    sources: &'static [&'static str],
    command: &'static str,
}

const PAGES: [Page; 2] = [
    Page {
        program: "messenger",
        bundled: "examples/messenger/dist/index.html",
        sources: &[
            "examples/messenger/src",
            "examples/messenger/index.html",
            "guest-js",
        ],
        command: "npm run build && npm run build -w messenger",
    },
    Page {
        program: "leptos-notes",
        bundled: "examples/leptos-notes/ui/dist/leptos-notes-ui.js",
        sources: &[
            "examples/leptos-notes/ui/src",
            "examples/leptos-notes/ui/index.html",
            "crates/pagespan/src",
        ],
        command: "cargo xtask test rust-ui",
    },
];

/// Checks that the pages that are `needed` are bundled.
fn check_pages(needed: impl Fn(&Page) -> bool) -> Result<()> {
    PAGES
        .iter()
        .filter(|page| needed(page))
        .try_for_each(Page::is_bundled)
}

impl Page {
    /// Checks that the page was bundled after its sources changed: cargo does not do that.
    fn is_bundled(&self) -> Result<()> {
        let root = root()?;
        let bundled = modified(&root.join(self.bundled));
        for sources in self.sources {
            let (changed, file) = newest(&root.join(sources))?;
            ensure!(
                bundled.is_some_and(|bundled| bundled >= changed),
                "the page of {} is older than {}; `{}` bundles it",
                self.program,
                file.display(),
                self.command
            );
        }
        Ok(())
    }
}

/// The file below `path` that was changed last. Tests are in no program, and neither are the bindings: they are types, which the tests of the
/// plugin write again at each run.
fn newest(path: &Path) -> Result<(SystemTime, PathBuf)> {
    let mut newest = (SystemTime::UNIX_EPOCH, path.to_owned());
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if !path.ends_with("tests") && !path.ends_with("bindings") {
                newest = newest.max(self::newest(&path)?);
            }
        }
    } else if let Some(modified) = modified(path) {
        newest.0 = modified;
    }
    Ok(newest)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .context("the harness is in tests/harness")
}

/// Environment variables that would configure a program, by the beginning of their names: its telemetry and the
/// trace it continues, its bridge, its proxies, its root certificates, and what the messenger connects to.
const SETTINGS: [&str; 14] = [
    "OTEL_",
    "TAURI_OTEL_",
    "TRACEPARENT",
    "TRACESTATE",
    "BAGGAGE",
    "MESSENGER_",
    "DEV_WS_BRIDGE",
    "RUST_LOG",
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Removes [`SETTINGS`] from the environment of a program. The test sets what it needs, so that a test does not
/// depend on who runs it.
pub(crate) fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if SETTINGS.iter().any(|prefix| upper.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_known_is_an_error_at_once() {
        let error = built("no-such-program").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the harness knows no program \"no-such-program\""
        );
    }

    #[test]
    fn the_newest_source_is_found_below_folders() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("inner");
        fs::create_dir_all(inner.join("tests")).unwrap();
        fs::create_dir_all(inner.join("bindings")).unwrap();
        let old = SystemTime::UNIX_EPOCH;
        let files = [
            ("a", 1),
            ("inner/b", 3),
            ("inner/tests/c", 5),
            ("inner/bindings/d", 7),
        ];
        for (file, age) in files {
            let path = dir.path().join(file);
            fs::write(&path, "").unwrap();
            let time = old + std::time::Duration::from_secs(age);
            fs::File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(time))
                .unwrap();
        }
        assert_eq!(newest(dir.path()).unwrap().1, inner.join("b"));
    }
}
