//! The receiver of OTLP.
//!
//! A request is limited in size before and after it is unpacked, and in the number of its values before it is decoded. It is answered
//! as soon as its rows are queued: a crash loses what came in the last 200 ms. When the queue is full the sender is told to send again.

pub(crate) mod feed;
#[cfg(feature = "grpc")]
pub(crate) mod grpc;
pub(crate) mod http;
mod request;
mod values;

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};

use crate::{
    intake::{Batch, Rejected},
    store::{Full, Store},
};
pub(crate) use request::Encoding;
use request::decode;
use values::{MAX_VALUES_IN_FILES, are_too_many};

/// The largest body of a request. Exporters send some 512 spans at once, less than a megabyte.
pub(crate) const MAX_BODY_BYTES: usize = 16 << 20;

/// The largest request after it is unpacked.
pub(crate) const MAX_UNPACKED_BYTES: usize = 64 << 20;

/// A request that is not there in this time is refused, because others wait until it is read. So is one that waited for others as long.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// The kinds of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points of metrics.
    Metrics,
}

/// Puts requests into the store, and counts what it refuses.
pub(crate) struct Intake {
    store: Arc<Store>,
    refused: AtomicU64,
    rejected: AtomicU64,
}

impl Intake {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self {
            store,
            refused: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    /// Requests that were answered "send again", and those from within the process that found the queue full or could not be
    /// decoded.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether a request of so many bytes would be taken now. One that would not is counted, and need not be decoded.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let has_room = self.store.has_room(bytes);
        if !has_room {
            self.refuse();
        }
        has_room
    }

    /// Counts a request that was not taken.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Items that were not valid.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }

    pub(crate) fn traces(
        &self,
        request: ExportTraceServiceRequest,
        size: usize,
    ) -> Result<Rejected, Full> {
        let (batch, rejected) = Batch::traces(request, size);
        self.push(batch, rejected)
    }

    pub(crate) fn logs(
        &self,
        request: ExportLogsServiceRequest,
        size: usize,
    ) -> Result<Rejected, Full> {
        self.push(Batch::logs(request, size), Rejected::default())
    }

    pub(crate) fn metrics(
        &self,
        request: ExportMetricsServiceRequest,
        size: usize,
    ) -> Result<Rejected, Full> {
        let (batch, rejected) = Batch::metrics(request, size);
        self.push(batch, rejected)
    }

    fn push(&self, batch: Batch, rejected: Rejected) -> Result<Rejected, Full> {
        self.store.push(batch).inspect_err(|_| self.refuse())?;
        self.rejected.fetch_add(rejected.items, Ordering::Relaxed);
        Ok(rejected)
    }

    /// Stores the rows of a request, and waits until there is room. It is refused only if nothing more is stored. Blocks: not for
    /// the threads of a runtime.
    pub(crate) fn push_when_room(&self, batch: Batch, rejected: &Rejected) {
        if self.store.push_when_room(batch).is_err() {
            return self.refuse();
        }
        self.rejected.fetch_add(rejected.items, Ordering::Relaxed);
    }
}

/// Reads a line of a file: a request of any signal.
///
/// # Errors
/// If it is none, with the reason.
pub(crate) fn read_line(line: &[u8]) -> Result<Batch, String> {
    let fields: std::collections::BTreeMap<String, serde::de::IgnoredAny> =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let signal = if fields.contains_key("resourceSpans") {
        Signal::Traces
    } else if fields.contains_key("resourceLogs") {
        Signal::Logs
    } else if fields.contains_key("resourceMetrics") {
        Signal::Metrics
    } else {
        return Err("there is no resourceSpans, resourceLogs or resourceMetrics in it".to_owned());
    };
    read_request(signal, Encoding::Json, line)
}

/// Reads a request in a file.
///
/// # Errors
/// If it is none, or too large for the memory, with the reason.
pub(crate) fn read_request(
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
) -> Result<Batch, String> {
    if are_too_many(signal, encoding, body, MAX_VALUES_IN_FILES) {
        return Err(format!("it has more than {MAX_VALUES_IN_FILES} values"));
    }
    decode(signal, encoding, body).map(|(batch, _)| batch)
}

/// Unpacks a body, and stops at the limit.
fn unpack(body: &[u8], encoding: &str) -> Result<Vec<u8>, Unpack> {
    let limit = MAX_UNPACKED_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = match encoding {
        "gzip" => flate2::read::MultiGzDecoder::new(body)
            .take(limit)
            .read_to_end(&mut bytes),
        "zstd" => zstd::Decoder::with_buffer(body)
            .and_then(|decoder| decoder.take(limit).read_to_end(&mut bytes)),
        _ => return Err(Unpack::Unknown),
    };
    match read {
        Err(error) => Err(Unpack::Damaged(error.to_string())),
        Ok(size) if size > MAX_UNPACKED_BYTES => Err(Unpack::TooLarge),
        Ok(_) => Ok(bytes),
    }
}

#[derive(Debug)]
enum Unpack {
    Unknown,
    Damaged(String),
    TooLarge,
}

#[cfg(test)]
mod tests {
    use ::http::{HeaderMap, HeaderValue, StatusCode, header};

    use super::*;

    #[test]
    fn a_full_queue_is_an_answer_to_send_again_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        // Its queue takes nothing.
        let intake = Intake::new(Arc::new(
            Store::follow(folder.path().to_owned(), 0).unwrap(),
        ));
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001",
            "spanId":"0000000000000001","name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#;
        let answer = http::receive(&intake, Signal::Traces, &headers, body);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        assert_eq!(intake.refused(), 1);
    }

    #[test]
    fn a_line_may_have_more_values_than_a_request_but_not_any_number() {
        let line = |items| format!(r#"{{"resourceSpans":[{}]}}"#, vec!["{}"; items].join(","));
        assert!(read_line(line(values::MAX_VALUES).as_bytes()).is_ok());
        let refused = read_line(line(MAX_VALUES_IN_FILES).as_bytes());
        assert_eq!(
            refused.map(|batch| batch.rows()),
            Err("it has more than 4000000 values".to_owned())
        );
    }
}
