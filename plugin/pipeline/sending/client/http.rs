//! OTLP over HTTP (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! Not `opentelemetry-otlp`: its exporter reads the environment by itself, retries by itself, and hides
//! the encoded request, which is what has to be kept when the network is away.

use std::{
    borrow::Cow,
    io::Write,
    time::{Duration, SystemTime},
};

use flate2::write::GzEncoder;
use prost::Message;
use tauri::Url;
use ureq::{
    Agent, Proxy,
    http::{
        HeaderMap, HeaderValue, Request, Response, StatusCode,
        header::{self, HeaderName},
    },
};

use super::{
    Cause, MAX_SHOWN_BYTES, SendError, USER_AGENT, changing_headers::ChangingHeaders, decoded,
    error::ClientError,
};
#[cfg(feature = "tls")]
use super::{http_tls, tls::Pem};
use crate::{
    config::{self, Compression, Headers, Otlp, Protocol},
    diagnostics,
    names::truncate,
};

/// The answer to an export is empty, or a few lines on what was rejected.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
    endpoint: String,
    content_type: &'static str,
    compression: Compression,
    headers: HeaderMap,
    changing: Option<ChangingHeaders>,
}

impl Http {
    pub(super) fn new(otlp: &Otlp) -> Result<Self, ClientError> {
        let agent = Agent::config_builder()
            .timeout_global(Some(otlp.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(USER_AGENT)
            // Not ureq's default, which reads the environment.
            .proxy(otlp.proxy.as_ref().and_then(proxy));
        #[cfg(feature = "tls")]
        let agent = agent.tls_config(http_tls::config(Pem::read(otlp)?)?);
        let mut headers = HeaderMap::new();
        insert(&mut headers, &super::headers(otlp));
        Ok(Self {
            agent: agent.build().into(),
            endpoint: otlp.public_endpoint().to_string(),
            content_type: match otlp.protocol {
                Protocol::HttpJson => "application/json",
                _ => "application/x-protobuf",
            },
            compression: otlp.compression,
            headers,
            changing: ChangingHeaders::new(otlp),
        })
    }

    /// Posts an encoded request and returns the body of the answer.
    pub(super) fn post(&self, body: &[u8]) -> Result<Vec<u8>, SendError> {
        let unreachable = |error: ureq::Error| SendError::Unreachable(error.to_string());
        let mut headers = self.headers.clone();
        if let Some(changing) = &self.changing {
            insert(&mut headers, &changing.get()?);
        }
        let (body, encoding) = compress(body, self.compression);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type),
        );
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        let mut request = Request::post(&self.endpoint)
            .body(&*body)
            .map_err(|error| unreachable(error.into()))?;
        *request.headers_mut() = headers;
        let mut response = self.agent.run(request).map_err(unreachable)?;
        // Read to its end, so that the connection can be used again. If that fails, the status counts all the same: to send
        // a request again that has arrived would only duplicate it.
        let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        let body = body.read_to_vec().unwrap_or_default();
        if response.status().is_success() {
            return Ok(body);
        }
        Err(failure(&response, &body))
    }
}

/// `google.rpc.Status`, the body of a failure.
#[derive(Message)]
struct RpcStatus {
    #[prost(string, tag = "2")]
    message: String,
}

/// What the body of a failure says; `None` if it is something else than the specification asks for, such as a page of a proxy.
fn message(body: &[u8]) -> Option<String> {
    let message = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(status) => status["message"].as_str()?.to_owned(),
        Err(_) => RpcStatus::decode(body).ok()?.message,
    };
    (!message.is_empty()).then_some(message)
}

/// <https://opentelemetry.io/docs/specs/otlp/#failures-1>
fn failure<B>(response: &Response<B>, body: &[u8]) -> SendError {
    let status = response.status();
    let answer = match message(body) {
        Some(message) => format!("{status} {:?}", truncate(&message, MAX_SHOWN_BYTES)),
        None => status.to_string(),
    };
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => SendError::Busy {
            answer,
            retry_after: response
                .headers()
                .get(header::RETRY_AFTER)
                .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now())),
        },
        // Not from the collector, most often, but from a network that wants its user to log in first.
        redirect if redirect.is_redirection() => SendError::Busy {
            answer: format!("{answer}, and redirects are not followed"),
            retry_after: None,
        },
        _ => SendError::Refused {
            answer,
            cause: match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Cause::Unauthorized,
                StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::NOT_IMPLEMENTED => Cause::Unsupported,
                StatusCode::PAYLOAD_TOO_LARGE => Cause::TooLarge,
                _ => Cause::Other,
            },
        },
    }
}

/// What an answer with this status, `Retry-After` and body means; `None` if HTTP has no such answer.
#[cfg(fuzzing)]
pub(super) fn fuzz_failure(status: u16, retry_after: &[u8], body: &[u8]) -> Option<SendError> {
    let response = Response::builder()
        .status(status)
        .header(header::RETRY_AFTER, retry_after);
    Some(failure(&response.body(()).ok()?, body))
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn compress(body: &[u8], compression: Compression) -> (Cow<'_, [u8]>, Option<&'static str>) {
    match compression {
        Compression::None => (body.into(), None),
        Compression::Gzip => {
            let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
            let whole = gzip.write_all(body).and_then(|()| gzip.finish());
            let whole = whole.expect("writing to memory cannot fail");
            (whole.into(), Some("gzip"))
        }
        #[cfg(feature = "zstd")]
        Compression::Zstd => {
            let whole = zstd::encode_all(body, zstd::DEFAULT_COMPRESSION_LEVEL)
                .expect("writing to memory cannot fail");
            (whole.into(), Some("zstd"))
        }
    }
}

/// Adds `headers` to `into`. A header replaces one of the same name.
fn insert(into: &mut HeaderMap, headers: &Headers) {
    for (name, value) in headers.iter().filter_map(header) {
        into.insert(name, value);
    }
}

fn header((name, value): (&str, &str)) -> Option<(HeaderName, HeaderValue)> {
    let header = name.parse().ok().zip(value.parse::<HeaderValue>().ok());
    if header.is_none() {
        // Without the value, which may be a secret.
        diagnostics::warn(format_args!(
            "{name:?} is not a valid header of an export; ignored"
        ));
    }
    header.map(|(name, mut value)| {
        value.set_sensitive(true);
        (name, value)
    })
}

fn proxy(settings: &config::Proxy) -> Option<Proxy> {
    let proxy = Url::parse(&settings.url).ok().and_then(|url| {
        let mut proxy = Proxy::builder(url.scheme().try_into().ok()?).host(url.host_str()?);
        if let Some(port) = url.port_or_known_default() {
            proxy = proxy.port(port);
        }
        if !url.username().is_empty() {
            proxy = proxy.username(&decoded(url.username()));
        }
        if let Some(password) = url.password() {
            proxy = proxy.password(&decoded(password));
        }
        for host in &settings.exceptions {
            proxy = proxy.no_proxy(host);
        }
        proxy.build().ok()
    });
    if proxy.is_none() {
        // Without the URL, which may have a password.
        diagnostics::warn(format_args!(
            "the proxy for exports is not a URL such as http://proxy.example.com:3128; ignored"
        ));
    }
    proxy
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        net::TcpListener,
        thread,
    };

    use ureq::http::Uri;

    use super::*;

    /// Answers one request, and returns the answer as it was received.
    fn answer(status: &str, body: Vec<u8>) -> Result<Vec<u8>, SendError> {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a connection");
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).expect("a request");
            }
            let stream = stream.get_mut();
            // The client does not read it to its end if it is too long.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
        });
        let otlp = super::super::otlp(&format!("http://{address}/v1/traces"));
        let http = Http::new(&otlp).expect("a client");
        http.post(b"")
    }

    #[test]
    fn an_answer_above_64_kib_is_not_read() {
        for (bytes, read) in [(64 * 1024 - 1, 64 * 1024 - 1), (64 * 1024 + 1, 0)] {
            let body = answer("200 OK", vec![b'x'; bytes]).expect("a success");
            assert_eq!(body.len(), read);
        }
    }

    #[test]
    fn a_failure_is_told_in_the_words_of_the_collector() {
        let message = "no \"name\"".to_owned();
        let json = serde_json::json!({ "code": 3, "message": message }).to_string();
        let long = serde_json::json!({ "message": "x".repeat(MAX_SHOWN_BYTES + 1) }).to_string();
        let shown = format!(" \"{}\"", "x".repeat(MAX_SHOWN_BYTES));
        for (body, words) in [
            (RpcStatus { message }.encode_to_vec(), r#" "no \"name\"""#),
            (json.into(), r#" "no \"name\"""#),
            (long.into(), &*shown),
            (b"404 page not found".into(), ""),
            (b"<html></html>".into(), ""),
            (Vec::new(), ""),
        ] {
            let failure = answer("400 Bad Request", body).expect_err("a failure");
            assert_eq!(
                failure.to_string(),
                format!("it answered 400 Bad Request{words}")
            );
        }
    }

    #[test]
    fn the_user_and_password_of_the_endpoint_are_decoded_and_a_header_replaces_them() {
        let mut otlp = super::super::otlp("http://ann%40example:p%3Aw@127.0.0.1:4318/v1/traces");
        let authorization = |otlp: &Otlp| {
            let http = Http::new(otlp).expect("a client");
            assert_eq!(http.endpoint, "http://127.0.0.1:4318/v1/traces");
            let values: Vec<_> = http.headers.get_all(header::AUTHORIZATION).iter().collect();
            let [value] = values[..] else {
                panic!("{values:?}");
            };
            value.to_str().expect("ASCII").to_owned()
        };
        // `ann@example:p:w`.
        assert_eq!(authorization(&otlp), "Basic YW5uQGV4YW1wbGU6cDp3");
        otlp.headers.insert("authorization", "Bearer 1".to_owned());
        assert_eq!(authorization(&otlp), "Bearer 1");
    }

    #[test]
    fn the_value_of_a_header_is_not_printed() {
        let header = header(("authorization", "secret"));
        assert!(!format!("{header:?}").contains("secret"), "{header:?}");
    }

    #[test]
    fn the_user_and_the_password_of_a_proxy_are_decoded_and_its_exceptions_kept() {
        let settings = config::Proxy {
            url: "http://ann%40example:p%3Aw@proxy.example.com".to_owned(),
            exceptions: vec!["localhost".to_owned()],
        };
        let proxy = proxy(&settings).expect("a proxy");
        assert_eq!((proxy.host(), proxy.port()), ("proxy.example.com", 80));
        assert_eq!(proxy.username(), Some("ann@example"));
        assert_eq!(proxy.password(), Some("p:w"));
        let is_reached_without = |uri| proxy.is_no_proxy(&Uri::from_static(uri));
        assert!(is_reached_without("http://localhost:4318/v1/traces"));
        assert!(!is_reached_without(
            "http://collector.example.com/v1/traces"
        ));
    }

    #[test]
    fn retry_after_has_two_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 30);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(30)));
        let later = now + Duration::from_secs(60);
        assert_eq!(retry_after(date, later), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
