//! What is measured of every invoke.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>; `tauri.*` are ours.

use std::{sync::LazyLock, time::Duration};

use opentelemetry::{
    KeyValue, StringValue,
    metrics::{BoundHistogram, Histogram, Meter, UpDownCounter},
};

use crate::{
    ipc::{Command, outcome::Failure},
    names::{ERROR_TYPE, rpc},
};

/// What stands for every command that does not exist: a page could make up names without end.
static OTHER: LazyLock<StringValue> = LazyLock::new(|| StringValue::from("_OTHER"));

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

/// Those of one command for invokes by a webview that are answered well. Nearly all are, so these have their
/// attributes bound: nothing is looked up to record them.
#[derive(Debug)]
pub(crate) struct Usual {
    duration: BoundHistogram<f64>,
    request_size: BoundHistogram<u64>,
    response_size: BoundHistogram<u64>,
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
        command: &Command,
        failure: Option<Failure>,
        duration: Duration,
        request: usize,
        response: Option<usize>,
        transport: Option<KeyValue>,
    ) {
        self.in_flight.add(-1, &[]);
        if failure.is_none()
            && transport.is_none()
            && let (Some(response), Some(usual)) =
                (response, command.usual(|| self.bind(&command.name)))
        {
            usual.request_size.record(request as u64);
            usual.response_size.record(response as u64);
            usual.duration.record(duration.as_secs_f64());
            return;
        }
        let mut attributes = Vec::with_capacity(4);
        let is_made_up = failure == Some(Failure::NotFound);
        let method = if is_made_up { &OTHER } else { &command.name };
        attributes.extend(rpc(method.clone()));
        attributes.extend(transport);
        self.request_size.record(request as u64, &attributes);
        if let Some(response) = response {
            self.response_size.record(response as u64, &attributes);
        }
        attributes.extend(failure.map(|failure| KeyValue::new(ERROR_TYPE, failure.error_type())));
        self.duration.record(duration.as_secs_f64(), &attributes);
    }

    fn bind(&self, cmd: &StringValue) -> Usual {
        let attributes = rpc(cmd.clone());
        Usual {
            duration: self.duration.bind(&attributes),
            request_size: self.request_size.bind(&attributes),
            response_size: self.response_size.bind(&attributes),
        }
    }
}
