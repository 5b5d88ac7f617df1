//! The environment as settings, by the rules of the OpenTelemetry specification
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>): empty means
//! unset, names are compared without case, and a value that makes no sense is reported and then ignored.

use std::{
    collections::BTreeMap,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use opentelemetry::Value;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, de::value::StrDeserializer};
use tracing_subscriber::filter::LevelFilter;

use super::{
    Signal, Warning, is_ratio,
    options::{BatchOptions, Exporter, LimitOptions, Millis, Propagator, Sampler, Temporality},
    otlp_options::{Endpoint, Headers, OtlpOptions},
    proxy::{Proxies, ProxyUrl, proxy_url},
    settings::{Filter, Settings},
    transport::{Compression, Protocol},
};
use crate::diagnostics::Verbosity;

impl Settings {
    /// Reads every variable that the plugin knows.
    pub(crate) fn from_environment(
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<Warning>) {
        let mut env = Reader {
            variables,
            warnings: Vec::new(),
        };
        for name in NOT_SUPPORTED {
            if env.text(name).is_some() {
                env.warnings
                    .push(Warning::plain(format!("{name} is not supported; ignored")));
            }
        }
        let mut resource_attributes: BTreeMap<String, Value> = env
            .parsed("OTEL_RESOURCE_ATTRIBUTES", PAIRS, pairs)
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| (key, value.into()))
            .collect();
        let of_resource = resource_attributes.remove("service.name");
        let (sampler, sampling_ratio) = env.sampler();
        let [traces_otlp, metrics_otlp, logs_otlp] =
            Signal::ALL.map(|signal| env.otlp(&format!("{}_", signal.variable())));
        let [traces_exporter, metrics_exporter, logs_exporter] =
            Signal::ALL.map(|signal| env.exporters(signal));
        let settings = Self {
            disabled: env.parsed("OTEL_SDK_DISABLED", BOOLEAN, boolean),
            verbosity: env.parsed("OTEL_LOG_LEVEL", Verbosity::EXPECTED, Verbosity::parse),
            otlp: env.otlp(""),
            traces_otlp,
            metrics_otlp,
            logs_otlp,
            proxies: Proxies {
                http: env.proxy("HTTP_PROXY"),
                https: env.proxy("HTTPS_PROXY"),
                all: env.proxy("ALL_PROXY"),
                exceptions: env.either("NO_PROXY"),
            },
            traces_exporter,
            metrics_exporter,
            logs_exporter,
            file_path: env.text("OTEL_EXPORTER_FILE_PATH").map(PathBuf::from),
            propagators: env.propagators(),
            service_name: env
                .text("OTEL_SERVICE_NAME")
                .or_else(|| of_resource.map(|name| name.to_string())),
            resource_attributes,
            filter: env.filter(),
            sampler,
            sampling_ratio,
            span_batch: env.batch("OTEL_BSP"),
            log_batch: env.batch("OTEL_BLRP"),
            metric_interval: env
                .parsed(
                    "OTEL_METRIC_EXPORT_INTERVAL",
                    "a positive number of milliseconds",
                    |text| text.parse().ok().map(NonZeroU64::get),
                )
                .map(Millis::from),
            metric_export_timeout: env.millis("OTEL_METRIC_EXPORT_TIMEOUT"),
            temporality: env.parsed(
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
                "cumulative, delta or lowmemory",
                named::<Temporality>,
            ),
            viewer: env.parsed("TAURI_OTEL_VIEWER", "1 or 0", switch),
            limits: LimitOptions {
                attribute_count: env.count("OTEL_ATTRIBUTE_COUNT_LIMIT"),
                attribute_value_length: env.count("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
                span_attribute_count: env.count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"),
                span_attribute_value_length: env.count("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
                span_event_count: env.count("OTEL_SPAN_EVENT_COUNT_LIMIT"),
                span_link_count: env.count("OTEL_SPAN_LINK_COUNT_LIMIT"),
                event_attribute_count: env.count("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"),
                link_attribute_count: env.count("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"),
                log_attribute_count: env.count("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT"),
                log_attribute_value_length: env
                    .count("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
            },
            // These are decisions of the app. There is no variable for them.
            commands: Vec::new(),
            instrumentations: Vec::new(),
            propagate_to: Vec::new(),
            sessions: None,
            installation_id: None,
            tail_sampling: None,
            log_level: None,
            breadcrumbs: None,
            log_file: None,
            spool: None,
            redaction: None,
            crash_reports: None,
            consent: None,
            set_global: false,
            ignore_environment_in_release: false,
            lost_redaction: false,
            ws_bridge: false,
        };
        (settings, env.warnings)
    }
}

/// Variables of the specification that concern an app, and that the plugin has nothing for.
const NOT_SUPPORTED: [&str; 4] = [
    "OTEL_CONFIG_FILE",
    "OTEL_ENTITIES",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    "OTEL_METRICS_EXEMPLAR_FILTER",
];

const BOOLEAN: &str = "true or false";

const MILLIS: &str = "a number of milliseconds";

const PAIRS: &str = "a list of key=value pairs separated by commas, percent-encoded";

fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let decoded = |part: &str| {
        let part = percent_decode_str(part.trim()).decode_utf8().ok()?;
        Some(part.into_owned())
    };
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let key = decoded(key).filter(|key| !key.is_empty())?;
            Some((key, decoded(value)?))
        })
        .collect()
}

/// The value of a variable of this plugin that turns something on.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

/// A value by the name that it has in `tauri.conf.json`, where all names are in lower case.
fn named<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    let name = name.to_ascii_lowercase();
    T::deserialize(StrDeserializer::<serde::de::value::Error>::new(&name)).ok()
}

/// A list of names separated by commas, or `none`.
fn list<T: for<'de> Deserialize<'de>>(text: &str) -> Option<Vec<T>> {
    if text.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    text.split(',').map(|name| named(name.trim())).collect()
}

/// Reads one variable at a time, and notes which make no sense.
struct Reader<'a> {
    variables: &'a dyn Fn(&str) -> Option<String>,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    /// Without the blanks around it: `set NAME=value & app` of `cmd.exe` makes one of the blank before `&`.
    fn text(&self, name: &str) -> Option<String> {
        let value = (self.variables)(name)?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    /// Proxies are known by both spellings.
    fn either(&self, name: &str) -> Option<String> {
        self.text(name)
            .or_else(|| self.text(&name.to_ascii_lowercase()))
    }

    fn proxy(&self, name: &str) -> Option<ProxyUrl> {
        self.either(name).map(|text| proxy_url(&text, name))
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.text(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.warnings.push(Warning::new(name, &value, expected));
        }
        parsed
    }

    fn millis(&mut self, name: &str) -> Option<Millis> {
        self.parsed(name, MILLIS, |text| {
            text.parse().ok().map(Duration::from_millis).map(Millis)
        })
    }

    fn count(&mut self, name: &str) -> Option<usize> {
        self.parsed(name, "a whole number", |text| text.parse().ok())
    }

    fn size(&mut self, name: &str) -> Option<NonZeroUsize> {
        self.parsed(name, "a positive whole number", |text| text.parse().ok())
    }

    /// The variables of the OTLP exporter, of all signals or with the infix of one.
    fn otlp(&mut self, infix: &str) -> OtlpOptions {
        let name = |suffix| format!("OTEL_EXPORTER_OTLP_{infix}{suffix}");
        let endpoint = name("ENDPOINT");
        let endpoint = match self
            .text(&endpoint)
            .map(|text| Endpoint::parse(&text, &endpoint))
        {
            Some(Ok(endpoint)) => Some(endpoint),
            Some(Err(warning)) => {
                self.warnings.push(warning);
                None
            }
            None => None,
        };
        OtlpOptions {
            endpoint,
            protocol: self.parsed(&name("PROTOCOL"), Protocol::EXPECTED, named),
            headers: self
                .parsed(&name("HEADERS"), PAIRS, pairs)
                .map(Headers::from)
                .unwrap_or_default(),
            header_source: None,
            compression: self.parsed(&name("COMPRESSION"), Compression::EXPECTED, named),
            timeout: self.millis(&name("TIMEOUT")),
            certificate: self.text(&name("CERTIFICATE")).map(PathBuf::from),
            client_certificate: self.text(&name("CLIENT_CERTIFICATE")).map(PathBuf::from),
            client_key: self.text(&name("CLIENT_KEY")).map(PathBuf::from),
            insecure: self.parsed(&name("INSECURE"), BOOLEAN, boolean),
            warnings: Vec::new(),
        }
    }

    fn exporters(&mut self, signal: Signal) -> Option<Vec<Exporter>> {
        let name = format!("OTEL_{}_EXPORTER", signal.variable());
        let expected = "none, or a list of otlp, console and file separated by commas";
        self.parsed(&name, expected, list)
    }

    fn propagators(&mut self) -> Option<Vec<Propagator>> {
        let expected = "none, or a list of tracecontext and baggage separated by commas";
        self.parsed("OTEL_PROPAGATORS", expected, list)
    }

    /// The sampler, and its ratio: the specification gives the ratio a meaning only beside a sampler that takes one.
    fn sampler(&mut self) -> (Option<Sampler>, Option<f64>) {
        const RATIO: &str = "OTEL_TRACES_SAMPLER_ARG";
        let sampler = self.parsed(
            "OTEL_TRACES_SAMPLER",
            "one of always_on, always_off, traceidratio, parentbased_always_on, \
             parentbased_always_off and parentbased_traceidratio",
            named,
        );
        if self.text("OTEL_TRACES_SAMPLER").is_none() && self.text(RATIO).is_some() {
            self.warnings.push(Warning::plain(format!(
                "{RATIO} is ignored: by the specification it counts only if OTEL_TRACES_SAMPLER is set"
            )));
        }
        let takes_ratio = matches!(
            sampler,
            Some(Sampler::TraceIdRatio | Sampler::ParentBasedTraceIdRatio)
        );
        let ratio = takes_ratio.then(|| {
            self.parsed(RATIO, "a number from 0 to 1", |text| {
                text.parse().ok().filter(|ratio| is_ratio(*ratio))
            })
            .unwrap_or(1.0)
        });
        (sampler, ratio)
    }

    /// `RUST_LOG`. Developers also set it to choose what the app prints. If its value removes the spans from all traces,
    /// the plugin warns.
    fn filter(&mut self) -> Option<Filter> {
        let filter = self.parsed("RUST_LOG", Filter::EXPECTED, |text| {
            text.parse::<Filter>().ok()
        })?;
        let spans = filter.of_spans();
        let levels = spans.iter().map(|(_, level)| level);
        let most = levels.chain(spans.default_level()).max();
        if most.is_none_or(|most| most < LevelFilter::INFO) {
            self.warnings.push(Warning::plain(
                "RUST_LOG lets nothing of level info through, which most tracing spans have: traces will have the \
                 spans of invokes only. A filter in the builder or in tauri.conf.json counts where RUST_LOG is not set",
            ));
        }
        Some(filter)
    }

    /// The queue whose variables begin with `prefix`.
    fn batch(&mut self, prefix: &str) -> BatchOptions {
        BatchOptions {
            max_queue_size: self.size(&format!("{prefix}_MAX_QUEUE_SIZE")),
            max_export_batch_size: self.size(&format!("{prefix}_MAX_EXPORT_BATCH_SIZE")),
            schedule_delay: self.millis(&format!("{prefix}_SCHEDULE_DELAY")),
            export_timeout: self.millis(&format!("{prefix}_EXPORT_TIMEOUT")),
        }
    }
}
