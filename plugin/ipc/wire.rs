//! Reads and writes the wire format of the `ipc` scheme, byte for byte as Tauri's own handler does.
//!
//! A plugin that registers the scheme replaces Tauri's handler, and no page may notice a difference: `tests/wire.rs`
//! compares the answers of both. The module follows `tauri/src/ipc/protocol.rs` of Tauri 2.12, but does not make the
//! `tracing` spans of that file. They serialise the body of every request a second time, also while no subscriber listens. [`super::tauri_spans`] makes
//! them where a subscriber takes them.
//!
//! The span of an invoke begins in [`super::handle`].

use std::borrow::Cow;

use percent_encoding::percent_decode;
use tauri::{
    Url,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, ORIGIN,
        },
    },
    ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody},
    webview::InvokeRequest,
};

static CALLBACK: HeaderName = HeaderName::from_static("tauri-callback");
static ERROR: HeaderName = HeaderName::from_static("tauri-error");
static INVOKE_KEY: HeaderName = HeaderName::from_static("tauri-invoke-key");
static RESPONSE: HeaderName = HeaderName::from_static("tauri-response");

const TEXT: &str = "text/plain";
pub(super) const JSON: &str = "application/json";
pub(super) const BYTES: &str = "application/octet-stream";

/// An answer of the scheme handler.
pub(crate) type Answer = Response<Cow<'static, [u8]>>;

/// A request to the `ipc` scheme.
pub(crate) enum Parsed {
    /// A command to run, and the size of its body in bytes.
    Invoke(InvokeRequest, usize),
    /// The answer to a request that runs no command: `OPTIONS`, or a request that is malformed.
    Answered(Answer),
}

/// Reads one request of the `ipc` scheme.
pub(crate) fn read(request: Request<Vec<u8>>) -> Parsed {
    match *request.method() {
        Method::POST => {
            let size = request.body().len();
            match parse(request) {
                Ok(invoke) => Parsed::Invoke(invoke, size),
                Err(message) => Parsed::Answered(refusal(message)),
            }
        }
        Method::OPTIONS => {
            let mut answer = Response::new(Cow::from(Vec::new()));
            answer
                .headers_mut()
                .insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
            Parsed::Answered(with_cors(answer))
        }
        _ => Parsed::Answered(plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only POST and OPTIONS are allowed",
        )),
    }
}

/// The answer with the response of a command.
pub(crate) fn respond(response: InvokeResponse) -> Answer {
    let (outcome, content_type, body) = match response {
        InvokeResponse::Ok(InvokeResponseBody::Json(json)) => ("ok", JSON, json.into_bytes()),
        InvokeResponse::Ok(InvokeResponseBody::Raw(bytes)) => ("ok", BYTES, bytes),
        InvokeResponse::Err(error) => ("error", JSON, error.0.to_string().into_bytes()),
    };
    let mut answer = Response::new(Cow::from(body));
    let headers = answer.headers_mut();
    headers.insert(&RESPONSE, HeaderValue::from_static(outcome));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    with_cors(answer)
}

/// The answer to a malformed request.
pub(crate) fn refusal(message: impl Into<Cow<'static, str>>) -> Answer {
    plain(StatusCode::INTERNAL_SERVER_ERROR, message)
}

fn plain(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Answer {
    let body = match message.into() {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
    with_cors(answer)
}

fn with_cors(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Tauri-Response"),
    );
    answer
}

/// Reads an invoke. The checks are made in Tauri's order, because a request with two mistakes is answered with the first
/// that is found.
fn parse(request: Request<Vec<u8>>) -> Result<InvokeRequest, Cow<'static, str>> {
    let (parts, body) = request.into_parts();

    let path = parts.uri.path().as_bytes();
    let cmd = percent_decode(path.strip_prefix(b"/").unwrap_or(path))
        .decode_utf8_lossy()
        .into_owned();

    let content_type: mime::Mime = match parts.headers.get(CONTENT_TYPE).map(|v| v.to_str()) {
        // The two types that Tauri's own script sends are compared as texts, which is faster than parsing them.
        Some(Ok(JSON)) => mime::APPLICATION_JSON,
        Some(Ok(BYTES)) | Some(Err(_)) | None => mime::APPLICATION_OCTET_STREAM,
        Some(Ok(value)) => value.parse().map_err(|_| "unknown content type")?,
    };

    let invoke_key = header(
        &parts.headers,
        &INVOKE_KEY,
        "missing Tauri-Invoke-Key header",
        "Tauri invoke key header value must be a string",
    )?
    .to_owned();
    let url = Url::parse(header(
        &parts.headers,
        &ORIGIN,
        "missing Origin header",
        "Origin header value must be a string",
    )?)
    .map_err(|_| "Origin header is not a valid URL")?;
    let callback = header(
        &parts.headers,
        &CALLBACK,
        "missing Tauri-Callback header",
        "Tauri callback header value must be a string",
    )?
    .parse()
    .map_err(|_| "Tauri callback header value must be a numeric string")?;
    let error = header(
        &parts.headers,
        &ERROR,
        "missing Tauri-Error header",
        "Tauri error header value must be a string",
    )?
    .parse()
    .map_err(|_| "Tauri error header value must be a numeric string")?;

    let body = if content_type == mime::APPLICATION_OCTET_STREAM {
        InvokeBody::Raw(body)
    } else if content_type == mime::APPLICATION_JSON {
        InvokeBody::Json(if body.is_empty() {
            // Android's webview cannot hand over the body of a request, so Tauri reads an empty body as no arguments.
            serde_json::Value::Object(serde_json::Map::new())
        } else {
            serde_json::from_slice(&body).map_err(|e| e.to_string())?
        })
    } else {
        return Err(format!("content type {content_type} is not implemented").into());
    };

    Ok(InvokeRequest {
        cmd,
        callback: CallbackFn(callback),
        error: CallbackFn(error),
        url,
        body,
        headers: parts.headers,
        invoke_key,
    })
}

fn header<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    missing: &'static str,
    not_text: &'static str,
) -> Result<&'a str, &'static str> {
    headers
        .get(name)
        .ok_or(missing)?
        .to_str()
        .map_err(|_| not_text)
}
