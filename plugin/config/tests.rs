//! What is decided, from every source and about every setting.

use super::*;

fn decide(env: &[(&str, &str)], builder: Settings, file: &str) -> (Option<Config>, Vec<String>) {
    let env: BTreeMap<String, String> = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let file = serde_json::from_str(file).expect("the settings of a test are JSON");
    let (file, mut warnings) = Settings::from_json(file);
    let decision = Config::resolve(&|name| env.get(name).cloned(), builder, file);
    warnings.extend(decision.warnings);
    let warnings = warnings.iter().map(ToString::to_string).collect();
    (decision.config, warnings)
}

fn resolve(env: &[(&str, &str)], file: &str) -> (Option<Config>, Vec<String>) {
    decide(env, Settings::default(), file)
}

const ON: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

fn on(env: &[(&str, &str)]) -> (Config, Vec<String>) {
    let (config, warnings) = resolve(&[&[ON], env].concat(), "{}");
    (config.expect("telemetry is on"), warnings)
}

/// What `env` makes of one setting, without a warning.
fn setting<T>(env: &[(&str, &str)], read: impl FnOnce(Config) -> T) -> T {
    let (config, warnings) = on(env);
    assert_eq!(warnings, [""; 0], "from {env:?}");
    read(config)
}

/// That a wrong value is named with its variable, and that the default stands.
fn refused<T: PartialEq + std::fmt::Debug>(
    variable: &str,
    value: &str,
    read: impl Fn(Config) -> T,
) -> String {
    let (config, warnings) = on(&[(variable, value)]);
    let [warning] = &warnings[..] else {
        panic!("{variable}={value} gives {warnings:?}");
    };
    assert!(
        warning.starts_with(&format!("{variable} is {value:?} but must be ")),
        "{warning}"
    );
    assert_eq!(
        read(config),
        setting(&[], &read),
        "the default of {variable}"
    );
    assert_eq!(
        setting(&[(variable, "")], &read),
        setting(&[], &read),
        "an empty {variable}"
    );
    warning.clone()
}

fn otlp(exports: Exports) -> Otlp {
    exports.otlp.expect("this signal goes over OTLP")
}

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
    for value in ["true", "TRUE"] {
        assert_eq!(
            resolve(&[ON, ("OTEL_SDK_DISABLED", value)], file),
            (None, vec![])
        );
    }
    let (config, _) = resolve(&[ON, ("OTEL_SDK_DISABLED", "1")], file);
    assert!(config.is_some(), "only `true` is true");
}

#[test]
fn the_general_endpoint_gets_the_path_of_each_signal_and_a_signals_own_does_not() {
    let config = setting(
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://example.com/otlp/"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://example.com/x"),
        ],
        |config| config,
    );
    let endpoint = |exports| otlp(exports).endpoint.to_string();
    assert_eq!(
        endpoint(config.traces),
        "https://example.com/otlp/v1/traces"
    );
    assert_eq!(
        endpoint(config.metrics),
        "https://example.com/otlp/v1/metrics"
    );
    assert_eq!(endpoint(config.logs), "http://example.com/x");
}

#[test]
fn an_endpoint_of_one_signal_turns_on_that_signal_alone() {
    for signal in Signal::ALL {
        let variable = format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.variable());
        let (config, warnings) = resolve(&[(&variable, "http://localhost:1/")], "{}");
        let config = config.expect("on");
        assert_eq!(warnings, [""; 0]);
        let on = [config.traces, config.metrics, config.logs].map(|exports| !exports.is_none());
        assert_eq!(on, Signal::ALL.map(|other| other == signal));
    }
}

#[test]
fn an_endpoint_that_is_no_url_is_named_once_and_leaves_telemetry_off() {
    let (config, warnings) = resolve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318")], "{}");
    assert_eq!(config, None);
    assert_eq!(
        warnings,
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT is \"localhost:4318\" but must be a URL that begins with \
          http:// or https://; ignored"
        ]
    );
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
        endpoint: "http://builder:2".parse().ok(),
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
    let headers = [("a", "2"), ("b", " x"), ("c", "3")];
    assert_eq!(
        traces.headers,
        headers.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn an_app_can_look_away_from_the_environment() {
    let builder = Settings {
        ignore_environment: true,
        ..Settings::default()
    };
    assert_eq!(decide(&[ON], builder, "{}"), (None, vec![]));
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
fn every_signal_chooses_its_exporters() {
    let of = |signal: Signal, config: Config| match signal {
        Signal::Traces => config.traces,
        Signal::Metrics => config.metrics,
        Signal::Logs => config.logs,
    };
    for signal in Signal::ALL {
        let variable = format!("OTEL_{}_EXPORTER", signal.variable());
        let exports = |value| setting(&[(&variable, value)], |config| of(signal, config));
        let default = exports("");
        assert!(default.otlp.is_some() && !default.file && !default.console);
        let all = exports("otlp, console,file");
        assert!(all.otlp.is_some() && all.file && all.console);
        assert!(exports("none").is_none());
        let others = Signal::ALL.into_iter().filter(|other| *other != signal);
        for other in others {
            let config = setting(&[(&variable, "none")], |config| config);
            assert!(of(other, config).otlp.is_some(), "{other:?} stays");
        }
        refused(&variable, "zipkin", |config| of(signal, config));
        refused(&variable, "otlp,none", |config| of(signal, config));
    }
}

#[test]
fn an_exporter_that_is_named_needs_no_endpoint() {
    let (config, _) = resolve(&[("OTEL_TRACES_EXPORTER", "otlp")], "{}");
    let config = config.expect("on");
    assert_eq!(
        otlp(config.traces).endpoint.as_str(),
        "http://localhost:4318/v1/traces"
    );
    assert!(config.metrics.is_none() && config.logs.is_none());
    let (config, _) = resolve(&[("OTEL_LOGS_EXPORTER", "console")], "{}");
    assert!(config.expect("on").logs.console);
    assert_eq!(resolve(&[("OTEL_LOGS_EXPORTER", "none")], "{}").0, None);
}

#[test]
fn a_log_file_alone_is_on_and_makes_ids_only() {
    let (config, _) = resolve(&[], r#"{"logFile": {"format": "json", "maxFiles": 2}}"#);
    let config = config.expect("on");
    let file = config.log_file.expect("a log file");
    assert_eq!((file.format, file.max_files), (LogFormat::Json, 2));
    assert_eq!(file.max_bytes, LogFile::default().max_bytes);
    assert_eq!(config.sampler.ratio, 0.0);
}

#[test]
fn the_file_of_the_file_exporter() {
    let path = |env: &[_], file| {
        resolve(&[&[ON], env].concat(), file)
            .0
            .expect("on")
            .file_path
    };
    let file = r#"{"filePath": "from/file.jsonl"}"#;
    assert_eq!(path(&[], "{}"), None);
    assert_eq!(path(&[], file), Some("from/file.jsonl".into()));
    let env = [("OTEL_EXPORTER_FILE_PATH", "from/env.jsonl")];
    assert_eq!(path(&env, file), Some("from/env.jsonl".into()));
}

/// A variable of the OTLP exporter in its general and its own form, for every signal.
fn otlp_variable<T: PartialEq + std::fmt::Debug>(
    suffix: &str,
    [general, own]: [(&str, T); 2],
    read: impl Fn(&Otlp) -> T,
) {
    let general_name = format!("OTEL_EXPORTER_OTLP_{suffix}");
    let of = |env: &[(&str, &str)]| {
        setting(env, |config| {
            [config.traces, config.metrics, config.logs].map(|exports| read(&otlp(exports)))
        })
    };
    let [traces, metrics, logs] = of(&[(&general_name, general.0)]);
    for value in [&traces, &metrics, &logs] {
        assert_eq!(*value, general.1, "{general_name}={}", general.0);
    }
    for signal in Signal::ALL {
        let own_name = format!("OTEL_EXPORTER_OTLP_{}_{suffix}", signal.variable());
        let all = of(&[(&general_name, general.0), (&own_name, own.0)]);
        for (other, value) in Signal::ALL.into_iter().zip(&all) {
            let expected = if other == signal { &own.1 } else { &general.1 };
            assert_eq!(value, expected, "{own_name}={} for {other:?}", own.0);
        }
    }
}

#[test]
fn protocol() {
    let values = [
        ("http/protobuf", Protocol::HttpProtobuf),
        ("http/json", Protocol::HttpJson),
    ];
    otlp_variable("PROTOCOL", values, |otlp| otlp.protocol);
    let warning = refused("OTEL_EXPORTER_OTLP_PROTOCOL", "thrift", |config| {
        otlp(config.traces).protocol
    });
    assert!(warning.contains("grpc"), "{warning}");
}

#[cfg(feature = "grpc")]
#[test]
fn grpc_has_no_path_and_endpoints_without_a_scheme() {
    const GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let endpoint = |env: &[(&str, &str)]| {
        let (config, _) = resolve(&[&[GRPC], env].concat(), "{}");
        otlp(config.expect("on").traces).endpoint.to_string()
    };
    assert_eq!(endpoint(&[ON]), "http://127.0.0.1:4318/");
    let plain = ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317");
    assert_eq!(endpoint(&[plain]), "https://collector:4317/");
    let insecure = ("OTEL_EXPORTER_OTLP_INSECURE", "true");
    assert_eq!(endpoint(&[plain, insecure]), "http://collector:4317/");
    let own = ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false");
    assert_eq!(endpoint(&[plain, insecure, own]), "https://collector:4317/");
    assert_eq!(
        endpoint(&[("OTEL_TRACES_EXPORTER", "otlp")]),
        "http://localhost:4317/"
    );
}

#[test]
fn insecure_has_to_be_true_or_false() {
    refused("OTEL_EXPORTER_OTLP_INSECURE", "perhaps", |config| {
        otlp(config.traces).endpoint
    });
}

#[test]
fn headers() {
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let values = [("a=1", pair("a", "1")), ("b=%C3%A4", pair("b", "ä"))];
    otlp_variable("HEADERS", values, |otlp| otlp.headers.clone());
}

#[test]
fn timeouts() {
    let millis = Duration::from_millis;
    otlp_variable(
        "TIMEOUT",
        [("100", millis(100)), ("7", millis(7))],
        |otlp| otlp.timeout,
    );
    refused("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", |config| {
        otlp(config.traces).timeout
    });
    assert_eq!(
        setting(&[], |config| otlp(config.traces).timeout),
        millis(10_000)
    );
    for (variable, signal) in [
        ("OTEL_BSP_EXPORT_TIMEOUT", Signal::Traces),
        ("OTEL_METRIC_EXPORT_TIMEOUT", Signal::Metrics),
        ("OTEL_BLRP_EXPORT_TIMEOUT", Signal::Logs),
    ] {
        let all = setting(&[(variable, "50")], |config| {
            [config.traces, config.metrics, config.logs].map(|exports| otlp(exports).timeout)
        });
        let expected = Signal::ALL.map(|other| millis(if other == signal { 50 } else { 10_000 }));
        assert_eq!(all, expected, "{variable}");
        refused(variable, "soon", |config| {
            [config.traces, config.metrics, config.logs].map(|exports| otlp(exports).timeout)
        });
    }
}

#[test]
fn compression() {
    let values = [("gzip", Compression::Gzip), ("none", Compression::None)];
    otlp_variable("COMPRESSION", values, |otlp| otlp.compression);
    let warning = refused("OTEL_EXPORTER_OTLP_COMPRESSION", "lz4", |config| {
        otlp(config.traces).compression
    });
    assert!(warning.contains("zstd"), "{warning}");
}

#[test]
fn certificates() {
    let values = || {
        [
            ("a.pem", Some("a.pem".into())),
            ("b.pem", Some("b.pem".into())),
        ]
    };
    otlp_variable("CERTIFICATE", values(), |otlp| otlp.certificate.clone());
    otlp_variable("CLIENT_CERTIFICATE", values(), |otlp| {
        otlp.client_certificate.clone()
    });
    otlp_variable("CLIENT_KEY", values(), |otlp| otlp.client_key.clone());
}

#[test]
fn the_service_name_comes_from_the_resource_attributes_too() {
    let env = [("OTEL_RESOURCE_ATTRIBUTES", "service.name=a%2Cb,team=x")];
    let (config, _) = on(&env);
    assert_eq!(config.service_name.as_deref(), Some("a,b"));
    assert_eq!(
        config.resource_attributes,
        BTreeMap::from([("team".into(), "x".into())])
    );
    let both = [env[0], ("OTEL_SERVICE_NAME", "own")];
    assert_eq!(on(&both).0.service_name.as_deref(), Some("own"));
    refused("OTEL_RESOURCE_ATTRIBUTES", "team", |config| {
        config.resource_attributes
    });
}

#[test]
fn propagators() {
    let propagators = |value| {
        let env = [("OTEL_PROPAGATORS", value)];
        let found = setting(&env, |config| config.propagators);
        (found.trace_context, found.baggage)
    };
    assert_eq!(propagators(""), (true, true));
    assert_eq!(propagators("tracecontext"), (true, false));
    assert_eq!(propagators("baggage"), (false, true));
    assert_eq!(propagators("baggage,tracecontext"), (true, true));
    assert_eq!(propagators("none"), (false, false));
    refused("OTEL_PROPAGATORS", "b3", |config| config.propagators);
    refused("OTEL_PROPAGATORS", "none,baggage", |config| {
        config.propagators
    });
}

#[test]
fn all_six_samplers() {
    for (name, ratio, parent_based) in [
        ("always_on", 1.0, false),
        ("always_off", 0.0, false),
        ("traceidratio", 0.25, false),
        ("parentbased_always_on", 1.0, true),
        ("parentbased_always_off", 0.0, true),
        ("parentbased_traceidratio", 0.25, true),
    ] {
        let env = [
            ("OTEL_TRACES_SAMPLER", name),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ];
        let expected = Sampler {
            ratio,
            parent_based,
        };
        assert_eq!(setting(&env, |config| config.sampler), expected, "{name}");
    }
    refused("OTEL_TRACES_SAMPLER", "jaeger_remote", |config| {
        config.sampler
    });
}

#[test]
fn a_ratio_that_is_none_is_named_and_everything_is_recorded() {
    let env = [
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
    ];
    let (config, warnings) = on(&env);
    assert_eq!(config.sampler.ratio, 1.0);
    assert_eq!(
        warnings,
        ["OTEL_TRACES_SAMPLER_ARG is \"2\" but must be a number from 0 to 1; ignored"]
    );
}

#[test]
fn queues() {
    let defaults = |delay| Batch {
        max_queue_size: 2048,
        max_export_batch_size: 512,
        scheduled_delay: Duration::from_millis(delay),
    };
    assert_eq!(setting(&[], |config| config.span_batch), defaults(5000));
    assert_eq!(setting(&[], |config| config.log_batch), defaults(1000));
    for (prefix, read) in [
        (
            "OTEL_BSP",
            (|config| config.span_batch) as fn(Config) -> Batch,
        ),
        ("OTEL_BLRP", |config| config.log_batch),
    ] {
        let size = format!("{prefix}_MAX_QUEUE_SIZE");
        let batch = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
        let delay = format!("{prefix}_SCHEDULE_DELAY");
        let env = [(&*size, "64"), (&*batch, "100"), (&*delay, "10")];
        let expected = Batch {
            max_queue_size: 64,
            max_export_batch_size: 64,
            scheduled_delay: Duration::from_millis(10),
        };
        assert_eq!(
            setting(&env, read),
            expected,
            "a batch is no more than the queue"
        );
        refused(&size, "0", read);
        refused(&batch, "many", read);
        refused(&delay, "-1", read);
    }
}

#[test]
fn the_interval_of_metrics() {
    let interval = |config: Config| config.metric_interval;
    assert_eq!(setting(&[], interval), Duration::from_secs(60));
    let env = [("OTEL_METRIC_EXPORT_INTERVAL", "250")];
    assert_eq!(setting(&env, interval), Duration::from_millis(250));
    refused("OTEL_METRIC_EXPORT_INTERVAL", "1m", interval);
}

#[test]
fn temporality() {
    const VARIABLE: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    for (value, expected) in [
        ("", Temporality::Cumulative),
        ("cumulative", Temporality::Cumulative),
        ("Delta", Temporality::Delta),
        ("lowmemory", Temporality::LowMemory),
    ] {
        assert_eq!(
            setting(&[(VARIABLE, value)], |config| config.temporality),
            expected
        );
    }
    refused(VARIABLE, "weekly", |config| config.temporality);
}

#[test]
fn limits_of_spans() {
    let of = |env: &[_]| setting(env, |config| config.span_limits);
    let defaults = SpanLimits {
        span: Limits {
            attributes: 128,
            value_length: None,
        },
        events: 128,
        links: 128,
        attributes_per_event: 128,
        attributes_per_link: 128,
    };
    assert_eq!(of(&[]), defaults);
    type Change = fn(&mut SpanLimits);
    let cases: [(&str, Change); 8] = [
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", |l| l.span.attributes = 7),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", |l| {
            l.span.value_length = Some(7)
        }),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", |l| l.span.attributes = 7),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", |l| {
            l.span.value_length = Some(7)
        }),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", |l| l.events = 7),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", |l| l.links = 7),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", |l| {
            l.attributes_per_event = 7
        }),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", |l| {
            l.attributes_per_link = 7
        }),
    ];
    for (variable, change) in cases {
        let mut expected = defaults;
        change(&mut expected);
        assert_eq!(of(&[(variable, "7")]), expected, "{variable}");
        refused(variable, "few", |config| config.span_limits);
    }
    let both = [
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "1"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2"),
    ];
    assert_eq!(of(&both).span.attributes, 2, "the span's own wins");
}

#[test]
fn limits_of_log_records() {
    let of = |env: &[_]| {
        let limits = setting(env, |config| config.log_limits);
        (limits.attributes, limits.value_length)
    };
    assert_eq!(of(&[]), (128, None));
    assert_eq!(of(&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "7")]).0, 7);
    for (variable, expected) in [
        ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", (7, None)),
        (
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            (128, Some(7)),
        ),
    ] {
        assert_eq!(of(&[(variable, "7")]), expected, "{variable}");
        refused(variable, "-7", |config| config.log_limits);
    }
}

#[test]
fn how_much_the_plugin_says() {
    let verbosity = |value: &str| {
        let env = |name: &str| (name == "OTEL_LOG_LEVEL").then(|| value.to_owned());
        let decision = Config::resolve(&env, Settings::default(), Settings::default());
        (decision.verbosity, decision.warnings.len())
    };
    assert_eq!(verbosity(""), (Verbosity::Info, 0));
    assert_eq!(verbosity("none"), (Verbosity::None, 0));
    assert_eq!(verbosity("ERROR"), (Verbosity::Error, 0));
    assert_eq!(verbosity("warn"), (Verbosity::Warn, 0));
    assert_eq!(verbosity("debug"), (Verbosity::Info, 0));
    assert_eq!(verbosity("loud"), (Verbosity::Info, 1));
}

#[test]
fn the_floor_of_logs() {
    let floor = |file| resolve(&[ON], file).0.expect("on").log_floor;
    assert_eq!(floor("{}").level, LogLevel::Info, "in debug builds");
    let said = floor(r#"{"logLevel": "error", "breadcrumbs": 3}"#);
    assert_eq!((said.level, said.breadcrumbs), (LogLevel::Error, 3));
}

#[test]
fn a_filter_that_is_none_is_named_and_the_default_stands() {
    refused("RUST_LOG", "a=b=c", |config| config.filter);
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

/// Editors complete `plugins.opentelemetry` by it, below tauri's own schema.
#[test]
fn the_schema_of_tauri_conf_json_is_up_to_date() {
    let settings = schemars::generate::SchemaSettings::draft07();
    let schema = settings.into_generator().into_root_schema_for::<Settings>();
    let mut schema = serde_json::to_value(schema).expect("a schema is JSON");
    let mut definitions = schema["definitions"].take();
    let keys = schema.as_object_mut().expect("a schema is an object");
    keys.remove("definitions");
    keys.remove("$schema");
    definitions["opentelemetry"] = schema;
    let whole = serde_json::json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "tauri.conf.json with tauri-plugin-opentelemetry",
        "allOf": [{ "$ref": "https://schema.tauri.app/config/2" }],
        "properties": {
            "plugins": { "properties": { "opentelemetry": { "$ref": "#/definitions/opentelemetry" } } }
        },
        "definitions": definitions
    });
    let text = serde_json::to_string_pretty(&whole).expect("a schema is JSON") + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tauri.conf.schema.json");
    std::fs::write(path, text).expect("the schema can be written");
}
