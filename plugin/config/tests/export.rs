//! Where telemetry goes, and how.

use super::*;

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
        let all = exports("otlp, Console,FILE");
        assert!(all.otlp.is_some() && all.file && all.console);
        assert!(exports("None").is_none());
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
fn a_file_of_the_spool_has_half_of_its_bytes_at_most() {
    let file_bytes = |file| resolve(&[ON], file).0.expect("on").spool.max_file_bytes;
    assert_eq!(file_bytes("{}"), 1024 * 1024);
    assert_eq!(file_bytes(r#"{"spool": {"maxBytes": 200000}}"#), 100_000);
    let file = r#"{"spool": {"maxBytes": 200000, "maxFileBytes": 50000}}"#;
    assert_eq!(file_bytes(file), 50_000);
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
        ("HTTP/JSON", Protocol::HttpJson),
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
    let one = |name: &str, value: &str| Headers::from([(name.to_owned(), value.to_owned())]);
    let values = [("a=1", one("a", "1")), ("B=%C3%A4", one("b", "ä"))];
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
    let of_traces = |env: &[_]| setting(env, |config| otlp(config.traces).timeout);
    assert_eq!(of_traces(&[]), millis(10_000));
    let no_limit = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "0"),
    ];
    assert_eq!(of_traces(&no_limit[..1]), millis(30_000), "of the batch");
    assert_eq!(of_traces(&no_limit[1..]), millis(10_000), "of the request");
    let most = Duration::from_secs(60 * 60);
    assert_eq!(of_traces(&no_limit), most);
    let centuries = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "999999999999999"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "999999999999999"),
    ];
    assert_eq!(of_traces(&centuries), most, "gRPC can say no more");
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
    let values = [("GZIP", Compression::Gzip), ("none", Compression::None)];
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
