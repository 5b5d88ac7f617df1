//! A request of any signal, in any encoding, over any protocol.

use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse},
    metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse},
    trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse},
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    Intake, Signal,
    values::{MAX_VALUES, are_too_many},
};
use crate::{
    intake::{Batch, Doubles, Rejected, decode_json},
    store::Full,
};

/// How a request is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    fn read<M: Message + Default + DeserializeOwned + Doubles>(
        self,
        body: &[u8],
    ) -> Result<M, String> {
        match self {
            Self::Protobuf => M::decode(body).map_err(|error| error.to_string()),
            Self::Json => decode_json(body).map_err(|error| error.to_string()),
        }
    }

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
    if are_too_many(signal, encoding, body, MAX_VALUES) {
        return Err(Refusal::TooMany);
    }
    let (batch, rejected) = decode(signal, encoding, body).map_err(Refusal::Malformed)?;
    let rejected = intake.push(batch, rejected)?;
    Ok(answer(signal, encoding, rejected))
}

/// The rows of an encoded request.
///
/// # Errors
/// If it is none of this signal, with the reason.
pub(super) fn decode(
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
) -> Result<(Batch, Rejected), String> {
    let size = body.len();
    Ok(match signal {
        Signal::Traces => Batch::traces(encoding.read(body)?, size),
        Signal::Logs => (Batch::logs(encoding.read(body)?, size), Rejected::default()),
        Signal::Metrics => Batch::metrics(encoding.read(body)?, size),
    })
}

/// The encoded answer to a request that was taken.
fn answer(signal: Signal, encoding: Encoding, rejected: Rejected) -> Vec<u8> {
    let has_any = rejected.items > 0;
    let (count, error_message) = (rejected.items as i64, rejected.reason);
    if encoding == Encoding::Json {
        // `opentelemetry-proto` writes the count as a number, but an integer of 64 bits has to be a text.
        let name = match signal {
            Signal::Traces => "rejectedSpans",
            Signal::Logs => "rejectedLogRecords",
            Signal::Metrics => "rejectedDataPoints",
        };
        let answer = if has_any {
            json!({ "partialSuccess": { name: count.to_string(), "errorMessage": error_message } })
        } else {
            json!({})
        };
        return answer.to_string().into_bytes();
    }
    match signal {
        Signal::Traces => ExportTraceServiceResponse {
            partial_success: has_any.then_some(ExportTracePartialSuccess {
                rejected_spans: count,
                error_message,
            }),
        }
        .encode_to_vec(),
        Signal::Logs => ExportLogsServiceResponse {
            partial_success: has_any.then_some(ExportLogsPartialSuccess {
                rejected_log_records: count,
                error_message,
            }),
        }
        .encode_to_vec(),
        Signal::Metrics => ExportMetricsServiceResponse {
            partial_success: has_any.then_some(ExportMetricsPartialSuccess {
                rejected_data_points: count,
                error_message,
            }),
        }
        .encode_to_vec(),
    }
}
