//! What is measured of every invoke.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>; `tauri.*` are ours.

use std::time::Duration;

use opentelemetry::{
    KeyValue, StringValue,
    metrics::{BoundHistogram, Histogram, Meter, UpDownCounter},
};
use opentelemetry_semantic_conventions::metric::RPC_SERVER_CALL_DURATION;

use crate::names::{DURATIONS, ERROR_TYPE, INVOKE_REQUEST_SIZE, INVOKE_RESPONSE_SIZE, rpc};

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

/// The instruments of one command with their attributes bound, so that nothing is looked up to record a measurement.
/// For the invokes that a webview makes and that succeed, which nearly all do.
#[derive(Debug)]
pub(crate) struct BoundInstruments {
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
            request_size: sizes(
                INVOKE_REQUEST_SIZE,
                "Size of the request bodies of invokes.",
            ),
            response_size: sizes(
                INVOKE_RESPONSE_SIZE,
                "Size of the response bodies of invokes.",
            ),
        }
    }

    pub(crate) fn started(&self) {
        self.in_flight.add(1, &[]);
    }

    /// Records an invoke that has ended. `bound` gives the instruments of its command, if it has any. It is called only if each
    /// of them gets a value, because the SDK exports an instrument once it is bound.
    pub(crate) fn ended<'a>(
        &self,
        bound: impl FnOnce() -> Option<&'a BoundInstruments>,
        invoke: EndedInvoke,
    ) {
        self.in_flight.add(-1, &[]);
        let EndedInvoke {
            method,
            error_type,
            duration,
            request_size,
            response_size,
            transport,
        } = invoke;
        let duration = duration.as_secs_f64();
        if error_type.is_none()
            && transport.is_none()
            && let Some((request_size, response_size)) = request_size.zip(response_size)
            && let Some(bound) = bound()
        {
            bound.request_size.record(request_size as u64);
            bound.response_size.record(response_size as u64);
            bound.duration.record(duration);
            return;
        }
        let mut attributes = Vec::with_capacity(4);
        attributes.extend(rpc(method));
        attributes.extend(transport);
        if let Some(size) = request_size {
            self.request_size.record(size as u64, &attributes);
        }
        if let Some(size) = response_size {
            self.response_size.record(size as u64, &attributes);
        }
        attributes.extend(error_type.map(|error_type| KeyValue::new(ERROR_TYPE, error_type)));
        self.duration.record(duration, &attributes);
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

/// What is measured of an invoke.
pub(crate) struct EndedInvoke {
    /// The `rpc.method`: the name of the command if Tauri knows it.
    pub(crate) method: StringValue,
    /// `None` if the invoke succeeded.
    pub(crate) error_type: Option<&'static str>,
    pub(crate) duration: Duration,
    /// Bytes of the request body, if they are known.
    pub(crate) request_size: Option<usize>,
    /// Bytes of the response body, if there was one and its size is known.
    pub(crate) response_size: Option<usize>,
    /// How the invoke came, if not from a webview.
    pub(crate) transport: Option<KeyValue>,
}

#[cfg(test)]
mod tests {
    use opentelemetry::metrics::MeterProvider;
    use opentelemetry_sdk::metrics::SdkMeterProvider;

    use super::*;

    #[test]
    fn a_command_binds_its_instruments_only_if_each_gets_a_value() {
        let meter = SdkMeterProvider::default().meter("test");
        let metrics = InvokeMetrics::new(&meter);
        let binds = |change: fn(&mut EndedInvoke)| {
            let mut invoke = EndedInvoke {
                method: "greet".into(),
                error_type: None,
                duration: Duration::ZERO,
                request_size: Some(1),
                response_size: Some(1),
                transport: None,
            };
            change(&mut invoke);
            let mut bound = false;
            metrics.ended(
                || {
                    bound = true;
                    None
                },
                invoke,
            );
            bound
        };
        assert!(binds(|_| ()));
        assert!(!binds(|failed| failed.error_type = Some("error")));
        assert!(!binds(|unseen| unseen.response_size = None));
        let transport = |invoke: &mut EndedInvoke| {
            invoke.transport = Some(KeyValue::new("transport", "websocket"));
        };
        assert!(!binds(transport));
    }
}
