//! A request of any signal, in any encoding, over any protocol.

use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse},
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    },
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Intake, Signal,
    values::{MAX_VALUES, are_too_many},
};
use crate::{
    intake::{Doubles, Rejected, decode_json},
    store::Full,
};

/// How a request is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    pub(super) fn write<M: Message + Serialize>(self, message: &M) -> Vec<u8> {
        match self {
            Self::Protobuf => message.encode_to_vec(),
            Self::Json => serde_json::to_vec(message).unwrap_or_default(),
        }
    }
}

/// Why a request is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the body is no such request: {0}")]
    Malformed(String),
    #[error(
        "the request has more than {} values; send smaller batches",
        MAX_VALUES
    )]
    TooMany,
    #[error("the queue of the viewer is full; send again")]
    Full,
}

impl From<Full> for Refusal {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Takes a request, and encodes the answer to it. Not for the threads of a runtime: it decodes.
pub(super) fn take(
    intake: &Intake,
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
) -> Result<Vec<u8>, Refusal> {
    if !intake.has_room(body.len()) {
        return Err(Refusal::Full);
    }
    if are_too_many(signal, encoding, body) {
        return Err(Refusal::TooMany);
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
    take: impl FnOnce(R) -> Result<Rejected, Full>,
    said: impl FnOnce(Option<Rejected>) -> A,
) -> Result<Vec<u8>, Refusal>
where
    R: Message + Default + DeserializeOwned + Doubles,
    A: Message + Serialize,
{
    let decoded = match encoding {
        Encoding::Protobuf => R::decode(body).map_err(|error| error.to_string()),
        Encoding::Json => decode_json(body).map_err(|error| error.to_string()),
    };
    let rejected = take(decoded.map_err(Refusal::Malformed)?)?;
    let answer = said(Some(rejected).filter(|rejected| rejected.items > 0));
    Ok(encoding.write(&answer))
}
