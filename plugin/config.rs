//! What the app is configured to do, from three sources in order of precedence: the environment,
//! the [`Builder`](crate::Builder), and `plugins.opentelemetry` of `tauri.conf.json`.
//!
//! [`Config::resolve`] is pure. It is given the environment as a function and is the only thing
//! in the plugin that looks at it; everything beyond gets a [`Config`] and checks nothing again.
//!
//! The environment is read by the rules of the OpenTelemetry specification
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>): empty means
//! unset, only `true` is true, and a value that makes no sense is reported and then ignored.

mod otlp;
mod reader;
mod settings;
#[cfg(test)]
mod tests;
mod transport;
mod warning;
#[cfg(all(
    feature = "ws-bridge",
    any(debug_assertions, feature = "ws-bridge-release")
))]
pub(crate) mod ws_bridge;

pub use settings::{CommandRule, Exporter, LogFile, LogFormat, LogLevel, Spool};
pub(crate) use settings::{Endpoint, Filter, Settings, is_ratio};
pub(crate) use transport::Otlp;
pub use transport::{Compression, Protocol};
pub(crate) use warning::Warning;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use opentelemetry_sdk::metrics::Temporality;

use self::reader::Reader;
use crate::diagnostics::Verbosity;

/// The kinds of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    pub(crate) const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// As it is spelled in paths and for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// As it is spelled in the names of environment variables.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Traces => "TRACES",
            Self::Metrics => "METRICS",
            Self::Logs => "LOGS",
        }
    }
}

/// Everything that is decided before telemetry starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) traces: Exports,
    pub(crate) metrics: Exports,
    pub(crate) logs: Exports,
    /// The base of the names of exported files; `None` leaves the place to tauri's log folder.
    pub(crate) file_path: Option<PathBuf>,
    /// The local log file, if there is to be one.
    pub(crate) log_file: Option<LogFile>,
    pub(crate) propagators: Propagators,
    /// `None` leaves the name to the app's product name.
    pub(crate) service_name: Option<String>,
    pub(crate) resource_attributes: BTreeMap<String, String>,
    /// Which `tracing` spans and events are recorded.
    pub(crate) filter: Filter,
    pub(crate) sampler: Sampler,
    pub(crate) commands: Vec<CommandRule>,
    pub(crate) span_batch: Batch,
    pub(crate) log_batch: Batch,
    pub(crate) metric_interval: Duration,
    pub(crate) temporality: Temporality,
    pub(crate) span_limits: SpanLimits,
    pub(crate) log_limits: Limits,
    pub(crate) log_floor: LogFloor,
    pub(crate) spool: SpoolLimits,
}

/// Where one signal goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Exports {
    pub(crate) otlp: Option<Otlp>,
    pub(crate) file: bool,
    pub(crate) console: bool,
}

impl Exports {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What crosses the border of the process with a trace (`OTEL_PROPAGATORS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Propagators {
    pub(crate) trace_context: bool,
    pub(crate) baggage: bool,
}

/// The sampler of traces that start in this app (`OTEL_TRACES_SAMPLER`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampler {
    /// The share of traces that are recorded, from 0 to 1.
    pub(crate) ratio: f64,
    /// Whether the decision of whoever called us is kept.
    pub(crate) parent_based: bool,
}

/// Sizes of a queue (`OTEL_BSP_*`, `OTEL_BLRP_*`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Batch {
    pub(crate) max_queue_size: usize,
    pub(crate) max_export_batch_size: usize,
    /// How long the first item may wait for others.
    pub(crate) scheduled_delay: Duration,
}

/// How much of an item is kept (`OTEL_ATTRIBUTE_*_LIMIT` and the forms for spans and log records).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) attributes: usize,
    /// Characters of a text; `None` is any number.
    pub(crate) value_length: Option<usize>,
}

/// How much of a span is kept (`OTEL_SPAN_*_LIMIT`, `OTEL_EVENT_*_LIMIT`, `OTEL_LINK_*_LIMIT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanLimits {
    pub(crate) span: Limits,
    pub(crate) events: usize,
    pub(crate) links: usize,
    pub(crate) attributes_per_event: usize,
    pub(crate) attributes_per_link: usize,
}

/// Which log records leave by themselves, and how many of the others wait for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogFloor {
    pub(crate) level: LogLevel,
    pub(crate) breadcrumbs: usize,
}

/// What is kept on disk while it cannot be delivered, per signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpoolLimits {
    pub(crate) max_file_bytes: u64,
    /// 0 keeps nothing.
    pub(crate) max_bytes: u64,
    pub(crate) max_age: Duration,
}

/// Records of one level above the floor are what a person who reads logs asked for; below it they
/// are for whoever runs the app at that moment, who reads the log file.
const DEFAULT_FLOOR: LogLevel = if cfg!(debug_assertions) {
    LogLevel::Info
} else {
    LogLevel::Warn
};

/// What an app says in the seconds before an error; at some 500 bytes each it is 256 KiB.
const DEFAULT_BREADCRUMBS: usize = 512;

/// The specification's count for everything that is counted per span or record.
const DEFAULT_COUNT_LIMIT: usize = 128;

/// What was decided.
#[derive(Debug)]
pub(crate) struct Decision {
    /// `None`: telemetry is off.
    pub(crate) config: Option<Config>,
    /// What the developer has to be told.
    pub(crate) warnings: Vec<Warning>,
    /// How much the developer wants to be told.
    pub(crate) verbosity: Verbosity,
}

impl Config {
    /// Decides from everything that was said.
    pub(crate) fn resolve(
        env: &dyn Fn(&str) -> Option<String>,
        builder: Settings,
        file: Settings,
    ) -> Decision {
        let settings = builder.over(file);
        let none = |_: &str| None;
        let mut reader = Reader::new(if settings.ignore_environment {
            &none
        } else {
            env
        });
        Decision {
            config: Self::read(&mut reader, &settings),
            verbosity: reader.verbosity(),
            warnings: reader.into_warnings(),
        }
    }

    fn read(reader: &mut Reader<'_>, settings: &Settings) -> Option<Self> {
        if reader.is_true("OTEL_SDK_DISABLED") {
            return None;
        }
        let [traces, metrics, logs] = Signal::ALL.map(|signal| reader.exports(signal, settings));
        let log_file = settings.log_file.clone();
        if traces.is_none() && metrics.is_none() && logs.is_none() && log_file.is_none() {
            return None;
        }

        let mut resource_attributes = settings.resource_attributes.clone();
        resource_attributes.extend(reader.pairs("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default());
        let general = Limits {
            attributes: reader
                .count("OTEL_ATTRIBUTE_COUNT_LIMIT")
                .unwrap_or(DEFAULT_COUNT_LIMIT),
            value_length: reader.count("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
        };

        // Where traces go nowhere their ids are still made, for the log records, and nothing else.
        let nothing = traces.is_none().then_some(Sampler {
            ratio: 0.0,
            parent_based: false,
        });
        Some(Self {
            commands: if traces.is_none() {
                Vec::new()
            } else {
                settings.commands.clone()
            },
            sampler: nothing.unwrap_or_else(|| reader.sampler(settings.sampling_ratio)),
            traces,
            metrics,
            logs,
            file_path: reader
                .text("OTEL_EXPORTER_FILE_PATH")
                .map(PathBuf::from)
                .or_else(|| settings.file_path.clone()),
            log_file,
            propagators: reader.propagators(),
            service_name: reader
                .text("OTEL_SERVICE_NAME")
                .or_else(|| resource_attributes.remove("service.name"))
                .or_else(|| settings.service_name.clone()),
            resource_attributes,
            filter: reader
                .env("RUST_LOG", Filter::EXPECTED, |text| text.parse().ok())
                .or_else(|| settings.filter.clone())
                .unwrap_or_default(),
            span_batch: reader.batch("OTEL_BSP", Duration::from_secs(5)),
            log_batch: reader.batch("OTEL_BLRP", Duration::from_secs(1)),
            metric_interval: reader
                .millis("OTEL_METRIC_EXPORT_INTERVAL")
                .unwrap_or(Duration::from_secs(60)),
            temporality: reader.temporality(),
            span_limits: reader.span_limits(general),
            log_limits: reader.limits("OTEL_LOGRECORD_ATTRIBUTE", general),
            log_floor: LogFloor {
                level: settings.log_level.unwrap_or(DEFAULT_FLOOR),
                breadcrumbs: settings.breadcrumbs.unwrap_or(DEFAULT_BREADCRUMBS),
            },
            spool: settings.spool.unwrap_or_default().limits(),
        })
    }
}
