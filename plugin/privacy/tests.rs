//! No secret of the corpus survives, no innocent value changes, and redaction is idempotent, never panics and makes no text longer but for a hash.

use std::{path::Path, sync::LazyLock};

use opentelemetry::Context;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use proptest::prelude::*;
use uuid::Uuid;

use super::{InstallationKey, Redaction, Redactor, Replacement};

fn redactor(settings: &Redaction) -> Redactor {
    let home = Path::new("/srv/people/alice");
    let redactor = Redactor::new(settings, Some(home)).expect("redaction is on");
    redactor.hash_with(|| InstallationKey::from(Uuid::from_bytes([7; 16])));
    redactor
}

fn all() -> Redaction {
    Redaction::new()
        .ip_addresses(true)
        .cards(true)
        .phone_numbers(true)
}

/// To compile the rules takes milliseconds, too long for each of a thousand cases.
static DEFAULT: LazyLock<Redactor> = LazyLock::new(|| redactor(&Redaction::new()));
static ALL: LazyLock<Redactor> = LazyLock::new(|| redactor(&all()));
static ALL_HASHED: LazyLock<Redactor> =
    LazyLock::new(|| redactor(&all().replacement(Replacement::Hash)));

fn redacted(redactor: &Redactor, text: &str) -> String {
    let mut text = text.to_owned();
    redactor.text(&mut text);
    text
}

fn text(settings: &Redaction, text: &str) -> String {
    redacted(&redactor(settings), text)
}

fn string(text: &str) -> Option<AnyValue> {
    Some(AnyValue {
        value: Some(Value::StringValue(text.to_owned())),
    })
}

/// The attribute after redaction: `None` if it was removed.
fn attribute(settings: &Redaction, key: &str, value: &str) -> Option<String> {
    attribute_of(settings, key, string(value))
}

fn attribute_of(settings: &Redaction, key: &str, value: Option<AnyValue>) -> Option<String> {
    let mut attributes = vec![KeyValue {
        key: key.to_owned(),
        value,
        ..Default::default()
    }];
    redactor(settings).attributes(&mut attributes);
    match attributes.pop()?.value?.value? {
        Value::StringValue(text) => Some(text),
        other => panic!("{other:?} is no text"),
    }
}

#[test]
fn each_rule_replaces_what_it_is_for() {
    let cases = [
        (
            "from alice@example.com to bob@mail.example.org",
            "from [email] to [email]",
        ),
        (
            "from anna.müller@example.com, josé@example.com and иван@пример.рф",
            "from [email], [email] and [email]",
        ),
        ("open /home/alice/notes.txt", "open ~/notes.txt"),
        ("open /Users/alice/notes.txt", "open ~/notes.txt"),
        (r"open C:\Users\alice\notes.txt", r"open ~\notes.txt"),
        (r#"{"path":"C:\\Users\\alice\\x"}"#, r#"{"path":"~\\x"}"#),
        ("open /srv/people/alice/notes.txt", "open ~/notes.txt"),
        ("file:///home/alice/a", "file://~/a"),
        (
            "Authorization: Bearer abc.def-12345",
            "Authorization: [credential]",
        ),
        (
            "Authorization: Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b\nHost: a",
            "Authorization: [credential]\nHost: a",
        ),
        (
            r#"-H "Authorization: Digest username=\"Mufasa\", response=\"6629fae4\"" -v"#,
            r#"-H "Authorization: [credential]" -v"#,
        ),
        (
            r#"authorization: Digest username="Mufasa", response="6629fae4""#,
            "authorization: [credential]",
        ),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/s3, Signature=fe5f80f77d5f",
            "Authorization: [credential]",
        ),
        (
            "Cookie: lang=de; session=verysecretvalue123",
            "Cookie: [credential]",
        ),
        (
            "X-Authorization: Token 9944b09199c6",
            "X-Authorization: [credential]",
        ),
        (
            "session_cookie=verysecretvalue, id=7",
            "session_cookie=[credential], id=7",
        ),
        (
            r#"{"set-cookie": Some("sid=verysecretvalue"), "authorization": "Basic dXNlcjpwYXNz", "host": "a"}"#,
            r#"{"set-cookie": [credential], "authorization": [credential], "host": "a"}"#,
        ),
        ("sent Bearer abcdef0123456789", "sent [bearer]"),
        ("password=hunter22hunter", "password=[credential]"),
        (
            r#"{"apiKey": "s3cr3t value 12345"}"#,
            r#"{"apiKey": [credential]}"#,
        ),
        ("pwd=x", "pwd=*"),
        (
            r#"User { password: Some("hunter2"), api_key: Secret("abcdef0123456789abcdef") }"#,
            "User { password: [credential], api_key: [credential] }",
        ),
        (
            "password: Some(\n    Secret {\n        inner: \"hunter2\",\n    },\n),",
            "password: [credential],\n),",
        ),
        (
            "secret: [18, 52, 86, 120], id: 7",
            "secret: [credential], id: 7",
        ),
        (r#"[password: ["hun]ter2"]]"#, "[password: [credential]]"),
        (r#"password: ["hunter2"]"#, "password: ***"),
        (
            r#"{"password":{"v":"hunter2"}}"#,
            r#"{"password":[credential]}"#,
        ),
        ("password=(hunter)2 ok", "password=*** ok"),
        (
            "login user=[alice] password=[hunter2] token=[credential]",
            "login user=[alice] password=*** token=[credential]",
        ),
        (
            "https://bob:pw@example.com/a?token=1#top",
            "https://example.com/a",
        ),
        (
            "https://a:b@c@example.com/x@y#z?",
            "https://example.com/x@y",
        ),
        (r"https://bob@host\x@y", r"https://host\x@y"),
        ("https://bob:p'w123@host/x", "https://host/x"),
        (
            "fetch('https://host/O'Brien/a?q='private+words'&x=1').then",
            "fetch('https://host/O'Brien/a').then",
        ),
        (
            "GET /callback?code=4/0AbCd&state=x 302",
            "GET /callback 302",
        ),
        (
            "com.googleusercontent.apps.123-abc:/oauth2redirect?code=4/0AbCd",
            "com.googleusercontent.apps.123-abc:/oauth2redirect",
        ),
        (
            "mycompanyproductname://callback?code=4/0AbCd",
            "mycompanyproductname://callback",
        ),
        (
            "nats://app:s3cret@10.0.0.5:4222,nats://app:s3cret@10.0.0.6:4222",
            "nats://[ip]:4222,nats://[ip]:4222",
        ),
        (
            "https://web.archive.org/web/http://bob:pw1@intranet/a?b#c",
            "https://web.archive.org/web/http://intranet/a",
        ),
        (
            "see https://example.com/u/alice@example.com/x",
            "see https://example.com/u/[email]/x",
        ),
        (
            "http://asset.localhost/C%3A%5CUsers%5Calice%5CPictures%5Ctax%20return%20alice%40example.com.png",
            r"http://asset.localhost/~\Pictures\tax return [email]",
        ),
        (
            "asset://localhost/%2FUsers%2falice%2Fcaf%E9.png",
            "asset://localhost/~/caf\u{fffd}.png",
        ),
        ("to a%40b.co", "to ***"),
        (
            "key ghp_0123456789abcdefghijABCDEFGHIJ012345 leaked",
            "key [token] leaked",
        ),
        ("AKIAIOSFODNN7EXAMPLE", "[token]"),
        (
            "t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N u",
            "t [jwt] u",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- end",
            "[private_key] end",
        ),
        ("card 4111 1111 1111 1111 ok", "card [card] ok"),
        ("call +49 30 1234567 now", "call [phone] now"),
        ("peer 192.168.10.77 left", "peer [ip] left"),
        ("peer 2001:db8::8a2e:370:7334 left", "peer [ip] left"),
    ];
    for (input, expected) in cases {
        assert_eq!(redacted(&ALL, input), expected, "{input}");
    }
}

#[test]
fn the_own_home_folder_is_found_however_it_is_written() {
    for (home, input, expected) in [
        (
            r"C:\Users\Jan Kowalski",
            r#"path="C:\\Users\\Jan Kowalski\\notes.txt""#,
            r#"path="~\\notes.txt""#,
        ),
        (
            r"C:\Users\Jan Kowalewską",
            r"C:\Users\Jan Kowalewską\notes.txt",
            r"~\notes.txt",
        ),
        (
            r"D:\profiles\alice\",
            "d:/Profiles/alice/notes.txt",
            "~/notes.txt",
        ),
        ("/data/josé", "/data/josé/notes.txt", "~/notes.txt"),
        ("/data/jo", "/data/john/notes.txt", "/data/john/notes.txt"),
    ] {
        let redactor = Redactor::new(&Redaction::new(), Some(Path::new(home)));
        let redactor = redactor.expect("redaction is on");
        assert_eq!(redacted(&redactor, input), expected, "{home}");
    }
}

#[test]
fn optional_rules_are_off_by_default() {
    let input = "4111 1111 1111 1111, +49 30 1234567, 192.168.10.77";
    assert_eq!(redacted(&DEFAULT, input), input);
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for innocent in [
        "d670460b4b4aece5915caf5c68d12f560a9fe3e4",
        "550e8400-e29b-41d4-a716-446655440000",
        "1.2.3-beta.4+build.5",
        "api.example.com:8443",
        "2026-11-25T18:38:00.123Z",
        "https://example.com/home/about",
        "https://example.com/home%2Fabout%20us",
        "did you mean /home?",
        "fixed by tauri-apps/tauri#1234",
        "C:/dev/c#/x",
        "tauri-plugin-opentelemetry@0.1.0",
        "run send_message",
        "plugin:event|listen",
        "commands::store::save",
        "my_app::token::refresh",
        "tokio_util::sync::cancellation_token::CancellationToken",
        "my_app::auth_token::Error::Expired(5)",
        "reqwest::cookie::Jar cannot read a header",
        "4111 1111 1111 1112",
        "12:30:45",
        "gen_ai.usage.input_tokens",
    ] {
        assert_eq!(redacted(&ALL, innocent), innocent);
    }
}

#[test]
fn a_key_that_names_a_secret_replaces_the_whole_value() {
    let settings = Redaction::new();
    assert_eq!(
        attribute(
            &settings,
            "http.request.header.authorization",
            "opaque value"
        )
        .unwrap(),
        "[redacted]"
    );
    assert_eq!(
        attribute(&settings, "db.PASSWORD", "opaque value").unwrap(),
        "[redacted]"
    );
    assert_eq!(
        attribute(&settings, "user.email", "somebody").unwrap(),
        "***"
    );
    assert_eq!(
        attribute(&settings, "password", "[abc-def-ghi]").unwrap(),
        "[redacted]"
    );
    for innocent in ["button", "gen_ai.usage.input_tokens", "cookies.count"] {
        assert_eq!(attribute(&settings, innocent, "send").unwrap(), "send");
    }
}

#[test]
fn keys_and_texts_have_the_same_names_of_secrets() {
    for name in [
        "accessToken",
        "refresh-token",
        "id_token",
        "csrf_token",
        "token",
        "dbPassword",
        "passwd",
        "passphrase",
        "pwd",
        "clientSecret",
        "privateKey",
        "secretKey",
        "SECRET_KEY",
        "encryption_key",
        "signing-key",
        "accessKey",
        "account_key",
        "api-key",
        "x-apikey",
        "proxy-authorization",
        "session_cookie",
    ] {
        let secret = "3f9a8c4417d0e6b2";
        assert_eq!(
            attribute(&Redaction::new(), name, secret).unwrap(),
            "[redacted]",
            "{name}"
        );
        let text = redacted(&DEFAULT, &format!("{name}={secret}"));
        assert_eq!(text, format!("{name}=[credential]"));
    }
}

#[test]
fn an_app_denies_and_allows_keys() {
    let settings = Redaction::new()
        .deny("customer.*", Replacement::Hash)
        .deny("internal.*", Replacement::Drop)
        .allow("build.*")
        .allow("Feature.*")
        .allow("customer.*");
    let hashed = |value| attribute(&settings, "customer.id", value).unwrap();
    assert!(hashed("C-1029384").starts_with("[redacted#"));
    assert_ne!(hashed("C-1029384"), hashed("C-1029385"));
    let number = Some(AnyValue {
        value: Some(Value::IntValue(1_029_384)),
    });
    let hashed_number = attribute_of(&settings, "customer.number", number);
    assert_eq!(hashed_number.unwrap(), hashed("1029384"));
    assert_eq!(attribute(&settings, "internal.note", "x"), None);
    assert_eq!(
        attribute(&settings, "build.path", "/home/alice/app").unwrap(),
        "/home/alice/app"
    );
    assert_eq!(
        attribute(&settings, "feature.accept_cookie", "yes").unwrap(),
        "yes",
        "the app's word counts more than a built-in name"
    );
}

#[test]
fn equal_values_have_equal_hashes_and_installations_have_their_own() {
    let settings = Redaction::new().replacement(Replacement::Hash);
    let hash = |key: u8, value: &str| {
        let redactor = Redactor::new(&settings, None).unwrap();
        redactor.hash_with(|| InstallationKey::from(Uuid::from_bytes([key; 16])));
        let mut text = value.to_owned();
        redactor.text(&mut text);
        text
    };
    let alice = "alice@example.com";
    assert_eq!(hash(1, alice), hash(1, alice));
    assert_ne!(hash(1, alice), hash(2, alice));
    assert_ne!(hash(1, alice), hash(1, "bobby@example.com"));
    assert!(hash(1, alice).starts_with("[email#"));
}

#[test]
fn an_attribute_with_a_match_can_be_dropped() {
    let settings = Redaction::new().replacement(Replacement::Drop);
    assert_eq!(attribute(&settings, "note", "from alice@example.com"), None);
    assert_eq!(
        attribute(&settings, "note", "from nobody").unwrap(),
        "from nobody"
    );
    assert_eq!(text(&settings, "from alice@example.com"), "from [email]");
}

#[test]
fn a_url_without_a_secret_is_no_match() {
    let settings = Redaction::new().replacement(Replacement::Drop);
    let url = "https://example.com/a";
    assert_eq!(attribute(&settings, "url.full", url).unwrap(), url);
}

#[test]
fn an_attribute_whose_key_contains_a_match_is_removed_unless_the_app_allows_it() {
    let key = "cart of alice@example.com";
    assert_eq!(attribute(&Redaction::new(), key, "3"), None);
    let denied = Redaction::new().deny("cart of *", Replacement::Mask);
    assert_eq!(attribute(&denied, key, "3"), None);
    let allowed = Redaction::new().allow("cart of *");
    assert_eq!(attribute(&allowed, key, "3").unwrap(), "3");
}

#[test]
fn what_matches_only_after_a_removal_is_removed_as_well() {
    assert_eq!(redacted(&DEFAULT, "/home/alice/home/robert"), "~~");
}

#[test]
fn literals_of_statements_are_replaced() {
    for (statement, expected) in [
        (
            "SELECT * FROM t2 WHERE name = 'O''Brien' AND age > 42 LIMIT 1.5",
            "SELECT * FROM t2 WHERE name = ? AND age > ? LIMIT ?",
        ),
        (
            "-- the user's own\nSELECT * FROM p /* it's 5 */ WHERE name = 'Bob Miller' AND x = 'y'",
            "\nSELECT * FROM p  WHERE name = ? AND x = ?",
        ),
        (
            r#"SELECT "it's ""2""" FROM t WHERE name = 'Bob -- Miller'"#,
            r#"SELECT "it's ""2""" FROM t WHERE name = ?"#,
        ),
        ("SELECT 'Bob Mil", "SELECT ?"),
    ] {
        assert_eq!(
            attribute(&Redaction::new(), "db.query.text", statement).unwrap(),
            expected
        );
    }
}

#[test]
fn attributes_in_attributes_are_redacted_by_their_own_keys() {
    let list = Value::KvlistValue(opentelemetry_proto::tonic::common::v1::KeyValueList {
        values: vec![KeyValue {
            key: "password".to_owned(),
            value: string("opaque value"),
            ..Default::default()
        }],
    });
    let mut body = AnyValue { value: Some(list) };
    redactor(&Redaction::new()).value(&mut body);
    assert!(!format!("{body:?}").contains("opaque"), "{body:?}");
}

#[test]
fn rules_of_the_app_come_last_and_a_panic_loses_the_text_only() {
    let settings = Redaction::new().rule("order", r"ORD-\d{6}").unwrap();
    assert_eq!(text(&settings, "ORD-123456 paid"), "[order] paid");
    let brackets = Redaction::new().rule("two words", r"\[[\w ]+\]").unwrap();
    assert_eq!(text(&brackets, "[alice_miller]"), "[two words]");
    assert_eq!(text(&brackets, "[two words]"), "[two words]");
    let settings = settings.function(|text| match text {
        "boom" => panic!("a bug of the app"),
        text => text
            .contains("Zeus")
            .then(|| text.replace("Zeus", "[project]")),
    });
    assert_eq!(text(&settings, "about Zeus"), "about [project]");
    assert_eq!(text(&settings, "boom"), "***");
}

#[test]
fn nothing_that_a_function_of_the_app_does_is_recorded() {
    let settings = Redaction::new().function(|_| {
        let suppressed = Context::is_current_telemetry_suppressed();
        Some(suppressed.to_string())
    });
    assert_eq!(text(&settings, "any"), "true");
}

#[test]
fn a_bad_rule_is_an_error_with_its_name() {
    for pattern in ["(", "a*", r"(\w{1000}){1000}"] {
        let error = Redaction::new().rule("mine", pattern).unwrap_err();
        assert!(error.to_string().contains("\"mine\""), "{error}");
        let json = serde_json::json!({ "rules": { "mine": pattern } });
        let error = serde_json::from_value::<Redaction>(json).unwrap_err();
        assert!(error.to_string().contains("\"mine\""), "{error}");
    }
}

#[test]
fn the_configuration_file_can_say_what_the_builder_can() {
    let json = serde_json::json!({
        "ipAddresses": true,
        "replacement": "hash",
        "deny": { "customer.*": "drop" },
        "allow": ["build.*"],
        "rules": { "order": r"ORD-\d{6}" },
    });
    let built = Redaction::new()
        .ip_addresses(true)
        .replacement(Replacement::Hash)
        .deny("customer.*", Replacement::Drop)
        .allow("build.*")
        .rule("order", r"ORD-\d{6}")
        .unwrap();
    assert_eq!(serde_json::from_value::<Redaction>(json).unwrap(), built);
}

#[test]
fn nothing_is_built_while_it_is_off() {
    assert!(Redactor::new(&Redaction::off(), None).is_none());
}

/// A secret, and the form in which it stands in a text.
fn secrets() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{3,12}\\.[a-z]{3,12}@[a-z]{3,12}\\.(com|org|de|co\\.uk)",
        "gh[pousr]_[A-Za-z0-9]{36}",
        "xoxb-[0-9]{12}-[A-Za-z0-9]{24}",
        "sk_live_[A-Za-z0-9]{24}",
        "sk-[A-Za-z0-9]{40}",
        "AKIA[A-Z0-9]{16}",
        "AIza[A-Za-z0-9_-]{35}",
        "hf_[A-Za-z0-9]{34}",
        "eyJ[A-Za-z0-9]{20}\\.[A-Za-z0-9_-]{30}\\.[A-Za-z0-9_-]{43}",
        "/home/[a-z]{4,10}",
        "/Users/[a-z]{4,10}",
        "C:\\\\Users\\\\[a-z]{4,10}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_secret_survives(secret in secrets(), before in "[a-z ,:=(\"]{0,12}", after in "[ ,;)\"][a-z ]{0,12}") {
        // A letter right before a token makes it part of another word.
        let before = if before.ends_with(|last: char| last.is_alphanumeric()) { before + " " } else { before };
        let text = redacted(&DEFAULT, &format!("{before}{secret}{after}"));
        prop_assert!(!text.contains(&secret), "{text}");
    }

    #[test]
    fn no_innocent_value_changes(value in prop_oneof![
        "[0-9a-f]{40}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,3}(-(alpha|beta|rc)\\.[0-9])?", "[a-z]{3,10}\\.(internal|example)\\.[a-z]{2,4}(:[0-9]{2,5})?",
        "[a-z_]{3,20}", "[A-Z][a-z]{2,9} [a-z]{2,9} [0-9]{1,6}", "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    ]) {
        prop_assert_eq!(redacted(&DEFAULT, &value), value);
    }

    /// By the `regex` crate, with the rules as alternatives.
    #[test]
    fn each_rule_finds_what_the_regex_crate_finds(input in prop_oneof!["[a-zA-Z0-9@.:/\\\\\"'=?# _+()-]{0,80}", "([a-z0-9@:=/.,\"' -]|password|Bearer |token|eyJ|ghp_|-----BEGIN PRIVATE KEY-----|/home/|C:\\\\Users\\\\|41111|\\+49 ){0,24}", secrets()]) {
        static REFERENCE: LazyLock<regex::Regex> = LazyLock::new(|| {
            let rules = ALL.rules.rules.iter().enumerate();
            let rules: Vec<_> = rules.map(|(place, rule)| {
                // Two groups of one regular expression cannot have the same name.
                let pattern = rule.pattern.replace("<value>", &format!("<value{place}>"));
                format!("(?<rule{place}>{pattern})")
            }).collect();
            regex::Regex::new(&rules.join("|")).expect("the rules are valid")
        });
        let mut found = Vec::new();
        let patterns = &ALL.rules.patterns;
        patterns.replace(&input, |match_| {
            let place = match_.pattern().as_usize();
            found.push((place, match_.range(), patterns.group("value", &input, match_)));
            Some((match_.range(), String::new()))
        });
        let expected: Vec<_> = REFERENCE.captures_iter(&input).map(|groups| {
            let is_of = |place: &usize| groups.name(&format!("rule{place}")).is_some();
            let place = (0..ALL.rules.rules.len()).find(is_of).expect("one of the rules");
            (place, groups.get_match().range(), groups.name(&format!("value{place}")).map(|value| value.range()))
        }).collect();
        prop_assert_eq!(found, expected);
    }

    /// Of the characters that the rules are made of.
    #[test]
    fn what_is_excluded_without_a_search_would_not_be_found(input in "([a-zA-Z0-9@:=/._ -]|eyJ|ghp_|xoxb-|sk-|AKIA|basic |Bearer |pwd){0,14}") {
        let rules = &DEFAULT.rules;
        prop_assert!(!rules.cannot_match(&input) || !rules.patterns.is_match(&input), "{input:?}");
    }

    #[test]
    fn redaction_is_idempotent_and_only_hashes_are_longer(input in prop_oneof![".{0,200}", "[a-zA-Z0-9@.:/\\\\\"'=?# _\\[\\]*-]{0,120}", "([a-z0-9@:=/., %(){}\\[\\]\"'*?#-]|password|Cookie: |Some\\(|%40|%2F|://|/home/|\\[credential\\]){0,24}", secrets()], hash in any::<bool>()) {
        let redactor = if hash { &ALL_HASHED } else { &ALL };
        let once = redacted(redactor, &input);
        prop_assert!(hash || once.len() <= input.len(), "{once:?}");
        prop_assert_eq!(&redacted(redactor, &once), &once);
    }
}
