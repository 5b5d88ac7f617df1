//! What is recorded, and how much of it.

use super::*;

#[test]
fn the_service_name_comes_from_the_resource_attributes_too() {
    let env = [(
        "OTEL_RESOURCE_ATTRIBUTES",
        "service.name=a%2Cb,the%20team=x",
    )];
    let (config, _) = on(&env);
    assert_eq!(config.service_name.as_deref(), Some("a,b"));
    assert_eq!(
        config.resource_attributes,
        BTreeMap::from([("the team".to_owned(), "x".into())])
    );
    let both = [env[0], ("OTEL_SERVICE_NAME", "own")];
    assert_eq!(on(&both).0.service_name.as_deref(), Some("own"));
    for nonsense in ["team", "team=x,=y"] {
        refused("OTEL_RESOURCE_ATTRIBUTES", nonsense, |config| {
            config.resource_attributes
        });
    }
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
    assert_eq!(propagators("Baggage,tracecontext"), (true, true));
    assert_eq!(propagators("none"), (false, false));
    refused("OTEL_PROPAGATORS", "b3", |config| config.propagators);
    refused("OTEL_PROPAGATORS", "none,baggage", |config| {
        config.propagators
    });
}

#[test]
fn all_six_samplers() {
    for (name, ratio, parent_based) in [
        ("ALWAYS_ON", 1.0, false),
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
        let expected = TraceSampler {
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
fn a_ratio_without_a_sampler_is_ignored_and_that_is_said() {
    let (config, warnings) = on(&[("OTEL_TRACES_SAMPLER_ARG", "0.01")]);
    assert_eq!(config.sampler.ratio, 1.0);
    assert_eq!(
        warnings,
        [
            "OTEL_TRACES_SAMPLER_ARG is ignored: by the specification it counts only if OTEL_TRACES_SAMPLER is set"
        ]
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
    for nonsense in ["1m", "0"] {
        refused("OTEL_METRIC_EXPORT_INTERVAL", nonsense, interval);
    }
}

#[test]
fn temporality() {
    const VARIABLE: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    for (value, expected) in [
        ("", metrics::Temporality::Cumulative),
        ("cumulative", metrics::Temporality::Cumulative),
        ("Delta", metrics::Temporality::Delta),
        ("lowmemory", metrics::Temporality::LowMemory),
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
fn a_filter_that_takes_the_spans_away_is_said() {
    for (text, warns) in [
        ("error", false),
        ("off", true),
        ("my_app=warn", true),
        ("info", false),
        ("warn,my_app=info", false),
        ("warn,my_app=trace", false),
    ] {
        let (config, warnings) = on(&[("RUST_LOG", text)]);
        assert_eq!(config.filter, text.parse().unwrap());
        let said = warnings.iter().any(|text| text.starts_with("RUST_LOG"));
        assert_eq!(said, warns, "{text}: {warnings:?}");
    }
}

#[test]
fn attributes_of_the_resource_have_types() {
    let file = r#"{"resourceAttributes": {
        "text": "a", "whole": 7, "half": 0.5, "yes": true, "list": ["a", "b"], "numbers": [1, 2.5]
    }}"#;
    let (config, warnings) = resolve(&[ON], file);
    assert_eq!(warnings, [""; 0]);
    use opentelemetry::Array;
    let expected: [(&str, Value); 6] = [
        ("text", "a".into()),
        ("whole", 7.into()),
        ("half", 0.5.into()),
        ("yes", true.into()),
        (
            "list",
            Value::Array(Array::String(vec!["a".into(), "b".into()])),
        ),
        ("numbers", Value::Array(Array::F64(vec![1.0, 2.5]))),
    ];
    assert_eq!(
        config.expect("on").resource_attributes,
        expected
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect()
    );
    for nonsense in ["null", "{}", "[]", r#"["a", 1]"#, "[[1]]"] {
        let file = format!(r#"{{"resourceAttributes": {{"a": {nonsense}}}}}"#);
        let (_, warnings) = resolve(&[ON], &file);
        assert!(warnings[0].contains("a must be a text"), "{warnings:?}");
    }
}
