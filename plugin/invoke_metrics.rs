//! What is measured of every invoke.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>; `tauri.*` are ours.

use std::time::Duration;

use opentelemetry::{
    KeyValue, StringValue,
    metrics::{BoundHistogram, Histogram, Meter, UpDownCounter},
};
use opentelemetry_semantic_conventions::metric::RPC_SERVER_CALL_DURATION;

use crate::names::{ERROR_TYPE, INVOKE_REQUEST_SIZE, INVOKE_RESPONSE_SIZE, rpc};

/// Seconds. Those of the semantic conventions, and three below them: a command without I/O takes
/// less than a millisecond.
const DURATIONS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];

/// Bytes.
const SIZES: [f64; 7] = [0.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7];

/// The instruments of invokes.
#[derive(Debug)]
pub(crate) struct InvokeMetrics {
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    request_size: Histogram<u64>,
    response_size: Histogram<u64>,
}

/// The instruments of one command, with the attributes of an invoke that came from a webview and was answered without
/// an error bound to them. Nearly all invokes are such, and nothing is looked up to record them.
#[derive(Debug)]
pub(crate) struct BoundInstruments {
    duration: BoundHistogram<f64>,
    request_size: BoundHistogram<u64>,
    response_size: BoundHistogram<u64>,
}

/// An invoke that has ended.
#[derive(Debug)]
pub(crate) struct EndedInvoke<'a> {
    pub(crate) method: &'a StringValue,
    /// `None` if it was answered without an error.
    pub(crate) error_type: Option<&'static str>,
    pub(crate) duration: Duration,
    /// Bytes of the request.
    pub(crate) request: usize,
    /// Bytes of the response, if there was one.
    pub(crate) response: Option<usize>,
    /// `None` if it came from a webview.
    pub(crate) transport: Option<KeyValue>,
}

impl InvokeMetrics {
    pub(crate) fn new(meter: &Meter) -> Self {
        let sizes = |name, description| {
            meter
                .u64_histogram(name)
                .with_description(description)
                .with_unit("By")
                .with_boundaries(SIZES.to_vec())
                .build()
        };
        Self {
            duration: meter
                .f64_histogram(RPC_SERVER_CALL_DURATION)
                .with_description("How long commands take.")
                .with_unit("s")
                .with_boundaries(DURATIONS.to_vec())
                .build(),
            in_flight: meter
                .i64_up_down_counter("tauri.invoke.active")
                .with_description("Invokes that are under way.")
                .with_unit("{invoke}")
                .build(),
            request_size: sizes(INVOKE_REQUEST_SIZE, "The bodies of invokes."),
            response_size: sizes(INVOKE_RESPONSE_SIZE, "The answers to invokes."),
        }
    }

    pub(crate) fn started(&self) {
        self.in_flight.add(1, &[]);
    }

    /// Records an invoke that has ended. `bound` are the instruments of its command, if it has any.
    pub(crate) fn ended(&self, bound: Option<&BoundInstruments>, invoke: EndedInvoke<'_>) {
        self.in_flight.add(-1, &[]);
        let EndedInvoke {
            method,
            error_type,
            duration,
            request,
            response,
            transport,
        } = invoke;
        if error_type.is_none()
            && transport.is_none()
            && let (Some(response), Some(bound)) = (response, bound)
        {
            bound.request_size.record(request as u64);
            bound.response_size.record(response as u64);
            bound.duration.record(duration.as_secs_f64());
            return;
        }
        let mut attributes = Vec::with_capacity(4);
        attributes.extend(rpc(method.clone()));
        attributes.extend(transport);
        self.request_size.record(request as u64, &attributes);
        if let Some(response) = response {
            self.response_size.record(response as u64, &attributes);
        }
        attributes.extend(error_type.map(|error_type| KeyValue::new(ERROR_TYPE, error_type)));
        self.duration.record(duration.as_secs_f64(), &attributes);
    }

    /// The instruments of a command, bound to its attributes.
    pub(crate) fn bind(&self, cmd: &StringValue) -> BoundInstruments {
        let attributes = rpc(cmd.clone());
        BoundInstruments {
            duration: self.duration.bind(&attributes),
            request_size: self.request_size.bind(&attributes),
            response_size: self.response_size.bind(&attributes),
        }
    }
}
