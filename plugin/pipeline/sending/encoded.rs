//! Encoded requests: the bytes of their Protobuf messages. The uplink holds and keeps every request in this form, also for
//! a collector that gets JSON. The signal tells which message the bytes are.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};

use super::{json, request::ExportRequest};
use crate::config::Signal;

/// The request as JSON. `None` if its bytes are damaged.
pub(super) fn to_json(signal: Signal, request: &[u8]) -> Option<Vec<u8>> {
    fn of<R: ExportRequest>(request: &[u8]) -> Option<Vec<u8>> {
        R::decode(request).ok().map(json::encode)
    }
    match signal {
        Signal::Traces => of::<ExportTraceServiceRequest>(request),
        Signal::Metrics => of::<ExportMetricsServiceRequest>(request),
        Signal::Logs => of::<ExportLogsServiceRequest>(request),
    }
}

/// Two encoded requests with half of the items each, and how many those are. `None` if there is only one item, or the
/// bytes are damaged.
pub(super) fn split(signal: Signal, request: &[u8]) -> Option<[(Vec<u8>, usize); 2]> {
    fn of<R: ExportRequest>(request: &[u8]) -> Option<[(Vec<u8>, usize); 2]> {
        let (first, second) = R::decode(request).ok()?.split()?;
        Some([first, second].map(|half| (half.encode_to_vec(), half.items())))
    }
    match signal {
        Signal::Traces => of::<ExportTraceServiceRequest>(request),
        Signal::Metrics => of::<ExportMetricsServiceRequest>(request),
        Signal::Logs => of::<ExportLogsServiceRequest>(request),
    }
}
