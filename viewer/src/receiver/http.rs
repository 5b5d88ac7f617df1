//! OTLP over HTTP (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).

use http::{HeaderMap, Response, StatusCode, header};
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    },
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

use super::{Intake, MAX_UNPACKED_BYTES, Signal, Unpack, unpack};
use crate::intake::{Doubles, Rejected, decode_json};

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => PROTOBUF,
            Self::Json => JSON,
        }
    }

    fn write<M: Message + Serialize>(self, message: &M) -> Vec<u8> {
        match self {
            Self::Protobuf => message.encode_to_vec(),
            Self::Json => serde_json::to_vec(message).unwrap_or_default(),
        }
    }
}

/// Takes a request and answers it. Not for the threads of a runtime: it unpacks and decodes.
pub(crate) fn receive(
    intake: &Intake,
    signal: Signal,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<Vec<u8>> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let encoding = match content_type.split(';').next().map(str::trim) {
        Some(PROTOBUF) => Encoding::Protobuf,
        Some(JSON) => Encoding::Json,
        _ => {
            let text = format!("Content-Type must be {PROTOBUF} or {JSON}");
            return refuse(Encoding::Json, StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
        }
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
    if !intake.has_room(body.len()) {
        return refuse_for_now(encoding);
    }
    match signal {
        Signal::Traces => answer::<ExportTraceServiceRequest, _>(
            encoding,
            body,
            |request| intake.traces(request, body.len()),
            |rejected| ExportTraceServiceResponse {
                partial_success: rejected.map(|rejected| ExportTracePartialSuccess {
                    rejected_spans: rejected.items as i64,
                    error_message: rejected.reason,
                }),
            },
        ),
        Signal::Logs => answer::<ExportLogsServiceRequest, _>(
            encoding,
            body,
            |request| intake.logs(request, body.len()),
            |rejected| ExportLogsServiceResponse {
                partial_success: rejected.map(|rejected| ExportLogsPartialSuccess {
                    rejected_log_records: rejected.items as i64,
                    error_message: rejected.reason,
                }),
            },
        ),
        Signal::Metrics => answer::<ExportMetricsServiceRequest, _>(
            encoding,
            body,
            |request| intake.metrics(request, body.len()),
            |rejected| ExportMetricsServiceResponse {
                partial_success: rejected.map(|rejected| ExportMetricsPartialSuccess {
                    rejected_data_points: rejected.items as i64,
                    error_message: rejected.reason,
                }),
            },
        ),
    }
}

fn answer<R, A>(
    encoding: Encoding,
    body: &[u8],
    take: impl FnOnce(R) -> Result<Rejected, crate::store::Full>,
    said: impl FnOnce(Option<Rejected>) -> A,
) -> Response<Vec<u8>>
where
    R: Message + Default + DeserializeOwned + Doubles,
    A: Message + Serialize,
{
    let decoded = match encoding {
        Encoding::Protobuf => R::decode(body).map_err(|error| error.to_string()),
        Encoding::Json => decode_json(body).map_err(|error| error.to_string()),
    };
    let request = match decoded {
        Ok(request) => request,
        Err(error) => {
            return refuse(
                encoding,
                StatusCode::BAD_REQUEST,
                format!("the body is no such request: {error}"),
            );
        }
    };
    match take(request) {
        Ok(rejected) => {
            let answer = said(Some(rejected).filter(|rejected| rejected.items > 0));
            respond(encoding, StatusCode::OK, encoding.write(&answer))
        }
        Err(crate::store::Full) => refuse_for_now(encoding),
    }
}

fn refuse_for_now(encoding: Encoding) -> Response<Vec<u8>> {
    let text = "the queue of the viewer is full; send again".to_owned();
    refuse(encoding, StatusCode::SERVICE_UNAVAILABLE, text)
}

/// The answer to a body that is larger than [`super::MAX_BODY_BYTES`].
pub(crate) fn too_large() -> Response<Vec<u8>> {
    let text = format!("the body has more than {} bytes", super::MAX_BODY_BYTES);
    refuse(Encoding::Json, StatusCode::PAYLOAD_TOO_LARGE, text)
}

fn refuse(encoding: Encoding, status: StatusCode, message: String) -> Response<Vec<u8>> {
    // The codes of gRPC: UNAVAILABLE and INVALID_ARGUMENT.
    let code = if status == StatusCode::SERVICE_UNAVAILABLE {
        14
    } else {
        3
    };
    respond(
        encoding,
        status,
        encoding.write(&RpcStatus { code, message }),
    )
}

fn respond(encoding: Encoding, status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(encoding.content_type()),
    );
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(
            header::RETRY_AFTER,
            header::HeaderValue::from_static(RETRY_SECONDS),
        );
    }
    response
}
