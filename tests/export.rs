//! Every signal over every transport, as it arrives at a real Collector, value by value.

use anyhow::Result;
use otel_harness::{
    Certificates, Collector, Emitter, Kind, Log, Metric, Options, Source, Span, Status,
    otlp::common::v1::{AnyValue, ArrayValue, any_value::Value},
};

/// How a transport differs from the default.
#[derive(Clone, Copy)]
struct Transport {
    protocol: &'static str,
    compression: &'static str,
    tls: bool,
}

fn value(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn text(text: &str) -> AnyValue {
    value(Value::StringValue(text.to_owned()))
}

fn list(values: impl IntoIterator<Item = AnyValue>) -> AnyValue {
    value(Value::ArrayValue(ArrayValue {
        values: values.into_iter().collect(),
    }))
}

/// What is not a number is not equal to itself, so values are compared as they print.
fn assert_value(found: Option<&AnyValue>, expected: &AnyValue, key: &str) {
    assert_eq!(
        format!("{found:?}"),
        format!("{:?}", Some(expected)),
        "{key}"
    );
}

fn check_span(span: &Span, spans: &[Span]) {
    let parent = spans
        .iter()
        .find(|span| span.name == "parent")
        .expect("it has arrived");
    let linked = spans
        .iter()
        .find(|span| span.name == "linked")
        .expect("it has arrived");
    assert_eq!(span.trace_id, parent.trace_id);
    assert_eq!(span.parent_span_id, parent.span_id);
    assert_eq!(span.kind, Kind::Producer);
    assert_eq!(span.status, Status::Error("deliberately".to_owned()));
    assert_eq!(span.events, ["happened"]);
    let link = (linked.trace_id.clone(), linked.span_id.clone());
    assert_eq!(span.links, [link]);
    let expected = [
        ("text", text("Grüße, 世界 🦀")),
        ("empty", text("")),
        ("bool", value(Value::BoolValue(true))),
        ("large", value(Value::IntValue(9_007_199_254_740_993))),
        ("smallest", value(Value::IntValue(i64::MIN))),
        ("double", value(Value::DoubleValue(0.1))),
        ("whole", value(Value::DoubleValue(3.0))),
        ("nan", value(Value::DoubleValue(f64::NAN))),
        ("infinite", value(Value::DoubleValue(f64::INFINITY))),
        ("negative", value(Value::DoubleValue(f64::NEG_INFINITY))),
        ("no_numbers", list([])),
        ("numbers", list([1, 2].map(|n| value(Value::IntValue(n))))),
        ("texts", list(["a", "ö"].map(text))),
    ];
    assert_eq!(span.exact.len(), expected.len());
    for (key, expected) in &expected {
        let pair = span.exact.iter().find(|pair| pair.key == *key);
        assert_value(pair.and_then(|pair| pair.value.as_ref()), expected, key);
    }
    assert_eq!(span.resource["service.name"], "emitter under test");
}

fn check_logs(logs: &[Log], spans: &[Span]) {
    let logging = spans
        .iter()
        .find(|span| span.name == "logging")
        .expect("it has arrived");
    let expected = [
        ("rows", value(Value::IntValue(5))),
        ("large", value(Value::IntValue(9_007_199_254_740_993))),
        ("huge", text("18446744073709551615")),
        ("late", value(Value::IntValue(6))),
        ("again", value(Value::IntValue(2))),
    ];
    for (key, expected) in &expected {
        let mut pairs = logging.exact.iter().filter(|pair| pair.key == *key);
        let found = pairs.next().and_then(|pair| pair.value.as_ref());
        assert_value(found, expected, key);
        assert!(pairs.next().is_none(), "{key} is there twice");
    }
    let named = |body: &str| {
        logs.iter()
            .find(|log| log.body == body)
            .expect("it has arrived")
    };
    for (body, severity, name) in [
        ("an event with fields", 9, "INFO"),
        ("a warning", 13, "WARN"),
        ("an error", 17, "ERROR"),
    ] {
        let log = named(body);
        assert_eq!((log.severity, &*log.severity_text), (severity, name));
        assert_eq!(
            (&log.trace_id, &log.span_id),
            (&logging.trace_id, &logging.span_id)
        );
        assert_eq!(log.scope, "emitter");
        assert!(log.time >= logging.start && log.time <= logging.end);
        assert_eq!(
            log.attributes["code.file.path"],
            "tests/apps/emitter/src/everything.rs"
        );
        assert_eq!(log.resource["service.name"], "emitter under test");
    }
    let log = named("an event with fields");
    for (key, expected) in [
        ("text", text("Grüße, 世界 🦀")),
        ("large", value(Value::IntValue(9_007_199_254_740_993))),
        ("huge", text("18446744073709551615")),
        ("nan", value(Value::DoubleValue(f64::NAN))),
        ("infinite", value(Value::DoubleValue(f64::INFINITY))),
        ("flag", value(Value::BoolValue(true))),
        ("bytes", value(Value::BytesValue(vec![0, 159, 146, 150]))),
        ("debugged", text("Some(1)")),
    ] {
        assert_value(log.exact(key), &expected, key);
    }
}

fn check_metrics(metrics: &[Metric]) {
    const KIND: (&str, &str) = ("kind", "test");
    let named = |name: &str| {
        metrics
            .iter()
            .rev()
            .find(|m| m.name == name)
            .expect("it has arrived")
    };
    assert_eq!(named("emitter.counter").number(&[KIND]), Some(3.0));
    assert_eq!(named("emitter.gauge").number(&[KIND]), Some(0.5));
    let up_down = named("emitter.up_down");
    assert_eq!(
        format!("{:?}", up_down.numbers()[0].value),
        "Some(AsInt(-9007199254740993))"
    );
    let histogram = named("emitter.histogram");
    assert_eq!(histogram.unit, "s");
    let point = histogram.histogram(KIND).expect("it has arrived");
    assert_eq!((point.count, point.sum), (2, Some(70.25)));
    assert_eq!((point.min, point.max), (Some(0.25), Some(70.0)));
    for name in ["emitter.traced", "emitter.silent"] {
        assert_eq!(
            named(name).numbers().len(),
            1,
            "{name}: an event of tracing"
        );
    }
    let duration = named("emitter.duration");
    assert_eq!(duration.unit, "s");
    let duration = &duration.histograms()[0];
    assert_eq!(duration.explicit_bounds[0], 0.0005, "in seconds");
    assert_eq!(up_down.resource["service.name"], "emitter under test");
}

async fn check_everything(collector: &impl Source) -> Result<()> {
    collector
        .wait_for("the span, and those of the log records", |spans| {
            let has = |name| spans.iter().any(|span| span.name == name);
            (has("everything") && has("logging")).then_some(())
        })
        .await?;
    collector.log("an error").await?;
    // The last record, so that the one that would be made of `emitter.silent` would be there.
    collector.log("counted by tracing").await?;
    let is_measurement = |key: &String| key.contains("emitter.silent");
    let logs = collector.logs();
    assert!(
        !logs
            .iter()
            .any(|log| log.attributes.keys().any(is_measurement)),
        "a measurement without a message is a log record: {logs:#?}"
    );
    collector.metric("emitter.counter", |_| true).await?;
    let spans = collector.spans();
    let everything = spans
        .iter()
        .find(|span| span.name == "everything")
        .expect("it has arrived");
    check_span(everything, &spans);
    check_logs(&collector.logs(), &spans);
    check_metrics(&collector.metrics());
    Ok(())
}

async fn check(transport: Transport) -> Result<()> {
    let certificates = Certificates::valid()?;
    let collector = Collector::with(Options {
        tls: transport.tls.then_some(&certificates),
        client_certificates: transport.tls,
        ..Options::default()
    })
    .await?;
    let endpoint = if transport.protocol == "grpc" {
        collector.grpc_endpoint()
    } else {
        collector.endpoint()
    };
    let mut env = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", transport.protocol),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", transport.compression),
        ("OTEL_SERVICE_NAME", "emitter under test"),
    ];
    let files = [
        certificates.ca(),
        certificates.client(),
        certificates.client_key(),
    ];
    let files = files.map(|file| file.display().to_string());
    if transport.tls {
        env.extend([
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", &*files[0]),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &*files[1]),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &*files[2]),
        ]);
    }
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("everything").await?;
    emitter.tell("flush").await?;
    let status = emitter.tell("status").await?;
    for signal in ["traces", "metrics", "logs"] {
        let status = &status[signal];
        assert!(
            status["exported"].as_u64() > Some(0),
            "{signal}: {status}, {}",
            emitter.errors()
        );
        assert_eq!(status["dropped"], serde_json::json!({}), "{signal}");
        assert_eq!(status["breaker"], "closed", "{signal}");
    }
    check_everything(&collector).await?;
    emitter.exit().await?;
    Ok(())
}

macro_rules! transports {
    ($($name:ident: $protocol:literal $compression:literal $tls:literal;)*) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            check(Transport { protocol: $protocol, compression: $compression, tls: $tls }).await
        })*
    };
}

transports! {
    http_protobuf: "http/protobuf" "none" false;
    http_protobuf_gzip: "http/protobuf" "gzip" false;
    http_protobuf_zstd: "http/protobuf" "zstd" false;
    http_json: "http/json" "none" false;
    http_json_gzip: "http/json" "gzip" false;
    http_json_zstd: "http/json" "zstd" false;
    grpc: "grpc" "none" false;
    grpc_gzip: "grpc" "gzip" false;
    grpc_zstd: "grpc" "zstd" false;
    https_protobuf: "http/protobuf" "none" true;
    https_protobuf_gzip: "http/protobuf" "gzip" true;
    https_protobuf_zstd: "http/protobuf" "zstd" true;
    https_json: "http/json" "none" true;
    https_json_gzip: "http/json" "gzip" true;
    https_json_zstd: "http/json" "zstd" true;
    grpcs: "grpc" "none" true;
    grpcs_gzip: "grpc" "gzip" true;
    grpcs_zstd: "grpc" "zstd" true;
}

/// The files of the file exporter are what the Collector's own reader of OTLP JSON takes.
#[tokio::test]
async fn exported_files_are_read_by_the_collector() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("telemetry.jsonl");
    let env = [
        ("OTEL_TRACES_EXPORTER", "file"),
        ("OTEL_METRICS_EXPORTER", "file"),
        ("OTEL_LOGS_EXPORTER", "file"),
        (
            "OTEL_EXPORTER_FILE_PATH",
            path.to_str().expect("it has arrived"),
        ),
        ("OTEL_SERVICE_NAME", "emitter under test"),
    ];
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("everything").await?;
    emitter.exit().await?;
    let collector = Collector::with(Options {
        json_files: Some(&dir.path().join("*.jsonl")),
        ..Options::default()
    })
    .await?;
    check_everything(&collector).await
}

#[tokio::test]
async fn the_console_has_a_line_for_everything() -> Result<()> {
    let env = [
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_METRICS_EXPORTER", "console"),
        ("OTEL_LOGS_EXPORTER", "console"),
    ];
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("everything").await?;
    assert_eq!(emitter.tell("flush").await?, true);
    let printed = emitter.printed();
    for words in [
        "SPAN everything ",
        "METRIC emitter.counter 3",
        "WARN emitter: a warning",
    ] {
        let lines = printed.iter().filter(|line| line.contains(words)).count();
        assert_eq!(lines, 1, "{words:?} in {printed:#?}");
    }
    Ok(())
}
