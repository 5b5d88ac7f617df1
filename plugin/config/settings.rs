//! What the builder and `tauri.conf.json` can say. Everything in here has been checked where it was read.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use tauri::Url;
use tracing_subscriber::filter::Targets;

use super::{
    SpoolLimits, Warning,
    transport::{Compression, Protocol, http_url},
};

/// A level at which an app's own spans are recorded without asking; DEBUG and TRACE belong to
/// libraries, which use them freely.
const DEFAULT_FILTER: &str = "info";

/// `plugins.opentelemetry` in `tauri.conf.json`: OpenTelemetry for the app.
// The comments of the fields are the descriptions in the JSON schema.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The OTLP endpoint, without the path of a signal. Turns telemetry on.
    #[cfg_attr(test, schemars(with = "Option<Url>"))]
    pub(crate) endpoint: Option<Endpoint>,
    /// The OTLP protocol. Default: http/protobuf.
    pub(crate) protocol: Option<Protocol>,
    /// Headers of every export. A secret in here is in the hands of everybody who has the app.
    pub(crate) headers: BTreeMap<String, String>,
    /// How exports are compressed. Default: not at all.
    pub(crate) compression: Option<Compression>,
    /// A PEM file with the root certificates to trust instead of the system's.
    pub(crate) certificate: Option<PathBuf>,
    /// A PEM file with the certificate to show to the collector.
    pub(crate) client_certificate: Option<PathBuf>,
    /// A PEM file with the private key of `clientCertificate`.
    pub(crate) client_key: Option<PathBuf>,
    /// Where traces go; an empty list is nowhere. Default: otlp, if there is an endpoint.
    pub(crate) traces_exporter: Option<Vec<Exporter>>,
    /// Where metrics go; an empty list is nowhere. Default: otlp, if there is an endpoint.
    pub(crate) metrics_exporter: Option<Vec<Exporter>>,
    /// Where logs go; an empty list is nowhere. Default: otlp, if there is an endpoint.
    pub(crate) logs_exporter: Option<Vec<Exporter>>,
    /// The file of the file exporter: `a/b.jsonl` stands for `a/b-traces.jsonl` and so on. Default:
    /// `telemetry.jsonl` in the app's log folder.
    pub(crate) file_path: Option<PathBuf>,
    /// The name of the app in its telemetry. Default: the product name.
    pub(crate) service_name: Option<String>,
    /// Attributes of everything that is sent.
    pub(crate) resource_attributes: BTreeMap<String, String>,
    /// Which `tracing` spans and events are recorded: levels and target=level pairs. Default: info.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) filter: Option<Filter>,
    /// The share of traces that are recorded, from 0 to 1. Default: 1.
    #[serde(deserialize_with = "some_ratio")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub(crate) sampling_ratio: Option<f64>,
    /// Rules for single commands. The first that matches a command counts.
    pub(crate) commands: Vec<CommandRule>,
    /// The lowest level of log records that are exported at once. Those below wait for an error.
    /// Default: warn in release builds, info in debug builds.
    pub(crate) log_level: Option<LogLevel>,
    /// How many log records below `logLevel` wait for an error. Default: 512.
    pub(crate) breadcrumbs: Option<usize>,
    /// A log file on this machine, whatever is exported.
    pub(crate) log_file: Option<LogFile>,
    /// What is kept on disk while it cannot be delivered.
    pub(crate) spool: Option<Spool>,
    /// Whether release builds look away from the environment; only the builder can say so.
    #[serde(skip)]
    pub(crate) ignore_environment: bool,
    /// Whether the bridge is opened; not a setting of the file, which is shipped with the app.
    #[serde(skip)]
    pub(crate) ws_bridge: bool,
}

impl Settings {
    /// Reads the value of `plugins.opentelemetry` key by key, so that a mistake in one loses no other.
    pub(crate) fn from_json(value: serde_json::Value) -> (Self, Vec<Warning>) {
        use serde_json::Value;

        let mut warnings = Vec::new();
        let mut keys = match value {
            Value::Null => return (Self::default(), warnings),
            Value::Object(keys) => keys,
            other => {
                let warning =
                    Warning::new("plugins.opentelemetry", &other.to_string(), "an object");
                return (Self::default(), vec![warning]);
            }
        };
        keys.retain(|key, value| {
            let alone = serde_json::Map::from_iter([(key.clone(), value.clone())]);
            match Self::deserialize(Value::Object(alone)) {
                Ok(_) => true,
                Err(error) => {
                    warnings.push(Warning::of_key(key, &error));
                    false
                }
            }
        });
        let settings =
            Self::deserialize(Value::Object(keys)).expect("every key was read by itself");
        (settings, warnings)
    }

    /// Takes from `other` what these settings do not say.
    pub(crate) fn over(self, other: Self) -> Self {
        let mut headers = other.headers;
        headers.extend(self.headers);
        let mut resource_attributes = other.resource_attributes;
        resource_attributes.extend(self.resource_attributes);
        let mut commands = self.commands;
        commands.extend(other.commands);
        Self {
            endpoint: self.endpoint.or(other.endpoint),
            protocol: self.protocol.or(other.protocol),
            headers,
            compression: self.compression.or(other.compression),
            certificate: self.certificate.or(other.certificate),
            client_certificate: self.client_certificate.or(other.client_certificate),
            client_key: self.client_key.or(other.client_key),
            traces_exporter: self.traces_exporter.or(other.traces_exporter),
            metrics_exporter: self.metrics_exporter.or(other.metrics_exporter),
            logs_exporter: self.logs_exporter.or(other.logs_exporter),
            file_path: self.file_path.or(other.file_path),
            service_name: self.service_name.or(other.service_name),
            resource_attributes,
            filter: self.filter.or(other.filter),
            sampling_ratio: self.sampling_ratio.or(other.sampling_ratio),
            commands,
            log_level: self.log_level.or(other.log_level),
            breadcrumbs: self.breadcrumbs.or(other.breadcrumbs),
            log_file: self.log_file.or(other.log_file),
            spool: self.spool.or(other.spool),
            ignore_environment: self.ignore_environment,
            ws_bridge: self.ws_bridge,
        }
    }
}

/// A general OTLP endpoint.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Endpoint(pub(crate) Url);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        http_url(text)
            .map(Self)
            .ok_or_else(|| format!("must be {}", Self::EXPECTED))
    }
}

impl Endpoint {
    pub(crate) const EXPECTED: &str = "a URL that begins with http:// or https://";
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Which `tracing` spans and events are recorded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Filter(pub(crate) Targets);

impl Filter {
    pub(crate) const EXPECTED: &str =
        "a list of levels or target=level pairs, such as info,my_app=debug";
}

impl Default for Filter {
    fn default() -> Self {
        DEFAULT_FILTER.parse().expect("the default filter parses")
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|_| format!("must be {}", Self::EXPECTED))
    }
}

impl TryFrom<String> for Filter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// How often the invokes of some commands are recorded.
///
/// In `tauri.conf.json`:
///
/// ```json
/// { "plugins": { "opentelemetry": { "commands": [
///     { "pattern": "refresh_*", "ratio": 0.01 },
///     { "pattern": "plugin:window|*", "ratio": 0 }
/// ] } } }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct CommandRule {
    /// The commands it is about: `*` stands for any characters, `?` for one. The first rule that
    /// matches a command is the one that counts.
    pub pattern: String,
    /// The share of invokes that are recorded, from 0 (never) to 1 (always). What an invoke that is
    /// left out would have caused is left out with it.
    #[serde(deserialize_with = "ratio")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub ratio: f64,
}

/// Where a signal can go (`OTEL_TRACES_EXPORTER` and the like).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Exporter {
    /// To a collector, over OTLP. Without an endpoint: on this machine, at the standard port.
    Otlp,
    /// To the standard output, a line each, for people.
    Console,
    /// To a file of OTLP JSON lines.
    File,
}

/// The level of a log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// For whoever looks for a mistake.
    Debug,
    /// What an app does.
    Info,
    /// What it did not expect.
    Warn,
    /// What it could not do.
    Error,
}

/// A log file on the machine of the app, for its user and its support. It is written whatever is
/// exported, also when nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LogFile {
    /// The file. Default: `telemetry.log` in the app's log folder.
    pub path: Option<PathBuf>,
    /// How a line is written. Default: as text.
    pub format: LogFormat,
    /// The size in bytes at which a new file is begun. Default: 10 MiB.
    pub max_bytes: u64,
    /// How many files are kept, the current one included. Default: 5.
    pub max_files: usize,
}

impl Default for LogFile {
    fn default() -> Self {
        Self {
            path: None,
            format: LogFormat::Text,
            max_bytes: 10 * 1024 * 1024,
            max_files: 5,
        }
    }
}

/// What is kept on disk while it cannot be delivered, in a folder of the app's local data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spool {
    /// The size in bytes at which a new file is begun. Default: 1 MiB.
    pub max_file_bytes: u64,
    /// The most bytes of each signal; the oldest make room for the newest. At 0 nothing is kept. Default:
    /// 50 MiB.
    pub max_bytes: u64,
    /// What is older than so many days is not delivered any more. Default: 7.
    pub max_days: u32,
}

impl Default for Spool {
    fn default() -> Self {
        Self {
            max_file_bytes: 1024 * 1024,
            max_bytes: 50 * 1024 * 1024,
            max_days: 7,
        }
    }
}

impl Spool {
    pub(super) fn limits(self) -> SpoolLimits {
        SpoolLimits {
            max_file_bytes: self.max_file_bytes,
            max_bytes: self.max_bytes,
            max_age: Duration::from_secs(u64::from(self.max_days) * 24 * 60 * 60),
        }
    }
}

/// How a line of a [`LogFile`] is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: time, level, target, message, attributes, trace id.
    Text,
    /// For programs: one JSON object with the same.
    Json,
}

pub(crate) fn is_ratio(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if is_ratio(value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!(
            "a ratio must be a number from 0 to 1, not {value}"
        )))
    }
}

fn some_ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    ratio(deserializer).map(Some)
}
