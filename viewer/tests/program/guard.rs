//! Who may read and who may send.

use crate::viewer::{Program, export, span};
use prost::Message;

const ROUTES: [(&str, &str); 7] = [
    ("GET", "/api/status"),
    ("GET", "/api/traces"),
    ("GET", "/api/live"),
    ("GET", "/api/export"),
    ("POST", "/api/open"),
    ("POST", "/api/session"),
    ("POST", "/mcp"),
];

#[test]
fn reading_needs_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    for (method, path) in ROUTES {
        for headers in [
            &[][..],
            &[("authorization", "Bearer 00")],
            &[("cookie", "tracepane-4318=00")],
        ] {
            let answer = program.request(method, path, headers, b"");
            assert_eq!(answer.status, 401, "{method} {path} {headers:?}");
        }
    }
    // The page has no data in it.
    assert_eq!(program.request("GET", "/", &[], b"").status, 200);
}

#[test]
fn other_hosts_and_origins_are_refused_on_every_route() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let bearer = format!("Bearer {}", program.token);
    let sending = ["/v1/traces", "/v1/logs", "/v1/metrics"].map(|path| ("POST", path));
    for (method, path) in ROUTES.into_iter().chain(sending) {
        for (name, value) in [
            ("host", "rebound.example"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:1420"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                (name, value),
            ];
            let answer = program.request(method, path, &headers, b"{}");
            assert_eq!(answer.status, 403, "{method} {path} with {name}: {value}");
        }
    }
    assert_eq!(
        program
            .request("GET", "/", &[("host", "rebound.example")], b"")
            .status,
        403
    );
}

#[test]
fn the_token_becomes_a_cookie_that_no_script_reads_and_no_site_sends() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let bearer = format!("Bearer {}", program.token);
    let answer = program.request("POST", "/api/session", &[("authorization", &bearer)], b"");
    assert_eq!(answer.status, 204);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(
        program
            .request("GET", "/api/status", &[("cookie", pair)], b"")
            .status,
        200
    );
}

#[test]
fn a_local_program_sends_without_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let body = export(vec![span(1, "hello")]).encode_to_vec();
    let answer = program.request(
        "POST",
        "/v1/traces",
        &[("content-type", "application/x-protobuf")],
        &body,
    );
    assert_eq!(answer.status, 200);
    program.until_spans(1);
}

#[test]
fn the_page_may_load_nothing_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let answer = program.request("GET", "/", &[], b"");
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(
        program.request("GET", "/../Cargo.toml", &[], b"").status,
        404
    );
}
