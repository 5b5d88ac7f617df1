//! HTTP requests of `reqwest`: a CLIENT span for each, and its context in the headers.
//!
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>

use async_trait::async_trait;
use http::{Extensions, Method};
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Error, Middleware, Next, Result};
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::TraceContext;

/// Replaces credentials and the values of a query, which may be secrets.
const REDACTED: &str = "REDACTED";

/// A middleware for `reqwest` that makes a CLIENT span of each request by the stable HTTP conventions, and sends the context
/// of that span in the headers.
///
/// The span starts with `http.request.method`, `url.full`, `server.address` and `server.port`, and ends with
/// `http.response.status_code` or `error.type`. `url.full` has no credentials, and the values of its query are replaced by
/// `REDACTED`. The span fails if the status code is 400 or more, or if no response arrives. The `error.type` of a request
/// whose future is dropped, as by a timeout around it, is `cancelled`, and of one in which another middleware panics `panic`.
///
/// Add it after a middleware that retries, so that each attempt has a span of its own.
///
/// ```
/// use tracebaton::HttpClientSpans;
///
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(HttpClientSpans::new())
///     .build();
/// ```
///
/// The crate `reqwest-tracing` does the same, and more; its newest release is for `opentelemetry` 0.32.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpClientSpans {
    without_baggage: bool,
}

impl HttpClientSpans {
    /// A middleware that sends the span and the baggage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends the span but no baggage. Use it for requests to third parties: baggage can hold personal data.
    #[must_use]
    pub fn without_baggage(self) -> Self {
        Self {
            without_baggage: true,
        }
    }
}

#[async_trait]
impl Middleware for HttpClientSpans {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let span = start(&request);
        let mut sent = span.in_scope(TraceContext::current);
        if self.without_baggage {
            sent = sent.without_baggage();
            // It may be that of the request which this one answers.
            request.headers_mut().remove("baggage");
        }
        sent.inject_headers(request.headers_mut());
        let mut pending = Pending(Some(span.clone()));
        let outcome = next.run(request, extensions).instrument(span).await;
        if let Some(span) = pending.0.take() {
            end(&span, &outcome);
        }
        outcome
    }
}

/// The span of a request until that has an outcome.
struct Pending(Option<Span>);

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(span) = &self.0 {
            let is_panic = std::thread::panicking();
            fail(span, if is_panic { "panic" } else { "cancelled" });
        }
    }
}

fn start(request: &Request) -> Span {
    let url = request.url();
    let known = known(request.method());
    let span = info_span!(
        "HTTP",
        otel.name = known.unwrap_or("HTTP"),
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        http.request.method = known.unwrap_or("_OTHER"),
        http.request.method_original = Empty,
        http.response.status_code = Empty,
        url.full = %redacted(url),
        server.address = url.host_str(),
        server.port = url.port_or_known_default().map(i64::from),
        "error.type" = Empty,
    );
    if known.is_none() {
        span.record("http.request.method_original", request.method().as_str());
    }
    span
}

fn end(span: &Span, outcome: &Result<Response>) {
    match outcome {
        Ok(response) => {
            let status = response.status();
            // `tracing` widens a `u16` to a `u64`, which `tracing-opentelemetry` exports as text.
            span.record("http.response.status_code", i64::from(status.as_u16()));
            if status.is_client_error() || status.is_server_error() {
                fail(span, status.as_str());
            }
        }
        Err(error) => fail(span, kind(error)),
    }
}

fn fail(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}

/// The method, if the conventions list it. They record any other as `_OTHER`.
fn known(method: &Method) -> Option<&'static str> {
    const METHODS: [&str; 10] = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
    ];
    METHODS.into_iter().find(|known| *known == method.as_str())
}

/// The kind of an error for `error.type`. The text of an error can contain the URL, so it is not recorded.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(error) if error.is_redirect() => "redirect",
        Error::Reqwest(error) if error.is_body() => "body",
        _ => "_OTHER",
    }
}

fn redacted(url: &Url) -> Url {
    let mut shown = url.clone();
    shown.set_fragment(None);
    // Both setters fail only for a URL without a host, which has no credentials.
    if !url.username().is_empty() {
        let _ = shown.set_username(REDACTED);
    }
    if url.password().is_some() {
        let _ = shown.set_password(Some(REDACTED));
    }
    if url.query().is_some() {
        shown
            .query_pairs_mut()
            .clear()
            .extend_pairs(url.query_pairs().map(|(key, _)| (key, REDACTED)));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_secrets() {
        for (url, expected) in [
            ("http://host/path", "http://host/path"),
            (
                "http://me:secret@host:81/?token=secret&b#secret",
                "http://REDACTED:REDACTED@host:81/?token=REDACTED&b=REDACTED",
            ),
            ("http://me@host/", "http://REDACTED@host/"),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(redacted(&url).as_str(), expected);
        }
    }
}
