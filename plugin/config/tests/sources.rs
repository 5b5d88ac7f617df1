//! Which of the sources counts, and what a mistake in one costs.

use super::*;

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
