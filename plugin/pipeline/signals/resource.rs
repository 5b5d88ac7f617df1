//! Who the telemetry is about: the app, the build and the platform, and never the person.
//!
//! Attribute names: <https://opentelemetry.io/docs/specs/semconv/resource/>.

use std::{env, path::PathBuf, process};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use sysinfo::System;
use uuid::Uuid;

use crate::config::Config;

/// What tauri knows of the app.
#[derive(Debug, Clone)]
pub(crate) struct AppIdentity {
    pub(crate) name: String,
    pub(crate) version: String,
    /// As in `com.example.app`.
    pub(crate) identifier: String,
    /// Where the app's log files lie.
    pub(crate) log_folder: PathBuf,
    /// Where the app keeps what is of this machine.
    pub(crate) data_folder: PathBuf,
}

/// The resource of everything this app sends. What the configuration says wins.
///
/// Built on an empty resource: the SDK's own detectors read the environment.
pub(crate) fn describe(config: &Config, app: &AppIdentity) -> Resource {
    let environment = if cfg!(debug_assertions) {
        "development"
    } else {
        "production"
    };
    let service_name = config.service_name.as_ref().unwrap_or(&app.name);
    // Of the path, which has the name of the user in it often enough, the last part.
    let executable = env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let known = [
        ("os.name", System::name()),
        ("os.version", System::os_version()),
        ("process.executable.name", executable),
    ];
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.version", app.version.clone()),
            KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
            KeyValue::new("app.id", app.identifier.clone()),
            KeyValue::new("app.framework.name", "tauri"),
            KeyValue::new("app.framework.version", tauri::VERSION),
            KeyValue::new("process.pid", i64::from(process::id())),
            KeyValue::new("deployment.environment.name", environment),
            KeyValue::new("os.type", os_type()),
            KeyValue::new("host.arch", host_arch()),
            KeyValue::new("telemetry.sdk.name", "opentelemetry"),
            KeyValue::new("telemetry.sdk.language", "rust"),
            KeyValue::new("telemetry.sdk.version", "0.33"),
            KeyValue::new("telemetry.distro.name", env!("CARGO_PKG_NAME")),
            KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION")),
        ])
        .with_attributes(
            known
                .into_iter()
                .filter_map(|(key, value)| Some(KeyValue::new(key, value?))),
        )
        .with_attributes(
            config
                .resource_attributes
                .iter()
                .map(|(key, value)| KeyValue::new(key.clone(), value.clone())),
        )
        .with_attribute(KeyValue::new("service.name", service_name.clone()))
        .build()
}

/// Rust's name of the system as the semantic conventions spell it.
fn os_type() -> &'static str {
    match env::consts::OS {
        "macos" | "ios" => "darwin",
        "android" => "linux",
        other => other,
    }
}

/// Rust's name of the processor as the semantic conventions spell it.
fn host_arch() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        other => other,
    }
}
