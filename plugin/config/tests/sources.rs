//! Which of the sources counts, and what a mistake in one costs.

use super::*;
use crate::privacy::Replacement;

#[test]
fn nothing_said_is_off() {
    assert_eq!(resolve(&[], "{}"), (None, vec![]));
    assert_eq!(resolve(&[], "null"), (None, vec![]));
}

#[test]
fn an_empty_endpoint_is_an_unset_one() {
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", "")];
    assert_eq!(resolve(&env, "{}"), (None, vec![]));
}

#[test]
fn sdk_disabled_wins_over_everything() {
    let file = r#"{"endpoint": "http://localhost:4318"}"#;
    for value in ["true", "TRUE", "true "] {
        assert_eq!(
            resolve(&[ON, ("OTEL_SDK_DISABLED", value)], file),
            (None, vec![])
        );
    }
    // Only `true` is true.
    refused("OTEL_SDK_DISABLED", "1", |config| config);
}

#[test]
fn blanks_around_a_value_are_none_of_it() {
    let env = [
        ("OTEL_SERVICE_NAME", " name "),
        ("OTEL_EXPORTER_FILE_PATH", "a.jsonl "),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "root.pem "),
    ];
    setting(&env, |config| {
        assert_eq!(config.service_name.as_deref(), Some("name"));
        assert_eq!(config.file_path, Some("a.jsonl".into()));
        assert_eq!(otlp(config.traces).certificate, Some("root.pem".into()));
    });
    let blank = [("OTEL_SERVICE_NAME", " ")];
    assert_eq!(setting(&blank, |config| config.service_name), None);
}

#[test]
fn the_environment_wins_over_the_builder_and_the_builder_over_the_file() {
    let file = r#"{
        "endpoint": "http://file:1", "serviceName": "file", "headers": {"a": "1", "c": "3"},
        "compression": "gzip", "protocol": "http/json", "tracesExporter": ["console", "otlp"],
        "samplingRatio": 0.25, "filter": "warn"
    }"#;
    let config = |env: &[(&str, &str)], builder| decide(env, builder, file).0.expect("on");

    let of_file = config(&[], Settings::default());
    let traces = otlp(of_file.traces.clone());
    assert_eq!(traces.endpoint.as_str(), "http://file:1/v1/traces");
    assert_eq!(traces.compression, Compression::Gzip);
    assert_eq!(traces.protocol, Protocol::HttpJson);
    assert!(of_file.traces.console);
    assert_eq!(of_file.service_name.as_deref(), Some("file"));
    assert_eq!(of_file.sampler.ratio, 0.25);

    let builder = Settings {
        otlp: OtlpOptions::new().endpoint("http://builder:2"),
        service_name: Some("builder".into()),
        sampling_ratio: Some(0.5),
        ..Settings::default()
    };
    let of_builder = config(&[], builder.clone());
    let traces = otlp(of_builder.traces);
    assert_eq!(traces.endpoint.host_str(), Some("builder"));
    assert_eq!(
        traces.compression,
        Compression::Gzip,
        "the file still counts"
    );
    assert_eq!(of_builder.service_name.as_deref(), Some("builder"));
    assert_eq!(of_builder.sampler.ratio, 0.5);

    let env = [
        ON,
        ("OTEL_SERVICE_NAME", "env"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=2,b=%20x"),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("RUST_LOG", "debug"),
    ];
    let of_env = config(&env, builder);
    assert!(!of_env.traces.console);
    let traces = otlp(of_env.traces);
    assert_eq!(traces.endpoint.host_str(), Some("127.0.0.1"));
    assert_eq!(of_env.service_name.as_deref(), Some("env"));
    assert_eq!(of_env.filter, "debug".parse().unwrap());
    let headers = [("a", "2"), ("b", " x")];
    assert_eq!(traces.headers.iter().collect::<Vec<_>>(), headers);
}

#[test]
fn a_release_can_ignore_the_environment_and_a_debug_build_cannot() {
    let ignoring = Settings {
        ignore_environment_in_release: true,
        ..Settings::default()
    };
    assert!(reads_environment(&Settings::default(), true));
    assert!(reads_environment(&Settings::default(), false));
    assert!(reads_environment(&ignoring, true));
    assert!(!reads_environment(&ignoring, false));
}

/// Every setting in the file, with a value that is not its default.
const EVERYTHING: &str = r#"{
    "verbosity": "error", "endpoint": "http://file:1", "protocol": "http/json", "headers": {"A": "1"},
    "compression": "gzip", "timeout": 1, "certificate": "c", "clientCertificate": "cc", "clientKey": "k",
    "insecure": true, "tracesOtlp": {"endpoint": "http://traces:2/x", "timeout": 2, "headers": {"b": "2"}},
    "metricsOtlp": {"protocol": "http/protobuf"}, "logsOtlp": {"compression": "none"},
    "proxy": "http://proxy:3", "tracesExporter": ["otlp", "file"], "metricsExporter": ["otlp"],
    "logsExporter": ["otlp", "console"], "filePath": "f", "propagators": ["baggage"], "serviceName": "s",
    "resourceAttributes": {"r": 1}, "filter": "debug", "sampler": "traceidratio", "samplingRatio": 0.5,
    "commands": [{"pattern": "p", "ratio": 0}],
    "instrumentations": ["errors", "documentLoad"], "propagateTo": ["https://api:4/v1"],
    "sessions": true, "installationId": true,
    "spanBatch": {"maxQueueSize": 4, "maxExportBatchSize": 3, "scheduleDelay": 5, "exportTimeout": 1},
    "logBatch": {"maxQueueSize": 6}, "metricInterval": 7, "metricExportTimeout": 1, "temporality": "delta",
    "limits": {"attributeCount": 8, "spanEventCount": 9}, "logLevel": "error", "breadcrumbs": 10,
    "logFile": {"path": "l"}, "spool": {"maxDays": 11},
    "redaction": {"cards": true}, "crashReports": false, "consent": "required", "viewer": true,
    "tailSampling": {"ratio": 0.5}, "disabled": false
}"#;

#[test]
fn whatever_the_environment_can_say_the_file_can_say_too() {
    let (config, warnings) = resolve(&[], EVERYTHING);
    let no_viewer = (cfg!(debug_assertions) && !HAS_VIEWER).then_some(
        "there is no viewer in this build (TAURI_OTEL_VIEWER): it takes the cargo feature `viewer` of the plugin",
    );
    assert_eq!(warnings, no_viewer.as_slice());
    let config = config.expect("on");
    let traces = otlp(config.traces.clone());
    assert_eq!(traces.endpoint.as_str(), "http://traces:2/x");
    assert_eq!(traces.timeout, Duration::from_millis(1), "of the batch");
    assert_eq!(traces.headers.iter().collect::<Vec<_>>(), [("b", "2")]);
    assert!(traces.proxy.is_some());
    let metrics = otlp(config.metrics.clone());
    assert_eq!(metrics.endpoint.as_str(), "http://file:1/v1/metrics");
    assert_eq!(metrics.protocol, Protocol::HttpProtobuf);
    assert_eq!(metrics.headers.iter().collect::<Vec<_>>(), [("a", "1")]);
    let logs = otlp(config.logs.clone());
    assert_eq!(logs.protocol, Protocol::HttpJson);
    assert_eq!(logs.compression, Compression::None);
    assert!(config.logs.console && config.traces.file);
    assert!(!config.propagators.trace_context && config.propagators.baggage);
    assert_eq!(
        (config.sampler.ratio, config.sampler.parent_based),
        (0.5, false)
    );
    assert_eq!(config.span_batch.max_export_batch_size, 3);
    assert_eq!(config.span_batch.scheduled_delay, Duration::from_millis(5));
    assert_eq!(config.log_batch.max_queue_size, 6);
    assert_eq!(config.metric_interval, Duration::from_millis(7));
    assert_eq!(config.temporality, metrics::Temporality::Delta);
    assert_eq!(config.span_limits.span.attributes, 8);
    assert_eq!(config.span_limits.events, 9);
    assert_eq!(config.log_limits.attributes, 8);

    let (off, _) = resolve(&[], r#"{"endpoint": "http://file:1", "disabled": true}"#);
    assert_eq!(off, None);
    let again = [("OTEL_SDK_DISABLED", "false")];
    let (on, _) = resolve(&again, r#"{"endpoint": "http://file:1", "disabled": true}"#);
    assert!(on.is_some(), "the environment wins");
}

#[test]
fn whatever_the_file_can_say_the_builder_can_say_too() {
    let millis = Duration::from_millis;
    let batch = BatchOptions::new();
    let builder = crate::Builder::new()
        .verbosity(Verbosity::Error)
        .endpoint("http://file:1")
        .protocol(Protocol::HttpJson)
        .header("A", "1")
        .compression(Compression::Gzip)
        .timeout(millis(1))
        .certificate("c")
        .client_certificate("cc", "k")
        .insecure(true)
        .traces_otlp(
            OtlpOptions::new()
                .endpoint("http://traces:2/x")
                .timeout(millis(2))
                .header("b", "2"),
        )
        .metrics_otlp(OtlpOptions::new().protocol(Protocol::HttpProtobuf))
        .logs_otlp(OtlpOptions::new().compression(Compression::None))
        .proxy("http://proxy:3")
        .traces_exporter([Exporter::Otlp, Exporter::File])
        .metrics_exporter([Exporter::Otlp])
        .logs_exporter([Exporter::Otlp, Exporter::Console])
        .file_path("f")
        .propagators([Propagator::Baggage])
        .service_name("s")
        .resource_attribute("r", 1)
        .filter("debug")
        .sampler(Sampler::TraceIdRatio)
        .sampling_ratio(0.5)
        .sample_commands("p", 0.0)
        .instrumentations([Instrumentation::Errors, Instrumentation::DocumentLoad])
        .propagate_to("https://api:4")
        .sessions(true)
        .installation_id(true)
        .span_batch(
            batch
                .clone()
                .max_queue_size(4)
                .max_export_batch_size(3)
                .schedule_delay(millis(5))
                .export_timeout(millis(1)),
        )
        .log_batch(batch.max_queue_size(6))
        .metric_interval(millis(7))
        .metric_export_timeout(millis(1))
        .temporality(Temporality::Delta)
        .limits(LimitOptions::new().attribute_count(8).span_event_count(9))
        .log_level(LogLevel::Error)
        .breadcrumbs(10)
        .log_file(LogFile::new().path("l"))
        .spool(Spool::new().max_days(11))
        .redaction(Redaction::new().cards(true))
        .crash_reports(false)
        .viewer(true)
        .consent(Consent::Required)
        .tail_sampling(TailSampling::new().ratio(0.5))
        .disabled(false);
    let of_builder = Config::resolve(&|_| None, builder.settings, Settings::default());
    let (of_file, _) = resolve(&[], EVERYTHING);
    // What differs is the setting that is named when an endpoint has to be corrected.
    let of = |config: Option<Config>| {
        let mut config = config.expect("on");
        for exports in [&mut config.traces, &mut config.metrics, &mut config.logs] {
            if let Some(otlp) = &mut exports.otlp {
                otlp.endpoint_source.clear();
            }
        }
        config
    };
    assert_eq!(of(of_builder.config), of(of_file));
    assert_eq!(of_builder.verbosity, Verbosity::Error);
}

#[test]
fn every_key_of_the_file_is_tried_above() {
    let settings: serde_json::Value = serde_json::from_str(EVERYTHING).expect("it is JSON");
    let schema = schema();
    let keys = schema["definitions"]["opentelemetry"]["properties"].as_object();
    for key in keys.expect("the schema has properties").keys() {
        assert!(settings.get(key).is_some(), "{key}");
    }
}

#[test]
fn a_variable_that_is_not_supported_is_said_to_be_ignored() {
    for (name, value) in [
        ("OTEL_CONFIG_FILE", "otel.yaml"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "always_on"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
        ),
    ] {
        let said = format!("{name} is not supported; ignored");
        assert_eq!(resolve(&[(name, value)], "{}"), (None, vec![said]));
    }
}

#[test]
fn a_mistake_in_the_file_is_named_and_loses_nothing_else() {
    let file = r#"{
        "endpoint": "http://file:1", "endpint": "x", "serviceName": 7, "samplingRatio": 2,
        "headers": {"authorization": 1}, "commands": [{"pattern": "a", "ratio": -1}]
    }"#;
    let (config, warnings) = resolve(&[], file);
    assert_eq!(
        otlp(config.expect("on").traces).endpoint.host_str(),
        Some("file")
    );
    let said = |key: &str, words: &str| {
        let prefix = format!("plugins.opentelemetry.{key}");
        assert!(
            warnings
                .iter()
                .any(|warning| warning.starts_with(&prefix) && warning.contains(words)),
            "{key}: {words} in {warnings:#?}"
        );
    };
    assert_eq!(warnings.len(), 5);
    said(
        "endpint",
        "unknown field `endpint`, expected one of `endpoint`",
    );
    said("serviceName", "expected a string");
    said("samplingRatio", "from 0 to 1, not 2");
    said("headers", "must map names of headers to texts");
    said("commands", "from 0 to 1, not -1");

    let (config, warnings) = resolve(&[], "[]");
    assert_eq!(config, None);
    assert_eq!(
        warnings,
        ["plugins.opentelemetry is \"[]\" but must be an object; ignored"]
    );
}

#[test]
fn a_mistake_in_what_protects_people_lets_nothing_out() {
    let file = |key: &str, value: &str| {
        let file = format!(r#"{{"endpoint": "http://file:1", "{key}": {value}}}"#);
        // An app may say so for what its user has chosen.
        let builder = crate::Builder::new().disabled(false).settings;
        let (config, warnings) = decide(&[], Settings::default(), &file);
        let [warning] = &warnings[..] else {
            panic!("{key}: {value} gives {warnings:?}");
        };
        (config, decide(&[], builder, &file).0, warning.clone())
    };
    let (config, _, warning) = file("consent", r#""Required""#);
    assert_eq!(config.expect("on").consent, Consent::Required);
    assert!(warning.ends_with("; consent is required"), "{warning}");

    let (config, by_builder, warning) = file("disabled", r#""true""#);
    assert_eq!(config, None);
    assert!(by_builder.is_some(), "the builder wins");
    assert!(warning.ends_with("; telemetry is off"), "{warning}");

    for value in [
        r#"{"deny": {"customer.*": "drop"}, "rules": {"x": "("}}"#,
        r#"{"deny": {"customer.*": "drop"}, "alow": ["a"]}"#,
        "true",
    ] {
        let (config, by_builder, warning) = file("redaction", value);
        assert_eq!((config, by_builder), (None, None), "{value}");
        assert!(warning.ends_with("; telemetry is off"), "{warning}");
    }
}

#[test]
fn the_redaction_of_the_builder_and_of_the_file_add_up() {
    let own = Redaction::new()
        .deny("a", Replacement::Drop)
        .cards(true)
        .function(|_| None);
    let builder = crate::Builder::new().redaction(own.clone()).settings;
    let file = r#"{"endpoint": "http://file:1", "redaction": {
        "ipAddresses": true, "replacement": "hash", "deny": {"a": "mask", "b": "mask"}, "allow": ["c"], "rules": {"d": "e+"}
    }}"#;
    let (config, warnings) = decide(&[], builder, file);
    assert_eq!(warnings, [""; 0]);
    let expected = own
        .ip_addresses(true)
        .replacement(Replacement::Hash)
        .deny("b", Replacement::Mask)
        .allow("c")
        .rule("d", "e+");
    assert_eq!(config.expect("on").redaction, expected.expect("a rule"));
}

#[test]
fn a_secret_is_not_repeated() {
    for (variable, value) in [
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization Bearer secret"),
        (
            "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
            "authorization Bearer secret",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "ftp://user:secret@example.com",
        ),
    ] {
        let (_, warnings) = on(&[(variable, value)]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with(&format!("{variable} must be")));
        assert!(!warnings[0].contains("secret"), "{warnings:?}");
    }
    let file = r#"{"headers": {"authorization": ["secret"]}}"#;
    let (_, warnings) = resolve(&[], file);
    assert!(!warnings.concat().contains("secret"), "{warnings:?}");
}

/// Editors complete `plugins.opentelemetry` with this schema, below Tauri's own. Some values exist only with a feature,
/// so a build without it must not write the schema.
#[cfg(all(feature = "grpc", feature = "zstd"))]
#[test]
fn the_schema_of_tauri_conf_json_is_up_to_date() {
    let text = serde_json::to_string_pretty(&schema()).expect("a schema is JSON") + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tauri.conf.schema.json");
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    if text != checked_in {
        std::fs::write(path, text).expect("the schema can be written");
        panic!("tauri.conf.schema.json was out of date; it has been written, commit it");
    }
}
