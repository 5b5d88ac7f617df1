//! Who gets the credentials of the app, and what is printed of them.

use super::*;

/// An app with a collector of its own, and everything that says who it is.
fn app() -> Settings {
    Settings {
        otlp: OtlpOptions::new()
            .endpoint("https://collector.example.com")
            .header("Authorization", "secret")
            .headers_with(|| Ok(Vec::new()))
            .client_certificate("client.pem", "key.pem"),
        ..Settings::default()
    }
}

/// Whether traces go out with the app's credentials, and what is said about it.
fn sent(env: &[(&str, &str)], app: Settings) -> (bool, Vec<String>) {
    let (config, warnings) = decide(env, app, "{}");
    let otlp = otlp(config.expect("on").traces);
    let has = [
        otlp.headers.iter().any(|(name, _)| name == "authorization"),
        otlp.header_source.is_some(),
        otlp.client_certificate.is_some(),
        otlp.client_key.is_some(),
    ];
    assert!(has.iter().all(|one| *one == has[0]), "all or none: {has:?}");
    (has[0], warnings)
}

#[test]
fn credentials_go_to_the_origin_that_they_were_given_for_and_to_no_other() {
    const GENERAL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const OWN: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    assert_eq!(sent(&[], app()), (true, vec![]));
    for (variable, endpoint, expected) in [
        (GENERAL, "https://collector.example.com/other/path", true),
        (OWN, "https://collector.example.com:443/v1/traces", true),
        (GENERAL, "https://elsewhere.example.com", false),
        (GENERAL, "http://collector.example.com", false),
        (OWN, "https://collector.example.com:444/v1/traces", false),
    ] {
        let (sent, warnings) = sent(&[(variable, endpoint)], app());
        assert_eq!(sent, expected, "{variable}={endpoint}");
        assert_eq!(warnings.len(), usize::from(!expected), "{warnings:?}");
        assert!(!format!("{warnings:?}").contains("secret"));
    }
    let env = [("OTEL_TRACES_EXPORTER", "otlp"), (GENERAL, "")];
    let nowhere = Settings {
        otlp: OtlpOptions::new()
            .header("authorization", "secret")
            .headers_with(|| Ok(Vec::new()))
            .client_certificate("client.pem", "key.pem"),
        ..Settings::default()
    };
    assert!(
        !sent(&env, nowhere).0,
        "the default endpoint is the environment's"
    );
}

#[test]
fn the_environment_may_add_headers_to_the_endpoint_of_the_app() {
    let env = [("OTEL_EXPORTER_OTLP_HEADERS", "AUTHORIZATION=mine,x=1")];
    let (config, _) = decide(&env, app(), "{}");
    let headers = otlp(config.expect("on").traces).headers;
    assert_eq!(
        headers.iter().collect::<Vec<_>>(),
        [("authorization", "mine"), ("x", "1")]
    );
}

#[test]
fn what_is_printed_of_a_configuration_has_no_secret() {
    let builder = Settings {
        otlp: OtlpOptions::new()
            .endpoint("https://user:hush@example.com")
            .header("authorization", "hush"),
        ..Settings::default()
    };
    let env = [
        ("HTTPS_PROXY", "http://user:hush@proxy:1"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://user:hush@logs/"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "a=hush"),
    ];
    let env_settings = Settings::from_environment(&|name| {
        let value = env.iter().find(|(key, _)| *key == name);
        value.map(|(_, value)| (*value).to_owned())
    });
    let (config, warnings) = decide(&env, builder.clone(), "{}");
    let printed = format!("{builder:?} {env_settings:?} {config:?} {warnings:?}");
    assert!(!printed.contains("hush"), "{printed}");
    assert!(printed.contains("authorization"), "{printed}");
}

#[test]
fn proxies_come_from_what_config_was_given() {
    let of = |env: &[(&str, &str)]| {
        let (config, _) = decide(env, app(), "{}");
        otlp(config.expect("on").traces).proxy
    };
    assert_eq!(of(&[]), None);
    let expected = |exceptions: &[&str]| {
        Some(Proxy {
            url: "http://proxy:1".to_owned(),
            exceptions: exceptions.iter().map(|host| (*host).to_owned()).collect(),
        })
    };
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        assert_eq!(of(&[(name, "http://proxy:1")]), expected(&[]), "{name}");
    }
    assert_eq!(
        of(&[("HTTP_PROXY", "http://proxy:1")]),
        None,
        "the endpoint is https"
    );
    let env = [
        ("ALL_PROXY", "http://other"),
        ("HTTPS_PROXY", "http://proxy:1"),
        ("no_proxy", "a, .b"),
    ];
    assert_eq!(of(&env), expected(&["a", ".b"]));
    assert_eq!(of(&[("HTTPS_PROXY", "proxy:1")]), expected(&[]));
    let nonsense = [("ALL_PROXY", "socks5://a:1")];
    let (config, _) = decide(&nonsense, app(), r#"{"proxy": "http://proxy:1"}"#);
    let of_app = otlp(config.expect("on").traces).proxy;
    assert_eq!(of_app, expected(&[]), "the other sources still count");
}

#[test]
fn a_proxy_that_makes_no_sense_is_named_once_and_only_if_an_export_would_go_through_it() {
    for (env, file, named) in [
        (("HTTPS_PROXY", "socks5://a:1"), "{}", "HTTPS_PROXY"),
        (("ALL_PROXY", "http://"), "{}", "ALL_PROXY"),
        (("HTTP_PROXY", "socks5://a:1"), "{}", ""),
        (("HTTPS_PROXY", "user:hush@"), "{}", "HTTPS_PROXY must"),
        (
            ("", ""),
            r#"{"proxy": "a b"}"#,
            "plugins.opentelemetry.proxy",
        ),
    ] {
        let (config, warnings) = decide(&[env], app(), file);
        assert_eq!(otlp(config.expect("on").traces).proxy, None);
        assert_eq!(warnings.len(), usize::from(!named.is_empty()));
        let printed = warnings.concat();
        assert!(printed.starts_with(named), "{printed}");
        assert!(!printed.contains("hush"), "{printed}");
    }
    let of_nothing = resolve(&[("HTTPS_PROXY", "socks5://a:1")], "{}");
    assert_eq!(of_nothing, (None, vec![]));
}

#[test]
fn child_processes_get_the_collector_of_all_signals_unless_it_takes_credentials() {
    let of_children = |env: &[(&str, &str)], app| {
        let (config, _) = decide(env, app, "{}");
        let url = config.expect("on").endpoint_of_children();
        url.map(String::from)
    };
    let collector = |url| Settings {
        otlp: OtlpOptions::new().endpoint(url),
        ..Settings::default()
    };
    for (url, expected) in [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/"),
        ("https://example.com/otlp/", "https://example.com/otlp"),
    ] {
        let given = of_children(&[], collector(url));
        assert_eq!(given.as_deref(), Some(expected));
    }
    assert_eq!(of_children(&[], app()), None);
    let mut asks = collector("http://127.0.0.1:4318");
    asks.consent = Some(Consent::Required);
    assert_eq!(of_children(&[], asks), None);
    for url in ["http://user@example.com", "http://:secret@example.com"] {
        assert_eq!(of_children(&[], collector(url)), None);
    }
    for elsewhere in [
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:9/x"),
    ] {
        let given = of_children(&[elsewhere], collector("http://127.0.0.1:4318"));
        assert_eq!(given, None, "{elsewhere:?}");
    }
}
