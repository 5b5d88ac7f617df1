//! What the environment, the builder and `tauri.conf.json` can say: one type for all three, so that none of them
//! lacks a setting. Everything in here has been checked where it was read.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr, time::Duration};

use opentelemetry::Value as AttributeValue;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use tracing_subscriber::filter::{LevelFilter, Targets};

use super::{
    Signal, Warning,
    file_options::{LogFile, Spool},
    options::{
        BatchOptions, Consent, Exporter, Instrumentation, LimitOptions, LogLevel, Millis,
        Propagator, Sampler, TailSampling, Temporality,
    },
    otlp_options::OtlpOptions,
    over::Over,
    proxy::{Proxies, proxy_url},
    transport::http_url,
};
use crate::{diagnostics::Verbosity, privacy::Redaction};

/// A level at which an app's own spans are recorded without asking; DEBUG and TRACE belong to
/// libraries, which use them freely.
const DEFAULT_FILTER: &str = "info";

/// `plugins.opentelemetry` in `tauri.conf.json`: OpenTelemetry for the app.
// The comments of the fields are the descriptions in the JSON schema.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Turns telemetry off, whatever else is set.
    pub(crate) disabled: Option<bool>,
    /// How much the plugin says about itself on standard error. Default: info.
    pub(crate) verbosity: Option<Verbosity>,
    /// How all signals are sent: these have their keys beside the others.
    #[serde(skip)]
    pub(crate) otlp: OtlpOptions,
    /// How traces are sent, where they differ from the other signals.
    pub(crate) traces_otlp: OtlpOptions,
    /// How metrics are sent, where they differ from the other signals.
    pub(crate) metrics_otlp: OtlpOptions,
    /// How logs are sent, where they differ from the other signals.
    pub(crate) logs_otlp: OtlpOptions,
    /// The URL of a proxy for exports over HTTP.
    #[serde(rename = "proxy", deserialize_with = "proxy")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) proxies: Proxies,
    /// Where traces go; an empty list is nowhere. Default: otlp, if there is an endpoint.
    pub(crate) traces_exporter: Option<Vec<Exporter>>,
    /// Where metrics go; an empty list is nowhere. Default: otlp, if there is an endpoint.
    pub(crate) metrics_exporter: Option<Vec<Exporter>>,
    /// Where logs go; an empty list is nowhere. Default: otlp, if there is an endpoint.
    pub(crate) logs_exporter: Option<Vec<Exporter>>,
    /// The file of the file exporter: `a/b.jsonl` stands for `a/b-traces.jsonl` and so on. Default:
    /// `telemetry.jsonl` in the app's log folder.
    pub(crate) file_path: Option<PathBuf>,
    /// What is carried from the page into the app; an empty list is nothing. Default: tracecontext and baggage.
    pub(crate) propagators: Option<Vec<Propagator>>,
    /// The name of the app in its telemetry. Default: the product name.
    pub(crate) service_name: Option<String>,
    /// Attributes of everything that is sent: texts, numbers, booleans, or lists of one of them.
    #[serde(deserialize_with = "attributes")]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, serde_json::Value>"))]
    pub(crate) resource_attributes: BTreeMap<String, AttributeValue>,
    /// Which `tracing` spans and events are recorded: levels and target=level pairs. Default: info.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) filter: Option<Filter>,
    /// Which traces are recorded. Default: parentbased_traceidratio.
    pub(crate) sampler: Option<Sampler>,
    /// The share of traces that the ratio samplers record, from 0 to 1. Default: 1.
    #[serde(deserialize_with = "some_ratio")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub(crate) sampling_ratio: Option<f64>,
    /// Which traces are kept, decided after they have ended. Default: all of them.
    pub(crate) tail_sampling: Option<TailSampling>,
    /// Rules for single commands. The first that matches a command counts.
    pub(crate) commands: Vec<CommandRule>,
    /// What every page records by itself.
    pub(crate) instrumentations: Vec<Instrumentation>,
    /// Which origins get a `traceparent` from the instrumentations fetch and xhr, beside that of the page. Default: none.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) propagate_to: Vec<HttpOrigin>,
    /// Whether spans and log records have the id of their session. Default: false.
    pub(crate) sessions: Option<bool>,
    /// Whether the resource has the attribute `app.installation.id`, a random id that stays until it is erased. Default: false.
    pub(crate) installation_id: Option<bool>,
    /// The queue of spans.
    pub(crate) span_batch: BatchOptions,
    /// The queue of log records.
    pub(crate) log_batch: BatchOptions,
    /// Milliseconds between two exports of metrics. Default: 60000.
    pub(crate) metric_interval: Option<Millis>,
    /// Milliseconds that an export of metrics may take, if that is less than `timeout`. Default: 30000.
    pub(crate) metric_export_timeout: Option<Millis>,
    /// What the points of metrics count from. Default: cumulative.
    pub(crate) temporality: Option<Temporality>,
    /// How much of spans and log records is kept.
    pub(crate) limits: LimitOptions,
    /// The lowest level of log records that are exported at once. Those below wait for an error.
    /// Default: warn in release builds, info in debug builds.
    pub(crate) log_level: Option<LogLevel>,
    /// How many log records below `logLevel` wait for an error. Default: 512.
    pub(crate) breadcrumbs: Option<usize>,
    /// A log file on this machine, whatever is exported.
    pub(crate) log_file: Option<LogFile>,
    /// What is kept on disk while it cannot be delivered.
    pub(crate) spool: Option<Spool>,
    /// Which secrets and personal data are removed before anything leaves the app.
    pub(crate) redaction: Option<Redaction>,
    /// Shows the app's telemetry in a window of its own, in debug builds with the cargo feature `viewer`.
    pub(crate) viewer: Option<bool>,
    /// Whether a run that ended by a crash is reported at the next start. Default: true.
    pub(crate) crash_reports: Option<bool>,
    /// Whether the person who uses the app has to agree before anything leaves its memory. Default: assumed.
    pub(crate) consent: Option<Consent>,
    /// Whether the providers become those of OpenTelemetry's global API; only the builder can say so.
    #[serde(skip)]
    pub(crate) set_global: bool,
    /// Whether release builds ignore the environment; only the builder can say so.
    #[serde(skip)]
    pub(crate) ignore_environment_in_release: bool,
    /// Whether `redaction` of the file cannot be read.
    #[serde(skip)]
    pub(crate) lost_redaction: bool,
    /// Whether the bridge is opened; not a setting of the file, which is shipped with the app.
    #[serde(skip)]
    pub(crate) ws_bridge: bool,
}

impl Settings {
    /// Reads the value of `plugins.opentelemetry` key by key, so that a mistake in one loses no other. A mistake in a
    /// key that protects people lets nothing out.
    pub(crate) fn from_json(value: serde_json::Value) -> (Self, Vec<Warning>) {
        use serde_json::{Map, Value};

        let mut warnings = Vec::new();
        let keys = match value {
            Value::Null => return (Self::default(), warnings),
            Value::Object(keys) => keys,
            other => {
                let warning =
                    Warning::new("plugins.opentelemetry", &other.to_string(), "an object");
                return (Self::default(), vec![warning]);
            }
        };
        let mut settings = Map::new();
        let mut otlp = Map::new();
        let mut lost_redaction = false;
        for (key, value) in keys {
            let alone = Value::Object(Map::from_iter([(key.clone(), value.clone())]));
            let (group, error) = if OtlpOptions::KEYS.contains(&key.as_str()) {
                (&mut otlp, OtlpOptions::deserialize(alone).err())
            } else {
                (&mut settings, Self::deserialize(alone).err())
            };
            let Some(error) = error else {
                group.insert(key, value);
                continue;
            };
            let consequence = match key.as_str() {
                "consent" => {
                    group.insert(key.clone(), "required".into());
                    "consent is required"
                }
                "disabled" => {
                    group.insert(key.clone(), true.into());
                    "telemetry is off"
                }
                "redaction" => {
                    lost_redaction = true;
                    "telemetry is off"
                }
                _ => "ignored",
            };
            warnings.push(Warning::of_key(&key, &error.to_string(), consequence));
        }
        let settings = Self {
            otlp: OtlpOptions::deserialize(Value::Object(otlp)).expect("every key was read alone"),
            lost_redaction,
            ..Self::deserialize(Value::Object(settings)).expect("every key was read alone")
        };
        (settings, warnings)
    }

    /// How a signal is sent.
    pub(super) fn otlp_of(&self, signal: Signal) -> OtlpOptions {
        let own = match signal {
            Signal::Traces => &self.traces_otlp,
            Signal::Metrics => &self.metrics_otlp,
            Signal::Logs => &self.logs_otlp,
        };
        own.clone().over_general(self.otlp.clone())
    }

    /// Where a signal goes.
    pub(super) fn exporters_of(&self, signal: Signal) -> Option<&Vec<Exporter>> {
        match signal {
            Signal::Traces => self.traces_exporter.as_ref(),
            Signal::Metrics => self.metrics_exporter.as_ref(),
            Signal::Logs => self.logs_exporter.as_ref(),
        }
    }

    /// How long the caller of an exporter lets an export of a signal take.
    pub(super) fn export_timeout_of(&self, signal: Signal) -> Option<Duration> {
        let timeout = match signal {
            Signal::Traces => self.span_batch.export_timeout,
            Signal::Metrics => self.metric_export_timeout,
            Signal::Logs => self.log_batch.export_timeout,
        };
        timeout.map(|timeout| timeout.0)
    }
}

/// A switch is on if any source turns it on.
impl Over for bool {
    fn over(self, lower: Self) -> Self {
        self || lower
    }
}

super::over::over!(Settings {
    disabled,
    verbosity,
    otlp,
    traces_otlp,
    metrics_otlp,
    logs_otlp,
    proxies,
    traces_exporter,
    metrics_exporter,
    logs_exporter,
    file_path,
    propagators,
    service_name,
    resource_attributes,
    filter,
    sampler,
    sampling_ratio,
    tail_sampling,
    commands,
    instrumentations,
    propagate_to,
    sessions,
    installation_id,
    span_batch,
    log_batch,
    metric_interval,
    metric_export_timeout,
    temporality,
    limits,
    log_level,
    breadcrumbs,
    log_file,
    spool,
    redaction,
    viewer,
    crash_reports,
    consent,
    set_global,
    ignore_environment_in_release,
    lost_redaction,
    ws_bridge,
});

/// Which `tracing` spans and events are recorded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Filter(pub(crate) Targets);

impl Filter {
    pub(crate) const EXPECTED: &str =
        "a list of levels or target=level pairs, such as info,my_app=debug";

    /// The levels of spans and measurements. A level below `info` for all targets, such as `RUST_LOG=error`, is about log records: it does not
    /// take spans and measurements away, which are nearly all made at `info`. `off` does, and so does a level for one target.
    pub(crate) fn of_spans(&self) -> Targets {
        let quiet = [LevelFilter::ERROR, LevelFilter::WARN];
        match self.0.default_level() {
            Some(level) if quiet.contains(&level) => self.0.clone().with_default(LevelFilter::INFO),
            _ => self.0.clone(),
        }
    }
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

/// An origin of servers that a page sends requests to, such as `https://api.example.com`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HttpOrigin(String);

impl HttpOrigin {
    pub(crate) const EXPECTED: &str =
        "the origin of an HTTP server, such as https://api.example.com";
}

impl FromStr for HttpOrigin {
    type Err = String;

    /// Of a URL with a path, as people copy it, the origin counts.
    fn from_str(text: &str) -> Result<Self, String> {
        http_url(text)
            .map(|url| Self(url.origin().ascii_serialization()))
            .ok_or_else(|| format!("must be {}", Self::EXPECTED))
    }
}

impl TryFrom<String> for HttpOrigin {
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
pub(crate) struct CommandRule {
    /// The commands it is about: `*` stands for any characters, `?` for one. The first rule that
    /// matches a command is the one that counts.
    pub(crate) pattern: String,
    /// The share of invokes that are recorded, from 0 (never) to 1 (always). If an invoke is
    /// left out, all spans below it are left out too.
    #[serde(deserialize_with = "ratio")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub(crate) ratio: f64,
}

pub(crate) fn is_ratio(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

pub(super) fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
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

fn proxy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Proxies, D::Error> {
    Ok(Proxies {
        all: Some(proxy_url(
            &String::deserialize(deserializer)?,
            "plugins.opentelemetry.proxy",
        )),
        ..Proxies::default()
    })
}

fn attributes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, AttributeValue>, D::Error> {
    let values = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    let pairs = values.into_iter().map(|(key, value)| {
        let attribute = attribute(&value).ok_or_else(|| {
            D::Error::custom(format!(
                "{key} must be a text, a number, a boolean, or a list of one of them"
            ))
        })?;
        Ok((key, attribute))
    });
    pairs.collect()
}

/// A value of JSON as the value of an attribute. A list takes its type from its first item.
fn attribute(value: &serde_json::Value) -> Option<AttributeValue> {
    use opentelemetry::Array;
    use serde_json::Value;

    fn list<T>(values: &[Value], item: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(item).collect()
    }
    Some(match value {
        Value::String(text) => text.clone().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::Array(values) => AttributeValue::Array(match values.first()? {
            Value::String(_) => {
                Array::String(list(values, |item| Some(item.as_str()?.to_owned().into()))?)
            }
            Value::Bool(_) => Array::Bool(list(values, Value::as_bool)?),
            Value::Number(_) => match list(values, Value::as_i64) {
                Some(whole) => Array::I64(whole),
                None => Array::F64(list(values, Value::as_f64)?),
            },
            _ => return None,
        }),
        Value::Null | Value::Object(_) => return None,
    })
}
