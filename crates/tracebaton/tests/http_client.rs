//! Requests of `reqwest` as a server gets them, and the spans they make.

mod support;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use http::Method;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, RequestBuilder};
use support::{is_int, named, spans_of, text};
use tracebaton::{HttpClientSpans, TraceContext};
use tracing::{Instrument, info_span};

/// Answers one request with `status`, and returns its headers.
fn server(status: &'static str) -> (u16, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let request = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        let head = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).expect("a client");
        head
    });
    (port, request)
}

fn client(spans: HttpClientSpans) -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new())
        .with(spans)
        .build()
}

fn get(client: &ClientWithMiddleware, url: &str) -> Vec<SpanData> {
    send(client.get(url))
}

fn send(request: RequestBuilder) -> Vec<SpanData> {
    spans_of(|| {
        let request = request.send().instrument(info_span!("click"));
        // What became of it is in the span.
        let _ = block_on(request);
    })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(work)
}

#[test]
fn a_request_has_a_client_span_and_takes_its_context_along() {
    let (port, request) = server("200 OK");
    let url = format!("http://me:secret@127.0.0.1:{port}/path?token=secret");
    let spans = get(&client(HttpClientSpans::new()), &url);
    let span = named(&spans, "GET");
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(span.status, Status::Unset);
    assert_eq!(
        span.parent_span_id,
        named(&spans, "click").span_context.span_id()
    );
    for (key, expected) in [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port.to_string()),
        (
            "url.full",
            // The credentials of the URL, reqwest has made a header of.
            &format!("http://127.0.0.1:{port}/path?token=REDACTED"),
        ),
        ("error.type", ""),
    ] {
        assert_eq!(text(span, key), expected, "{key}");
    }
    for number in ["http.response.status_code", "server.port"] {
        assert!(is_int(span, number), "{number}");
    }
    let sent = format!(
        "traceparent: 00-{}-{}-01",
        span.span_context.trace_id(),
        span.span_context.span_id()
    );
    let head = request.join().expect("a request");
    assert!(head.contains(&sent), "{head:?} without {sent}");
}

#[test]
fn a_request_that_is_refused_fails_its_span() {
    let (port, _request) = server("503 Service Unavailable");
    let spans = get(
        &client(HttpClientSpans::new()),
        &format!("http://127.0.0.1:{port}/"),
    );
    let span = named(&spans, "GET");
    assert_eq!(span.status, Status::error(""));
    assert_eq!(text(span, "error.type"), "503");
}

#[test]
fn a_request_that_reaches_nobody_fails_its_span() {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let spans = get(
        &client(HttpClientSpans::new()),
        &format!("http://127.0.0.1:{port}/"),
    );
    let span = named(&spans, "GET");
    assert_eq!(span.status, Status::error(""));
    assert_eq!(text(span, "error.type"), "connect");
    assert_eq!(text(span, "http.response.status_code"), "");
}

#[test]
fn a_request_that_nobody_awaits_any_more_was_cancelled() {
    // It takes the connection, and answers nothing.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let client = client(HttpClientSpans::new());
    let mut before = None;
    let spans = spans_of(|| {
        let request = client.get(format!("http://127.0.0.1:{port}/")).send();
        let answer = block_on(async {
            before = Some(SystemTime::now());
            tokio::time::timeout(Duration::ZERO, request).await
        });
        assert!(answer.is_err());
    });
    let span = named(&spans, "GET");
    assert_eq!(span.status, Status::error(""));
    assert_eq!(text(span, "error.type"), "cancelled");
    assert!(span.end_time >= before.expect("a time"));
}

#[test]
fn methods_are_those_that_the_conventions_know() {
    for (method, name, recorded, original) in [
        ("QUERY", "QUERY", "QUERY", ""),
        ("BREW", "HTTP", "_OTHER", "BREW"),
    ] {
        let (port, _request) = server("200 OK");
        let url = format!("http://127.0.0.1:{port}/");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let spans = send(client(HttpClientSpans::new()).request(method, url));
        let span = named(&spans, name);
        assert_eq!(text(span, "http.request.method"), recorded);
        assert_eq!(text(span, "http.request.method_original"), original);
    }
}

#[test]
fn baggage_stays_where_it_is_told_to() {
    let carrier = std::collections::HashMap::from([("baggage".to_owned(), "user=1".to_owned())]);
    for (spans, expected) in [
        (HttpClientSpans::new(), true),
        (HttpClientSpans::new().without_baggage(), false),
    ] {
        let (port, request) = server("200 OK");
        let url = format!("http://127.0.0.1:{port}/");
        TraceContext::extract(&carrier).run(|| get(&client(spans), &url));
        let head = request.join().expect("a request");
        assert_eq!(
            head.contains(&"baggage: user=1".to_owned()),
            expected,
            "{head:?}"
        );
    }
}
