//! What the app is configured to do, from three sources in order of precedence: the environment,
//! the [`Builder`](crate::Builder), and `plugins.opentelemetry` of `tauri.conf.json`.
//!
//! Each source becomes [`Settings`], in which every setting may be missing; together they become a [`Config`], in
//! which none is. [`Config::resolve`] is pure: it is given the environment as a function. Nothing outside of this
//! module looks at the environment; everything beyond gets a [`Config`] and checks nothing again.

mod environment;
mod file_options;
mod options;
mod otlp;
mod otlp_options;
mod over;
mod proxy;
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

pub use file_options::{LogFile, LogFormat, Spool};
pub(crate) use options::Millis;
pub use options::{
    BatchOptions, Consent, Exporter, Instrumentation, LimitOptions, LogLevel, Propagator, Sampler,
    TailSampling, Temporality,
};
pub use otlp_options::OtlpOptions;
pub(crate) use otlp_options::{HeaderSource, Headers};
pub(crate) use proxy::{Proxies, Proxy, proxy_url};
pub(crate) use settings::{CommandRule, Filter, HttpOrigin, Settings, is_ratio};
pub(crate) use transport::Otlp;
pub use transport::{Compression, Protocol};
pub(crate) use warning::Warning;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use opentelemetry::Value;
use opentelemetry_sdk::metrics;

use self::{otlp::Sources, over::Over};
use crate::{diagnostics::Verbosity, privacy::Redaction};

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
    pub(crate) resource_attributes: BTreeMap<String, Value>,
    /// Which `tracing` spans and events are recorded.
    pub(crate) filter: Filter,
    pub(crate) sampler: TraceSampler,
    pub(crate) commands: Vec<CommandRule>,
    pub(crate) instrumentations: Vec<Instrumentation>,
    /// Which origins get a `traceparent` from the instrumentations, beside that of the page.
    pub(crate) propagate_to: Vec<HttpOrigin>,
    pub(crate) sessions: bool,
    pub(crate) installation_id: bool,
    pub(crate) tail: Option<TailRule>,
    pub(crate) span_batch: Batch,
    pub(crate) log_batch: Batch,
    pub(crate) metric_interval: Duration,
    pub(crate) temporality: metrics::Temporality,
    pub(crate) span_limits: SpanLimits,
    pub(crate) log_limits: Limits,
    pub(crate) log_floor: LogFloor,
    pub(crate) spool: SpoolLimits,
    pub(crate) redaction: Redaction,
    pub(crate) crash_reports: bool,
    pub(crate) consent: Consent,
    /// Whether the providers become those of OpenTelemetry's global API.
    pub(crate) set_global: bool,
}

/// Where one signal goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Exports {
    pub(crate) otlp: Option<Otlp>,
    pub(crate) file: bool,
    pub(crate) console: bool,
    /// The viewer in this process.
    pub(crate) viewer: bool,
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
pub(crate) struct TraceSampler {
    /// The share of traces that are recorded, from 0 to 1.
    pub(crate) ratio: f64,
    /// Whether the decision of whoever called us is kept.
    pub(crate) parent_based: bool,
}

/// Which traces are kept, decided after they have ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TailRule {
    /// The share of traces that are kept among those without an error that are not slow, from 0 to 1.
    pub(crate) ratio: f64,
    pub(crate) slow: Duration,
    pub(crate) max_bytes: usize,
    pub(crate) max_wait: Duration,
    /// Whether the probability of a trace is that of this rule alone, because all traces are recorded at their start.
    pub(crate) records_probability: bool,
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
    /// Whether only encrypted bodies are kept.
    pub(crate) encrypted: bool,
}

/// Records at or above the floor are exported at once. Those below it help the person who runs the app, and that person
/// has the log file.
const DEFAULT_FLOOR: LogLevel = if cfg!(debug_assertions) {
    LogLevel::Info
} else {
    LogLevel::Warn
};

/// What an app says in the seconds before an error; at some 500 bytes each it is 256 KiB.
const DEFAULT_BREADCRUMBS: usize = 512;

/// The specification's count for everything that is counted per span or record.
const DEFAULT_COUNT_LIMIT: usize = 128;

/// Whether this build has the viewer.
const HAS_VIEWER: bool = cfg!(all(
    feature = "viewer",
    debug_assertions,
    not(any(target_os = "android", target_os = "ios"))
));

/// How long the first item of a batch waits for others when the viewer shows them: what a person does not notice.
const VIEWER_DELAY: Duration = Duration::from_millis(100);

/// The time between two exports of metrics when the viewer shows them: an export takes a fraction of a millisecond.
const VIEWER_METRIC_INTERVAL: Duration = Duration::from_secs(5);

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

/// Whether the environment is read. In a release it is in the hands of whoever starts the app, which the app may not
/// want.
pub(crate) fn reads_environment(builder: &Settings, is_debug_build: bool) -> bool {
    is_debug_build || !builder.ignore_environment_in_release
}

impl Config {
    /// Decides from everything that was said.
    pub(crate) fn resolve(
        env: &dyn Fn(&str) -> Option<String>,
        mut builder: Settings,
        mut file: Settings,
    ) -> Decision {
        let (environment, mut warnings) = Settings::from_environment(env);
        // Both count: only code can have functions, and the rules of the file must not be lost beside one.
        let redaction = match (builder.redaction.take(), file.redaction.take()) {
            (Some(builder), Some(file)) => Some(builder.and(file)),
            (builder, file) => builder.or(file),
        };
        let app = Settings {
            redaction,
            ..builder.over(file)
        };
        let config = Self::read(&environment, &app, &mut warnings);
        Decision {
            config,
            verbosity: environment
                .verbosity
                .over(app.verbosity)
                .unwrap_or(Verbosity::Info),
            warnings,
        }
    }

    fn read(environment: &Settings, app: &Settings, warnings: &mut Vec<Warning>) -> Option<Self> {
        let mut settings = environment.clone().over(app.clone());
        // Without its rules the app would export what it wanted to keep, whatever another source says about `disabled`.
        if settings.disabled == Some(true) || settings.lost_redaction {
            return None;
        }
        let mut sources = Sources {
            environment,
            app,
            warnings,
        };
        let viewer = settings.viewer == Some(true) && HAS_VIEWER;
        let [traces, metrics, logs] = Signal::ALL.map(|signal| Exports {
            viewer,
            ..sources.exports(signal)
        });
        if settings.viewer == Some(true) && !HAS_VIEWER && cfg!(debug_assertions) {
            warnings.push(Warning::plain(
                "there is no viewer in this build (TAURI_OTEL_VIEWER): it takes the cargo feature `viewer` of the plugin",
            ));
        }
        let metric_interval = if viewer {
            VIEWER_METRIC_INTERVAL
        } else {
            Duration::from_secs(60)
        };
        let or_soon = |delay| if viewer { VIEWER_DELAY } else { delay };
        let log_file = settings.log_file;
        if traces.is_none() && metrics.is_none() && logs.is_none() && log_file.is_none() {
            return None;
        }
        // Where traces go nowhere their ids are still made, for the log records, and nothing else.
        let (sampler, commands) = if traces.is_none() {
            (TraceSampler::NOTHING, Vec::new())
        } else {
            (
                TraceSampler::new(settings.sampler, settings.sampling_ratio),
                settings.commands,
            )
        };
        let service_name = settings.resource_attributes.remove("service.name");
        let tail = settings.tail_sampling.map(|tail| TailRule {
            ratio: tail.ratio,
            slow: Duration::from_millis(tail.slow_millis),
            max_bytes: tail.max_bytes,
            max_wait: Duration::from_millis(tail.max_wait_millis),
            records_probability: sampler.ratio >= 1.0 && commands.is_empty(),
        });
        Some(Self {
            tail,
            commands,
            instrumentations: settings.instrumentations,
            propagate_to: settings.propagate_to,
            sessions: settings.sessions.unwrap_or(false),
            installation_id: settings.installation_id.unwrap_or(false),
            sampler,
            traces,
            metrics,
            logs,
            file_path: settings.file_path,
            log_file,
            propagators: Propagators::new(settings.propagators),
            service_name: settings
                .service_name
                .or_else(|| service_name.map(|name| name.to_string())),
            resource_attributes: settings.resource_attributes,
            filter: settings.filter.unwrap_or_default(),
            span_batch: Batch::new(&settings.span_batch, or_soon(Duration::from_secs(5))),
            log_batch: Batch::new(&settings.log_batch, or_soon(Duration::from_secs(1))),
            metric_interval: settings
                .metric_interval
                .map_or(metric_interval, |interval| interval.0),
            temporality: match settings.temporality {
                None | Some(Temporality::Cumulative) => metrics::Temporality::Cumulative,
                Some(Temporality::Delta) => metrics::Temporality::Delta,
                Some(Temporality::LowMemory) => metrics::Temporality::LowMemory,
            },
            span_limits: SpanLimits::new(&settings.limits),
            log_limits: Limits {
                attributes: settings
                    .limits
                    .log_attribute_count
                    .or(settings.limits.attribute_count)
                    .unwrap_or(DEFAULT_COUNT_LIMIT),
                value_length: settings
                    .limits
                    .log_attribute_value_length
                    .or(settings.limits.attribute_value_length),
            },
            log_floor: LogFloor {
                level: settings.log_level.unwrap_or(DEFAULT_FLOOR),
                breadcrumbs: settings.breadcrumbs.unwrap_or(DEFAULT_BREADCRUMBS),
            },
            spool: settings.spool.unwrap_or_default().limits(),
            redaction: settings.redaction.unwrap_or_default(),
            crash_reports: settings.crash_reports.unwrap_or(true),
            consent: settings.consent.unwrap_or_default(),
            set_global: settings.set_global,
        })
    }
}

impl Config {
    /// Whether the viewer in this process gets what is exported.
    pub(crate) fn has_viewer(&self) -> bool {
        self.traces.viewer
    }
}

impl TraceSampler {
    const NOTHING: Self = Self {
        ratio: 0.0,
        parent_based: false,
    };

    fn new(sampler: Option<Sampler>, ratio: Option<f64>) -> Self {
        let ratio = ratio.unwrap_or(1.0);
        let (ratio, parent_based) = match sampler {
            Some(Sampler::AlwaysOn) => (1.0, false),
            Some(Sampler::AlwaysOff) => (0.0, false),
            Some(Sampler::TraceIdRatio) => (ratio, false),
            Some(Sampler::ParentBasedAlwaysOn) => (1.0, true),
            Some(Sampler::ParentBasedAlwaysOff) => (0.0, true),
            None | Some(Sampler::ParentBasedTraceIdRatio) => (ratio, true),
        };
        Self {
            ratio,
            parent_based,
        }
    }
}

impl Propagators {
    fn new(propagators: Option<Vec<Propagator>>) -> Self {
        let has = |one| {
            propagators
                .as_ref()
                .is_none_or(|propagators| propagators.contains(&one))
        };
        Self {
            trace_context: has(Propagator::TraceContext),
            baggage: has(Propagator::Baggage),
        }
    }
}

impl Batch {
    fn new(options: &BatchOptions, delay: Duration) -> Self {
        let max_queue_size = options.max_queue_size.map_or(2048, usize::from);
        Self {
            max_queue_size,
            max_export_batch_size: options
                .max_export_batch_size
                .map_or(512, usize::from)
                .min(max_queue_size),
            scheduled_delay: options.schedule_delay.map_or(delay, |delay| delay.0),
        }
    }
}

impl SpanLimits {
    fn new(options: &LimitOptions) -> Self {
        let count = |limit: Option<usize>| limit.unwrap_or(DEFAULT_COUNT_LIMIT);
        Self {
            span: Limits {
                attributes: count(options.span_attribute_count.or(options.attribute_count)),
                value_length: options
                    .span_attribute_value_length
                    .or(options.attribute_value_length),
            },
            events: count(options.span_event_count),
            links: count(options.span_link_count),
            attributes_per_event: count(options.event_attribute_count),
            attributes_per_link: count(options.link_attribute_count),
        }
    }
}
