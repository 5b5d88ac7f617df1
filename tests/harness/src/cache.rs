//! Where tools are kept that take minutes to build: outside of any checkout, so that all share them.

use std::{env, path::PathBuf};

/// The release of the OpenTelemetry Collector that the tests run against.
pub const COLLECTOR_VERSION: &str = "0.159.0";

/// The folder of the cache: in `XDG_CACHE_HOME`, or `.cache` of the home folder.
pub fn dir() -> PathBuf {
    env::var_os("XDG_CACHE_HOME")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("tauri-plugin-opentelemetry")
}

/// Counts what the Collector was built with; another number is another folder.
const COLLECTOR_BUILD: u32 = 3;

/// The program of the Collector, which `cargo xtask backends` builds.
pub fn collector() -> PathBuf {
    dir()
        .join(format!("collector-{COLLECTOR_VERSION}-{COLLECTOR_BUILD}"))
        .join("otelcol")
}

/// The program of Jaeger, which `cargo xtask backends` builds.
pub fn jaeger() -> PathBuf {
    dir().join("jaeger-1.76.0").join("jaeger")
}

/// The packages of PyPI that the sidecar of the messenger needs to be traced, and those that the viewer is tested with.
pub const PYTHON_PACKAGES: [&str; 4] = [
    "opentelemetry-sdk==1.45.2",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "opentelemetry-exporter-otlp-proto-grpc==1.45.2",
    "mcp==2.3.0",
];

/// A Python with those packages, which `cargo xtask backends` installs.
pub fn python() -> PathBuf {
    dir().join("python-opentelemetry-1.45.2-mcp-2.3.0/bin/python")
}
