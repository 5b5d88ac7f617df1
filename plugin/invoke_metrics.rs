//! What is measured of every invoke.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>; `tauri.*` are ours.

use std::time::Duration;

use opentelemetry::{
    KeyValue, StringValue,
    metrics::{Histogram, Meter, UpDownCounter},
};

use crate::names::{ERROR_TYPE, RPC_METHOD, RPC_SYSTEM_NAME};

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
                .f64_histogram("rpc.server.call.duration")
                .with_description("How long commands take.")
                .with_unit("s")
                .with_boundaries(DURATIONS.to_vec())
                .build(),
            in_flight: meter
                .i64_up_down_counter("tauri.invoke.active")
                .with_description("Invokes that are under way.")
                .with_unit("{invoke}")
                .build(),
            request_size: sizes("rpc.server.request.size", "The bodies of invokes."),
            response_size: sizes("rpc.server.response.size", "The answers to invokes."),
        }
    }

    pub(crate) fn started(&self) {
        self.in_flight.add(1, &[]);
    }

    /// An invoke has ended; `response` is `None` if there was none, `transport` if it came from a webview.
    pub(crate) fn ended(
        &self,
        cmd: &StringValue,
        error_type: Option<&'static str>,
        duration: Duration,
        request: usize,
        response: Option<usize>,
        transport: Option<KeyValue>,
    ) {
        let mut attributes = Vec::with_capacity(4);
        attributes.push(KeyValue::new(RPC_SYSTEM_NAME, "tauri"));
        attributes.push(KeyValue::new(RPC_METHOD, cmd.clone()));
        attributes.extend(transport);
        self.in_flight.add(-1, &[]);
        self.request_size.record(request as u64, &attributes);
        if let Some(response) = response {
            self.response_size.record(response as u64, &attributes);
        }
        attributes.extend(error_type.map(|error_type| KeyValue::new(ERROR_TYPE, error_type)));
        self.duration.record(duration.as_secs_f64(), &attributes);
    }
}
