//! What the app is configured to do, from three sources in order of precedence: the environment,
//! the [`Builder`](crate::Builder), and `plugins.opentelemetry` of `tauri.conf.json`.
//!
//! [`Config::resolve`] is pure. It is given the environment as a function and is the only thing
//! in the plugin that looks at it; everything beyond gets a [`Config`] and checks nothing again.
//!
//! The environment is read by the rules of the OpenTelemetry specification
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>): empty means
//! unset, only `true` is true, and a value that makes no sense is reported and then ignored.

#[cfg(test)]
mod tests;
#[cfg(all(
    feature = "ws-bridge",
    any(debug_assertions, feature = "ws-bridge-release")
))]
pub(crate) mod ws_bridge;

use std::{collections::BTreeMap, fmt, time::Duration};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use tauri::Url;
use tracing_subscriber::filter::Targets;

/// The specification's default for `OTEL_EXPORTER_OTLP_TIMEOUT`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A level at which an app's own spans are recorded without asking; DEBUG and TRACE belong to
/// libraries, which use them freely.
const DEFAULT_FILTER: &str = "info";

/// The settings of `plugins.opentelemetry` in `tauri.conf.json`, and of the builder.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) endpoint: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) service_name: Option<String>,
    pub(crate) resource_attributes: BTreeMap<String, String>,
    pub(crate) filter: Option<String>,
    pub(crate) sampling_ratio: Option<f64>,
    pub(crate) commands: Vec<CommandRule>,
    /// Not a setting of the file: that is shipped with the app.
    #[serde(skip)]
    pub(crate) ws_bridge: bool,
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
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(deny_unknown_fields)]
pub struct CommandRule {
    /// The commands it is about: `*` stands for any characters, `?` for one. The first rule that
    /// matches a command is the one that counts.
    pub pattern: String,
    /// The share of invokes that are recorded, from 0 (never) to 1 (always). What an invoke that is
    /// left out would have caused is left out with it.
    pub ratio: f64,
}

/// Everything that is decided before telemetry starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    /// Where traces are posted to, path included.
    pub(crate) endpoint: Url,
    pub(crate) headers: Vec<(String, String)>,
    /// How long one export may take.
    pub(crate) timeout: Duration,
    /// `None` leaves the name to the app's product name.
    pub(crate) service_name: Option<String>,
    pub(crate) resource_attributes: BTreeMap<String, String>,
    /// Which `tracing` spans and events are recorded.
    pub(crate) filter: Targets,
    pub(crate) sampler: Sampler,
    pub(crate) commands: Vec<CommandRule>,
    pub(crate) batch: Batch,
}

/// The sampler of traces that start in this app (`OTEL_TRACES_SAMPLER`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampler {
    /// The share of traces that are recorded, from 0 to 1.
    pub(crate) ratio: f64,
    /// Whether the decision of whoever called us is kept.
    pub(crate) parent_based: bool,
}

/// Sizes of the span queue (`OTEL_BSP_*`). The defaults are the specification's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Batch {
    pub(crate) max_queue_size: usize,
    pub(crate) max_export_batch_size: usize,
    pub(crate) scheduled_delay: Duration,
}

/// A setting that was ignored, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    source: String,
    value: String,
    expected: &'static str,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            value,
            expected,
        } = self;
        // Headers carry tokens, and what stands before an `@` is a user and a password.
        if source.ends_with("HEADERS") || value.contains('@') {
            return write!(f, "{source} must be {expected}; ignored");
        }
        write!(f, "{source} is {value:?} but must be {expected}; ignored")
    }
}

/// Reads settings one by one, and notes which of them make no sense.
struct Reader<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    fn parse<T>(
        &mut self,
        source: &str,
        value: Option<String>,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = value?;
        let parsed = parse(value.trim());
        if parsed.is_none() {
            self.warnings.push(Warning {
                source: source.to_owned(),
                value,
                expected,
            });
        }
        parsed
    }

    fn env<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(name);
        self.parse(name, value, expected, parse)
    }

    fn millis(&mut self, name: &str) -> Option<Duration> {
        self.env(name, "a number of milliseconds", |text| {
            text.parse().ok().map(Duration::from_millis)
        })
    }

    fn size(&mut self, name: &str) -> Option<usize> {
        self.env(name, "a positive whole number", |text| {
            text.parse().ok().filter(|size| *size > 0)
        })
    }

    fn pairs(&mut self, name: &str) -> Option<Vec<(String, String)>> {
        self.env(
            name,
            "a list of key=value pairs separated by commas, values percent-encoded",
            |text| {
                text.split(',')
                    .filter(|pair| !pair.trim().is_empty())
                    .map(|pair| {
                        let (key, value) = pair.split_once('=')?;
                        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
                        Some((key.trim().to_owned(), value.into_owned()))
                    })
                    .collect()
            },
        )
    }

    /// The address of the traces: the signal's own variable as it stands, or the general one with the
    /// signal's path, as the specification of the OTLP exporter says.
    fn endpoint(&mut self, settings: [(&str, Option<String>); 2]) -> Option<Url> {
        const EXPECTED: &str = "a URL that begins with http:// or https://";
        if let Some(url) = self.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", EXPECTED, http_url) {
            return Some(url);
        }
        let base = self.env("OTEL_EXPORTER_OTLP_ENDPOINT", EXPECTED, http_url);
        let base = settings.into_iter().fold(base, |found, (source, value)| {
            found.or_else(|| self.parse(source, value, EXPECTED, http_url))
        });
        base.map(|mut url| {
            let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
            url.set_path(&path);
            url
        })
    }

    fn sampler(&mut self, ratio: Option<f64>) -> Sampler {
        let ratio = ratio.filter(|ratio| is_ratio(*ratio)).unwrap_or(1.0);
        let kind = self.env(
            "OTEL_TRACES_SAMPLER",
            "one of always_on, always_off, traceidratio, parentbased_always_on, \
             parentbased_always_off and parentbased_traceidratio",
            |text| {
                let (parent_based, root) = match text.strip_prefix("parentbased_") {
                    Some(root) => (true, root),
                    None => (false, text),
                };
                Some((
                    parent_based,
                    match root {
                        "always_on" => Some(1.0),
                        "always_off" => Some(0.0),
                        "traceidratio" => None,
                        _ => return None,
                    },
                ))
            },
        );
        let Some((parent_based, fixed)) = kind else {
            return Sampler {
                ratio,
                parent_based: true,
            };
        };
        Sampler {
            ratio: fixed.unwrap_or_else(|| {
                self.env("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1", |text| {
                    text.parse().ok().filter(|ratio| is_ratio(*ratio))
                })
                .unwrap_or(1.0)
            }),
            parent_based,
        }
    }

    fn batch(&mut self) -> Batch {
        let max_queue_size = self.size("OTEL_BSP_MAX_QUEUE_SIZE").unwrap_or(2048);
        Batch {
            max_queue_size,
            max_export_batch_size: self
                .size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE")
                .unwrap_or(512)
                .min(max_queue_size),
            scheduled_delay: self
                .millis("OTEL_BSP_SCHEDULE_DELAY")
                .unwrap_or(Duration::from_secs(5)),
        }
    }
}

impl Config {
    /// Decides from everything that was said; `None` means that telemetry is off.
    pub(crate) fn resolve(
        env: &dyn Fn(&str) -> Option<String>,
        builder: Settings,
        file: Settings,
    ) -> (Option<Self>, Vec<Warning>) {
        let mut reader = Reader {
            env,
            warnings: Vec::new(),
        };
        let config = Self::read(&mut reader, builder, file);
        (config, reader.warnings)
    }

    fn read(reader: &mut Reader<'_>, builder: Settings, file: Settings) -> Option<Self> {
        let disabled = reader
            .text("OTEL_SDK_DISABLED")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"));
        if disabled {
            return None;
        }
        let endpoint = reader.endpoint([
            ("the builder's endpoint", builder.endpoint),
            ("plugins.opentelemetry.endpoint", file.endpoint),
        ])?;

        const FILTER: &str = "a list of levels or target=level pairs, such as info,my_app=debug";
        let targets = |text: &str| text.parse::<Targets>().ok();
        let filter = reader
            .env("RUST_LOG", FILTER, targets)
            .or_else(|| reader.parse("the builder's filter", builder.filter, FILTER, targets))
            .or_else(|| reader.parse("plugins.opentelemetry.filter", file.filter, FILTER, targets))
            .unwrap_or_else(|| targets(DEFAULT_FILTER).expect("the default filter parses"));

        let mut headers = file.headers;
        headers.extend(builder.headers);
        headers.extend(
            reader
                .pairs("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
                .or_else(|| reader.pairs("OTEL_EXPORTER_OTLP_HEADERS"))
                .unwrap_or_default(),
        );

        let mut resource_attributes = file.resource_attributes;
        resource_attributes.extend(builder.resource_attributes);
        resource_attributes.extend(reader.pairs("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default());

        let mut commands = builder.commands;
        commands.extend(file.commands);
        commands.retain(|rule| {
            let sound = is_ratio(rule.ratio);
            if !sound {
                reader.warnings.push(Warning {
                    source: format!("the ratio of the commands {:?}", rule.pattern),
                    value: rule.ratio.to_string(),
                    expected: "a number from 0 to 1",
                });
            }
            sound
        });

        Some(Self {
            endpoint,
            headers: headers.into_iter().collect(),
            timeout: reader
                .millis("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
                .or_else(|| reader.millis("OTEL_EXPORTER_OTLP_TIMEOUT"))
                .unwrap_or(DEFAULT_TIMEOUT),
            service_name: reader
                .text("OTEL_SERVICE_NAME")
                .or_else(|| resource_attributes.remove("service.name"))
                .or(builder.service_name)
                .or(file.service_name),
            resource_attributes,
            filter,
            sampler: reader.sampler(builder.sampling_ratio.or(file.sampling_ratio)),
            commands,
            batch: reader.batch(),
        })
    }
}

fn http_url(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_ratio(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}
