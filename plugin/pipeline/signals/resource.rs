//! Describes the app, its build and the platform in the resource of all telemetry. Nothing in it identifies the user.
//!
//! Attribute names: <https://opentelemetry.io/docs/specs/semconv/resource/>; `tauri.*` are ours.

use std::{env, path::PathBuf, process};

use opentelemetry::KeyValue;
use opentelemetry_sdk::{Resource, resource::TelemetryResourceDetector};
use opentelemetry_semantic_conventions::{SCHEMA_URL, resource as names};
#[cfg(not(target_os = "ios"))]
use sysinfo::System;
use uuid::Uuid;

use crate::config::Config;

/// The app's identifier, as in `com.example.app`.
const APP_IDENTIFIER: &str = "tauri.app.identifier";
/// The version of tauri.
const TAURI_VERSION: &str = "tauri.version";

/// What Tauri knows about the app.
#[derive(Debug, Clone)]
pub(crate) struct AppIdentity {
    pub(crate) name: String,
    pub(crate) version: String,
    /// As in `com.example.app`.
    pub(crate) identifier: String,
    /// The home folder of the user, which redaction keeps out of paths.
    pub(crate) home_folder: Option<PathBuf>,
    /// The folder for the app's log files. `None` if the system names none: whatever needs the folder is then off. It
    /// never is a folder for temporary files, which all users of a machine share.
    pub(crate) log_folder: Option<PathBuf>,
    /// The folder for the app's settings. `None` as for `log_folder`.
    pub(crate) config_folder: Option<PathBuf>,
    /// The folder for data of the app that stays on this machine. `None` as for `log_folder`.
    pub(crate) data_folder: Option<PathBuf>,
}

/// The resource of all telemetry of this app. Attributes of the configuration replace those found here.
///
/// Not built with the SDK's default detectors: they read the environment.
pub(crate) fn describe(
    config: &Config,
    app: &AppIdentity,
    installation_id: Option<Uuid>,
) -> Resource {
    let environment = if cfg!(debug_assertions) {
        "development"
    } else {
        "production"
    };
    let service_name = config.service_name.as_ref().unwrap_or(&app.name);
    // Only the file name, because the path often contains the name of the user.
    let executable = env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let known = [
        (
            names::APP_INSTALLATION_ID,
            installation_id.map(|id| id.to_string()),
        ),
        #[cfg(not(target_os = "ios"))]
        (names::OS_NAME, System::name()),
        #[cfg(not(target_os = "ios"))]
        (names::OS_VERSION, System::os_version()),
        (names::PROCESS_EXECUTABLE_NAME, executable),
    ];
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_schema_url(
            [
                KeyValue::new(names::SERVICE_VERSION, app.version.clone()),
                KeyValue::new(names::SERVICE_INSTANCE_ID, Uuid::new_v4().to_string()),
                KeyValue::new(APP_IDENTIFIER, app.identifier.clone()),
                KeyValue::new(TAURI_VERSION, tauri::VERSION),
                KeyValue::new(names::PROCESS_PID, i64::from(process::id())),
                KeyValue::new(names::DEPLOYMENT_ENVIRONMENT_NAME, environment),
                KeyValue::new(names::OS_TYPE, os_type()),
                KeyValue::new(names::HOST_ARCH, host_arch()),
                KeyValue::new(names::TELEMETRY_DISTRO_NAME, env!("CARGO_PKG_NAME")),
                KeyValue::new(names::TELEMETRY_DISTRO_VERSION, env!("CARGO_PKG_VERSION")),
            ],
            SCHEMA_URL,
        )
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
        .with_attribute(KeyValue::new(names::SERVICE_NAME, service_name.clone()))
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
