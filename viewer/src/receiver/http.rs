//! OTLP over HTTP (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).

use http::{HeaderMap, Response, StatusCode, header};
use prost::Message;
use serde::Serialize;

use super::{
    Encoding, Intake, MAX_UNPACKED_BYTES, Signal, Unpack,
    request::{Refusal, take},
    unpack,
};

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// Seconds after which a sender is asked to try again; the writer takes what waits in a fraction of it.
const RETRY_SECONDS: &str = "1";

/// `google.rpc.Status`, which the specification asks for as the body of an error.
#[derive(Clone, PartialEq, Message, Serialize)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// Takes a request and answers it. Not for the threads of a runtime: it unpacks and decodes.
pub(crate) fn receive(
    intake: &Intake,
    signal: Signal,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<Vec<u8>> {
    let Some(encoding) = encoding(headers) else {
        let text = format!("Content-Type must be {PROTOBUF} or {JSON}");
        return refuse(Encoding::Json, StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    };
    let packed = headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    let unpacked = match packed.as_deref() {
        None | Some("identity" | "") => None,
        Some(name) => match unpack(body, name) {
            Ok(bytes) => Some(bytes),
            Err(Unpack::Unknown) => {
                let text = format!("Content-Encoding {name:?} is none of gzip, zstd and identity");
                return refuse(encoding, StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
            }
            Err(Unpack::Damaged(error)) => {
                return refuse(
                    encoding,
                    StatusCode::BAD_REQUEST,
                    format!("the body is no {name}: {error}"),
                );
            }
            Err(Unpack::TooLarge) => {
                let text = format!(
                    "the body has more than {MAX_UNPACKED_BYTES} bytes when it is unpacked"
                );
                return refuse(encoding, StatusCode::PAYLOAD_TOO_LARGE, text);
            }
        },
    };
    let body = unpacked.as_deref().unwrap_or(body);
    match take(intake, signal, encoding, body) {
        Ok(answer) => respond(encoding, StatusCode::OK, answer),
        Err(refusal) => {
            let status = match refusal {
                Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
                Refusal::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
                Refusal::Full => StatusCode::SERVICE_UNAVAILABLE,
            };
            refuse(encoding, status, refusal.to_string())
        }
    }
}

/// How the body of a request is encoded.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    match content_type.split(';').next().map(str::trim) {
        Some(PROTOBUF) => Some(Encoding::Protobuf),
        Some(JSON) => Some(Encoding::Json),
        _ => None,
    }
}

/// How the answer to a request is encoded: like the request.
pub(crate) fn encoding_of_answer(headers: &HeaderMap) -> Encoding {
    encoding(headers).unwrap_or(Encoding::Json)
}

/// The answer to a request that is not taken.
pub(crate) fn refuse(
    encoding: Encoding,
    status: StatusCode,
    message: impl Into<String>,
) -> Response<Vec<u8>> {
    // The codes of gRPC.
    let code = match status {
        StatusCode::FORBIDDEN => 7,
        StatusCode::METHOD_NOT_ALLOWED => 12,
        StatusCode::INTERNAL_SERVER_ERROR => 13,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        // The request is not valid.
        _ => 3,
    };
    let message = message.into();
    respond(
        encoding,
        status,
        encoding.write(&RpcStatus { code, message }),
    )
}

fn respond(encoding: Encoding, status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let content_type = match encoding {
        Encoding::Protobuf => PROTOBUF,
        Encoding::Json => JSON,
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(
            header::RETRY_AFTER,
            header::HeaderValue::from_static(RETRY_SECONDS),
        );
    }
    response
}
