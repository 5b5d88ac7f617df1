//! The types in which the builder and `tauri.conf.json` say what they want, one for each subject.

use std::{num::NonZeroUsize, time::Duration};

use serde::{Deserialize, Serialize};

use super::over::over;

/// A duration that is written as a whole number of milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "u64"))]
#[serde(from = "u64")]
pub(crate) struct Millis(pub(crate) Duration);

impl From<u64> for Millis {
    fn from(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

/// Which traces are kept, decided after they have ended: those with an error, slow ones, and a share of the others.
///
/// The spans of a trace are held in memory until all of them have ended.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[must_use = "it does nothing until it is given to `Builder::tail_sampling`"]
pub struct TailSampling {
    /// The share of traces that are kept among those without an error that are not slow, from 0 to 1. Default: 0.1.
    #[serde(deserialize_with = "super::settings::ratio")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub(crate) ratio: f64,
    /// Milliseconds from which a trace is slow. Default: 1000.
    pub(crate) slow_millis: u64,
    /// The most bytes that are held, estimated. The trace that has waited longest is decided for the newest. Default: 8 MiB.
    pub(crate) max_bytes: usize,
    /// Milliseconds after which a trace is decided with what is known of it. Default: 10000.
    pub(crate) max_wait_millis: u64,
}

impl TailSampling {
    /// Keeps errors, traces of a second or more, and 10 % of the others.
    pub fn new() -> Self {
        Self::default()
    }

    /// The share of traces that are kept among those without an error that are not slow, from 0 to 1. Default: 0.1.
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio;
        self
    }

    /// The duration from which a trace counts as slow. Default: one second.
    pub fn slow(mut self, from: Duration) -> Self {
        self.slow_millis = millis(from);
        self
    }

    /// The most bytes that are held, estimated. Default: 8 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How long a trace is held at most. Default: 10 seconds.
    pub fn max_wait(mut self, time: Duration) -> Self {
        self.max_wait_millis = millis(time);
        self
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Default for TailSampling {
    fn default() -> Self {
        Self {
            ratio: 0.1,
            slow_millis: 1000,
            max_bytes: 8 * 1024 * 1024,
            max_wait_millis: 10_000,
        }
    }
}

/// Whether the person who uses the app has to agree to its telemetry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Consent {
    /// The app has settled it by other means, such as a contract: telemetry is exported from the start.
    #[default]
    Assumed,
    /// Nothing leaves the memory of the app until the person agrees: see `Handle::set_consent`.
    Required,
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

/// What is carried from the page into the app with an invoke (`OTEL_PROPAGATORS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Propagator {
    /// The parent of a span: W3C Trace Context.
    TraceContext,
    /// W3C Baggage.
    Baggage,
}

/// What every page records by itself, without code of its own. What each records is in `docs/ui.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Instrumentation {
    /// Uncaught errors and unhandled rejections, as events.
    Errors,
    /// Warnings and errors on the console, as events.
    Console,
    /// Clicks and submits that cause an invoke, a request, an event or a log record, as spans.
    Interactions,
    /// The load of the page, as a span.
    DocumentLoad,
    /// Changes of the route, and the times of the load, as events.
    Navigation,
    /// Requests by `fetch`, as spans.
    Fetch,
    /// Requests by `XMLHttpRequest`, as spans.
    Xhr,
    /// Scripts, style sheets, images and fonts that the page loads, as events.
    Resources,
    /// Tasks that block the page for 50 milliseconds or more, as events. Chromium alone tells of them.
    LongTasks,
    /// The web vitals that the webview can measure, as events.
    Vitals,
    /// When the page is hidden and shown, as events.
    Visibility,
}

/// Which traces are recorded (`OTEL_TRACES_SAMPLER`). The share of the ratio samplers is
/// `Builder::sampling_ratio`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Sampler {
    /// Every span.
    #[serde(rename = "always_on")]
    AlwaysOn,
    /// No span.
    #[serde(rename = "always_off")]
    AlwaysOff,
    /// A share of all traces.
    #[serde(rename = "traceidratio")]
    TraceIdRatio,
    /// What the caller has decided; every trace that starts in this app.
    #[serde(rename = "parentbased_always_on")]
    ParentBasedAlwaysOn,
    /// What the caller has decided; no trace that starts in this app.
    #[serde(rename = "parentbased_always_off")]
    ParentBasedAlwaysOff,
    /// What the caller has decided; a share of the traces that start in this app. The default.
    #[serde(rename = "parentbased_traceidratio")]
    ParentBasedTraceIdRatio,
}

/// What the points of a counter or histogram count from
/// (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Temporality {
    /// The start of the app. The default.
    Cumulative,
    /// The last export.
    Delta,
    /// The last export for counters and histograms that are recorded synchronously, the start of the app for the
    /// rest: the least memory.
    LowMemory,
}

/// The level of a log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// Details for debugging.
    Debug,
    /// What an app does.
    Info,
    /// What it did not expect.
    Warn,
    /// What it could not do.
    Error,
}

/// The queue of one signal, and how it is exported in batches (`OTEL_BSP_*` for spans, `OTEL_BLRP_*` for log
/// records). What is not set keeps the default of the OpenTelemetry specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BatchOptions {
    /// The most items that wait. Default: 2048.
    pub(crate) max_queue_size: Option<NonZeroUsize>,
    /// The most items of one export, no more than `maxQueueSize`. Default: 512.
    pub(crate) max_export_batch_size: Option<NonZeroUsize>,
    /// Milliseconds that the first item of a batch waits for others. Default: 5000 for spans, 1000 for log
    /// records.
    pub(crate) schedule_delay: Option<Millis>,
    /// Milliseconds that an export may take, if that is less than `timeout`. Default: 30000.
    pub(crate) export_timeout: Option<Millis>,
}

impl BatchOptions {
    /// The defaults of the specification.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most items that wait, at least 1. Items above it are dropped and counted. Default: 2048.
    #[must_use]
    pub fn max_queue_size(mut self, items: usize) -> Self {
        self.max_queue_size = Some(at_least_one(items));
        self
    }

    /// The most items of one export, at least 1 and no more than the queue holds. Default: 512.
    #[must_use]
    pub fn max_export_batch_size(mut self, items: usize) -> Self {
        self.max_export_batch_size = Some(at_least_one(items));
        self
    }

    /// How long the first item of a batch waits for others. Default: 5 seconds for spans, 1 second for log
    /// records.
    #[must_use]
    pub fn schedule_delay(mut self, delay: Duration) -> Self {
        self.schedule_delay = Some(Millis(delay));
        self
    }

    /// How long an export may take, if that is less than
    /// [`OtlpOptions::timeout`](crate::OtlpOptions::timeout). Default: 30 seconds.
    #[must_use]
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = Some(Millis(timeout));
        self
    }
}

over!(BatchOptions {
    max_queue_size,
    max_export_batch_size,
    schedule_delay,
    export_timeout,
});

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

/// How much of a span or log record is kept (`OTEL_*_LIMIT`). Counts that are not set are 128, lengths are not
/// limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LimitOptions {
    /// Attributes of a span or log record. Default: 128.
    pub(crate) attribute_count: Option<usize>,
    /// Characters of the text of an attribute. Default: any number.
    pub(crate) attribute_value_length: Option<usize>,
    /// Attributes of a span. Default: `attributeCount`.
    pub(crate) span_attribute_count: Option<usize>,
    /// Characters of the text of an attribute of a span. Default: `attributeValueLength`.
    pub(crate) span_attribute_value_length: Option<usize>,
    /// Events of a span. Default: 128.
    pub(crate) span_event_count: Option<usize>,
    /// Links of a span. Default: 128.
    pub(crate) span_link_count: Option<usize>,
    /// Attributes of an event of a span. Default: 128.
    pub(crate) event_attribute_count: Option<usize>,
    /// Attributes of a link of a span. Default: 128.
    pub(crate) link_attribute_count: Option<usize>,
    /// Attributes of a log record. Default: `attributeCount`.
    pub(crate) log_attribute_count: Option<usize>,
    /// Characters of the text of an attribute of a log record. Default: `attributeValueLength`.
    pub(crate) log_attribute_value_length: Option<usize>,
}

impl LimitOptions {
    /// The defaults of the specification.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Attributes of a span or log record. Default: 128.
    #[must_use]
    pub fn attribute_count(mut self, count: usize) -> Self {
        self.attribute_count = Some(count);
        self
    }

    /// Characters of the text of an attribute. Default: any number.
    #[must_use]
    pub fn attribute_value_length(mut self, characters: usize) -> Self {
        self.attribute_value_length = Some(characters);
        self
    }

    /// Attributes of a span. Default: [`attribute_count`](Self::attribute_count).
    #[must_use]
    pub fn span_attribute_count(mut self, count: usize) -> Self {
        self.span_attribute_count = Some(count);
        self
    }

    /// Characters of the text of an attribute of a span. Default:
    /// [`attribute_value_length`](Self::attribute_value_length).
    #[must_use]
    pub fn span_attribute_value_length(mut self, characters: usize) -> Self {
        self.span_attribute_value_length = Some(characters);
        self
    }

    /// Events of a span. Default: 128.
    #[must_use]
    pub fn span_event_count(mut self, count: usize) -> Self {
        self.span_event_count = Some(count);
        self
    }

    /// Links of a span. Default: 128.
    #[must_use]
    pub fn span_link_count(mut self, count: usize) -> Self {
        self.span_link_count = Some(count);
        self
    }

    /// Attributes of an event of a span. Default: 128.
    #[must_use]
    pub fn event_attribute_count(mut self, count: usize) -> Self {
        self.event_attribute_count = Some(count);
        self
    }

    /// Attributes of a link of a span. Default: 128.
    #[must_use]
    pub fn link_attribute_count(mut self, count: usize) -> Self {
        self.link_attribute_count = Some(count);
        self
    }

    /// Attributes of a log record. Default: [`attribute_count`](Self::attribute_count).
    #[must_use]
    pub fn log_attribute_count(mut self, count: usize) -> Self {
        self.log_attribute_count = Some(count);
        self
    }

    /// Characters of the text of an attribute of a log record. Default:
    /// [`attribute_value_length`](Self::attribute_value_length).
    #[must_use]
    pub fn log_attribute_value_length(mut self, characters: usize) -> Self {
        self.log_attribute_value_length = Some(characters);
        self
    }
}

over!(LimitOptions {
    attribute_count,
    attribute_value_length,
    span_attribute_count,
    span_attribute_value_length,
    span_event_count,
    span_link_count,
    event_attribute_count,
    link_attribute_count,
    log_attribute_count,
    log_attribute_value_length,
});
