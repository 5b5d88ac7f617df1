//! Reads the environment one variable at a time, and notes which make no sense.

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;
use percent_encoding::percent_decode_str;

use super::{
    Batch, DEFAULT_COUNT_LIMIT, Limits, Propagators, Sampler, SpanLimits, Warning, is_ratio,
};
use crate::diagnostics::Verbosity;

pub(super) const MILLIS: &str = "a number of milliseconds";

pub(super) fn millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

pub(super) const PAIRS: &str =
    "a list of key=value pairs separated by commas, values percent-encoded";

pub(super) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            Some((key.trim().to_owned(), value.into_owned()))
        })
        .collect()
}

pub(super) struct Reader<'a> {
    variables: &'a dyn Fn(&str) -> Option<String>,
    warnings: Vec<Warning>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            variables,
            warnings: Vec::new(),
        }
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    pub(super) fn env<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(name)?;
        let parsed = parse(value.trim());
        if parsed.is_none() {
            let warning = Warning::new(name, &value, expected);
            // A general variable is read once for every signal.
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        parsed
    }

    pub(super) fn millis(&mut self, name: &str) -> Option<Duration> {
        self.env(name, MILLIS, millis)
    }

    pub(super) fn count(&mut self, name: &str) -> Option<usize> {
        self.env(name, "a whole number", |text| text.parse().ok())
    }

    fn size(&mut self, name: &str) -> Option<usize> {
        self.env(name, "a positive whole number", |text| {
            text.parse().ok().filter(|size| *size > 0)
        })
    }

    pub(super) fn pairs(&mut self, name: &str) -> Option<Vec<(String, String)>> {
        self.env(name, PAIRS, pairs)
    }

    pub(super) fn sampler(&mut self, ratio: Option<f64>) -> Sampler {
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
                ratio: ratio.unwrap_or(1.0),
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

    pub(super) fn propagators(&mut self) -> Propagators {
        let both = Propagators {
            trace_context: true,
            baggage: true,
        };
        let none = Propagators {
            trace_context: false,
            baggage: false,
        };
        self.env(
            "OTEL_PROPAGATORS",
            "none, or a list of tracecontext and baggage separated by commas",
            |text| {
                let mut propagators = none;
                for name in text.split(',').map(str::trim) {
                    match name {
                        "tracecontext" => propagators.trace_context = true,
                        "baggage" => propagators.baggage = true,
                        "none" if text == "none" => {}
                        _ => return None,
                    }
                }
                Some(propagators)
            },
        )
        .unwrap_or(both)
    }

    /// The sizes of the queue whose variables begin with `prefix`.
    pub(super) fn batch(&mut self, prefix: &str, delay: Duration) -> Batch {
        let max_queue_size = self
            .size(&format!("{prefix}_MAX_QUEUE_SIZE"))
            .unwrap_or(2048);
        Batch {
            max_queue_size,
            max_export_batch_size: self
                .size(&format!("{prefix}_MAX_EXPORT_BATCH_SIZE"))
                .unwrap_or(512)
                .min(max_queue_size),
            scheduled_delay: self
                .millis(&format!("{prefix}_SCHEDULE_DELAY"))
                .unwrap_or(delay),
        }
    }

    pub(super) fn limits(&mut self, prefix: &str, general: Limits) -> Limits {
        Limits {
            attributes: self
                .count(&format!("{prefix}_COUNT_LIMIT"))
                .unwrap_or(general.attributes),
            value_length: self
                .count(&format!("{prefix}_VALUE_LENGTH_LIMIT"))
                .or(general.value_length),
        }
    }

    pub(super) fn span_limits(&mut self, general: Limits) -> SpanLimits {
        let mut count = |name| self.count(name).unwrap_or(DEFAULT_COUNT_LIMIT);
        SpanLimits {
            events: count("OTEL_SPAN_EVENT_COUNT_LIMIT"),
            links: count("OTEL_SPAN_LINK_COUNT_LIMIT"),
            attributes_per_event: count("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"),
            attributes_per_link: count("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"),
            span: self.limits("OTEL_SPAN_ATTRIBUTE", general),
        }
    }

    /// How much the plugin says about itself (`OTEL_LOG_LEVEL`).
    pub(super) fn verbosity(&mut self) -> Verbosity {
        self.env(
            "OTEL_LOG_LEVEL",
            "none, error, warn, info, debug or trace",
            |text| match text.to_lowercase().as_str() {
                "none" | "off" => Some(Verbosity::None),
                "error" => Some(Verbosity::Error),
                "warn" => Some(Verbosity::Warn),
                "info" | "debug" | "trace" => Some(Verbosity::Info),
                _ => None,
            },
        )
        .unwrap_or(Verbosity::Info)
    }

    pub(super) fn temporality(&mut self) -> Temporality {
        self.env(
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "cumulative, delta or lowmemory",
            |text| match text.to_lowercase().as_str() {
                "cumulative" => Some(Temporality::Cumulative),
                "delta" => Some(Temporality::Delta),
                "lowmemory" => Some(Temporality::LowMemory),
                _ => None,
            },
        )
        .unwrap_or(Temporality::Cumulative)
    }
}
