//! The wire against a table of what tauri answers, and the outcomes an invoke can have. That both
//! handlers answer alike in a real window is tested in `tests/wire.rs`.

use tauri::{
    http::{Request, Response},
    ipc::{InvokeBody, InvokeError, InvokeResponse, InvokeResponseBody},
    webview::InvokeRequest,
};

use super::{
    outcome::Failure,
    wire::{self, Parsed},
};

const SOUND: [(&str, &str); 5] = [
    ("Content-Type", "application/json"),
    ("Tauri-Invoke-Key", "key"),
    ("Origin", "tauri://localhost"),
    ("Tauri-Callback", "1"),
    ("Tauri-Error", "2"),
];

fn request(method: &str, headers: &[(&str, &str)], body: &str) -> Parsed {
    let mut request = Request::builder()
        .method(method)
        .uri("ipc://localhost/plugin%3Awindow%7Ctitle");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    wire::read(request.body(body.as_bytes().to_vec()).unwrap())
}

/// A sound request but for one header: another value for it, or none.
fn changed(name: &str, value: Option<&str>) -> Parsed {
    let headers: Vec<_> = SOUND
        .into_iter()
        .filter_map(|header| match header {
            (known, _) if known == name => value.map(|value| (known, value)),
            other => Some(other),
        })
        .collect();
    request("POST", &headers, "{}")
}

fn invoke(incoming: Parsed) -> InvokeRequest {
    match incoming {
        Parsed::Invoke(request, _) => request,
        Parsed::Answered(answer) => panic!("answered with {answer:?}"),
    }
}

/// Status, body, and every header in the order of its name.
fn text(answer: Response<std::borrow::Cow<'static, [u8]>>) -> String {
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    format!(
        "{} {} [{}]",
        answer.status().as_u16(),
        String::from_utf8_lossy(answer.body()),
        headers.join(", ")
    )
}

fn answered(incoming: Parsed) -> String {
    match incoming {
        Parsed::Answered(answer) => text(answer),
        Parsed::Invoke(request, _) => panic!("invoked {}", request.cmd),
    }
}

const CORS: &str = "access-control-allow-origin: *, access-control-expose-headers: Tauri-Response";

#[test]
fn a_sound_request_is_an_invoke() {
    let request = invoke(request("POST", &SOUND, r#"{"a":1}"#));
    assert_eq!(request.cmd, "plugin:window|title");
    assert_eq!((request.callback.0, request.error.0), (1, 2));
    assert_eq!(request.url.as_str(), "tauri://localhost");
    assert_eq!(request.invoke_key, "key");
    assert!(matches!(request.body, InvokeBody::Json(json) if json["a"] == 1));
}

#[test]
fn a_body_without_a_type_is_bytes() {
    let request = invoke(changed("Content-Type", None));
    assert!(matches!(request.body, InvokeBody::Raw(bytes) if bytes == b"{}"));
}

#[test]
fn an_empty_json_body_is_no_arguments() {
    let request = invoke(request("POST", &SOUND, ""));
    assert!(matches!(request.body, InvokeBody::Json(json) if json == serde_json::json!({})));
}

#[test]
fn a_path_that_is_no_utf8_or_has_no_slash_is_still_a_command() {
    for (uri, cmd) in [("ipc://localhost/%ff", "\u{fffd}"), ("ipc:foo", "")] {
        let mut request = Request::builder().method("POST").uri(uri);
        for (name, value) in SOUND {
            request = request.header(name, value);
        }
        assert_eq!(invoke(wire::read(request.body(vec![]).unwrap())).cmd, cmd);
    }
}

#[test]
fn what_is_missing_or_malformed_is_named_as_tauri_names_it() {
    for (header, value, message) in [
        ("Tauri-Invoke-Key", None, "missing Tauri-Invoke-Key header"),
        ("Origin", None, "missing Origin header"),
        ("Origin", Some("null"), "Origin header is not a valid URL"),
        ("Tauri-Callback", None, "missing Tauri-Callback header"),
        (
            "Tauri-Callback",
            Some("x"),
            "Tauri callback header value must be a numeric string",
        ),
        ("Tauri-Error", None, "missing Tauri-Error header"),
        (
            "Tauri-Error",
            Some("-1"),
            "Tauri error header value must be a numeric string",
        ),
        ("Content-Type", Some("nonsense"), "unknown content type"),
        (
            "Content-Type",
            Some("text/html"),
            "content type text/html is not implemented",
        ),
        (
            "Content-Type",
            Some("application/json; charset=utf-8"),
            "content type application/json; charset=utf-8 is not implemented",
        ),
    ] {
        assert_eq!(
            answered(changed(header, value)),
            format!("500 {message} [{CORS}, content-type: text/plain]")
        );
    }
}

#[test]
fn a_body_that_is_no_json_is_answered_with_the_parser_s_words() {
    assert_eq!(
        answered(request("POST", &SOUND, "{")),
        format!(
            "500 EOF while parsing an object at line 1 column 1 [{CORS}, content-type: text/plain]"
        )
    );
}

#[test]
fn other_methods() {
    assert_eq!(
        answered(request("OPTIONS", &[], "")),
        format!("200  [access-control-allow-headers: *, {CORS}]")
    );
    assert_eq!(
        answered(request("GET", &SOUND, "")),
        format!("405 only POST and OPTIONS are allowed [{CORS}, content-type: text/plain]")
    );
}

#[test]
fn the_three_kinds_of_response() {
    let json = InvokeResponse::Ok(InvokeResponseBody::Json("[1]".into()));
    let raw = InvokeResponse::Ok(InvokeResponseBody::Raw(b"abc".to_vec()));
    let error = InvokeResponse::Err(InvokeError(serde_json::json!({ "kind": "x" })));
    for (response, body, content_type, outcome) in [
        (json, "[1]", "application/json", "ok"),
        (raw, "abc", "application/octet-stream", "ok"),
        (error, r#"{"kind":"x"}"#, "application/json", "error"),
    ] {
        assert_eq!(
            text(wire::respond(response)),
            format!("200 {body} [{CORS}, content-type: {content_type}, tauri-response: {outcome}]")
        );
    }
}

#[test]
fn failures_are_told_apart() {
    let failure = |cmd: &str, error: serde_json::Value| {
        Failure::of(cmd, &InvokeResponse::Err(InvokeError(error)))
    };
    for (cmd, error, expected) in [
        ("x", "Command x not found", Failure::NotFound),
        ("plugin:a|b", "Command b not found", Failure::NotFound),
        ("x", "Command y not found", Failure::Error),
        (
            "plugin:a|b",
            "Command plugin:a|b not allowed by ACL",
            Failure::NotAllowed,
        ),
        (
            "plugin:a|b",
            "a.b not allowed. Plugin not found",
            Failure::NotAllowed,
        ),
        ("x", "x not allowed on window \"main\"", Failure::NotAllowed),
        (
            "plugin:a|b",
            "a.b explicitly denied on origin local\n\nreferenced by: capability: c, permission: deny-b",
            Failure::NotAllowed,
        ),
        ("x", "not allowed", Failure::Error),
        ("x", "anything", Failure::Error),
    ] {
        assert_eq!(failure(cmd, error.into()), Some(expected), "{cmd}: {error}");
    }
    assert_eq!(failure("x", serde_json::json!({})), Some(Failure::Error));
    let ok = InvokeResponse::Ok(InvokeResponseBody::Json("null".into()));
    assert_eq!(Failure::of("x", &ok), None);
}
