//! What is decided, from every source and about every setting.

use super::*;

fn resolve(env: &[(&str, &str)], file: &str) -> (Option<Config>, Vec<String>) {
    let env: BTreeMap<String, String> = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let file = serde_json::from_str(file).expect("the settings of a test parse");
    let (config, warnings) =
        Config::resolve(&|name| env.get(name).cloned(), Settings::default(), file);
    (config, warnings.iter().map(ToString::to_string).collect())
}

const ON: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

fn on(env: &[(&str, &str)]) -> (Config, Vec<String>) {
    let (config, warnings) = resolve(&[&[ON], env].concat(), "{}");
    (config.expect("telemetry is on"), warnings)
}

#[test]
fn nothing_said_is_off() {
    assert_eq!(resolve(&[], "{}"), (None, vec![]));
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
fn the_general_endpoint_gets_the_path_and_the_one_of_traces_does_not() {
    let endpoint = |env: &[(&str, &str)]| resolve(env, "{}").0.map(|c| c.endpoint.to_string());
    assert_eq!(
        endpoint(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://example.com/otlp/")]).as_deref(),
        Some("https://example.com/otlp/v1/traces")
    );
    assert_eq!(
        endpoint(&[
            ON,
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://example.com/x")
        ])
        .as_deref(),
        Some("http://example.com/x")
    );
}

#[test]
fn an_endpoint_that_is_no_url_is_named_and_leaves_telemetry_off() {
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
fn the_file_turns_it_on_and_the_environment_wins_over_it() {
    let file = r#"{"endpoint": "http://file:1", "serviceName": "file", "headers": {"a": "1"}}"#;
    let (config, _) = resolve(&[], file);
    let config = config.expect("on");
    assert_eq!(config.endpoint.host_str(), Some("file"));
    assert_eq!(config.service_name.as_deref(), Some("file"));

    let env = [
        ON,
        ("OTEL_SERVICE_NAME", "env"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=2,b=%20x"),
    ];
    let (config, _) = resolve(&env, file);
    let config = config.expect("on");
    assert_eq!(config.endpoint.host_str(), Some("127.0.0.1"));
    assert_eq!(config.service_name.as_deref(), Some("env"));
    assert_eq!(
        config.headers,
        [("a".into(), "2".into()), ("b".into(), " x".into())]
    );
}

#[test]
fn an_unknown_key_is_named() {
    let error = serde_json::from_str::<Settings>(r#"{"endpint": ""}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `endpint`"));
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
        let (config, warnings) = on(&env);
        let expected = Sampler {
            ratio,
            parent_based,
        };
        assert_eq!((config.sampler, warnings), (expected, vec![]), "{name}");
    }
}

#[test]
fn a_wrong_value_is_named_and_the_default_stays() {
    let (plain, _) = on(&[]);
    for (name, value) in [
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("RUST_LOG", "a=b=c"),
    ] {
        let (config, warnings) = on(&[(name, value)]);
        assert_eq!(config, plain, "{name}");
        assert_eq!(warnings.len(), 1, "{name}");
        assert!(
            warnings[0].starts_with(&format!("{name} is {value:?} but must be")),
            "{}",
            warnings[0]
        );
    }
}

#[test]
fn a_rule_with_an_impossible_ratio_is_left_out() {
    let file = r#"{"commands": [{"pattern": "a", "ratio": 2}, {"pattern": "b", "ratio": 0}]}"#;
    let (config, warnings) = resolve(&[ON], file);
    let patterns: Vec<_> = config
        .expect("on")
        .commands
        .into_iter()
        .map(|rule| rule.pattern)
        .collect();
    assert_eq!(patterns, ["b"]);
    assert_eq!(
        warnings,
        ["the ratio of the commands \"a\" is \"2\" but must be a number from 0 to 1; ignored"]
    );
}

#[test]
fn a_value_that_may_be_a_secret_is_not_repeated() {
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "Bearer-secret");
    let endpoint = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "me:secret@host:4318");
    for (name, value) in [headers, endpoint] {
        let (_, warnings) = on(&[(name, value)]);
        assert_eq!(warnings.len(), 1, "{name}");
        assert!(warnings[0].starts_with(&format!("{name} must be ")));
        assert!(!warnings[0].contains("secret"), "{}", warnings[0]);
    }
}
