//! What the plugin measures by itself: invokes, the process, its windows, and its own health.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>,
//! <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>,
//! <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>; `tauri.*` are ours.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use opentelemetry::{
    KeyValue, StringValue,
    metrics::{Histogram, Meter, UpDownCounter},
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::{
    config::Signal,
    ipc::Failure,
    names::{ERROR_TYPE, RPC_METHOD, RPC_SYSTEM_NAME},
    pipeline::{Breaker, health::Loss},
    telemetry::Telemetry,
};

/// Seconds. Those of the semantic conventions, and three below them: a command without I/O takes
/// less than a millisecond.
const DURATIONS: [f64; 17] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0,
    7.5, 10.0,
];

/// Bytes.
const SIZES: [f64; 7] = [0.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7];

/// Traces, metrics or logs.
const SIGNAL: &str = "signal";

/// What stands for every command that does not exist, whose names a page could make up without end.
const OTHER: &str = "_OTHER";

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
        failure: Option<Failure>,
        duration: Duration,
        request: usize,
        response: Option<usize>,
        transport: Option<KeyValue>,
    ) {
        let method = if failure == Some(Failure::NotFound) {
            OTHER.into()
        } else {
            cmd.clone()
        };
        let mut attributes = Vec::with_capacity(4);
        attributes.push(KeyValue::new(RPC_SYSTEM_NAME, "tauri"));
        attributes.push(KeyValue::new(RPC_METHOD, method));
        attributes.extend(transport);
        self.in_flight.add(-1, &[]);
        self.request_size.record(request as u64, &attributes);
        if let Some(response) = response {
            self.response_size.record(response as u64, &attributes);
        }
        attributes.extend(failure.map(|failure| KeyValue::new(ERROR_TYPE, failure.error_type())));
        self.duration.record(duration.as_secs_f64(), &attributes);
    }
}

/// Observes the health of the telemetry and the process, for as long as `telemetry` lives.
pub(crate) fn observe(telemetry: &Arc<Telemetry>) {
    let meter = &telemetry.meter;
    observe_process(meter);
    observe_delivery(meter, Arc::downgrade(telemetry));
    for signal in Signal::ALL {
        observe_signal(meter, signal, Arc::downgrade(telemetry));
    }
}

/// Observes how many windows there are.
pub(crate) fn observe_windows(meter: &Meter, count: impl Fn() -> usize + Send + Sync + 'static) {
    meter
        .i64_observable_up_down_counter("tauri.window.count")
        .with_description("Open windows.")
        .with_unit("{window}")
        .with_callback(move |observer| observer.observe(count() as i64, &[]))
        .build();
}

fn observe_signal(meter: &Meter, signal: Signal, telemetry: Weak<Telemetry>) {
    let item = match signal {
        Signal::Traces => "span",
        Signal::Metrics => "metric_data_point",
        Signal::Logs => "log",
    };
    let unit = format!("{{{item}}}");
    let weak = telemetry.clone();
    meter
        .u64_observable_counter(format!("otel.sdk.exporter.{item}.exported"))
        .with_description("What has left the app; with an `error.type`, what was lost.")
        .with_unit(unit.clone())
        .with_callback(move |observer| {
            let Some(telemetry) = weak.upgrade() else {
                return;
            };
            let health = &telemetry.pipeline.report(signal).health;
            observer.observe(health.total_exported(), &[]);
            for loss in Loss::ALL {
                let lost = health.total_lost(loss);
                if lost > 0 {
                    observer.observe(lost, &[KeyValue::new(ERROR_TYPE, loss.name())]);
                }
            }
        })
        .build();
    meter
        .i64_observable_up_down_counter(format!("otel.sdk.processor.{item}.queue.size"))
        .with_description("What waits to leave the app.")
        .with_unit(unit)
        .with_callback(move |observer| {
            if let Some(telemetry) = telemetry.upgrade() {
                observer.observe(telemetry.pipeline.queued(signal) as i64, &[]);
            }
        })
        .build();
}

/// What is kept on disk, and whether the collector is left alone.
fn observe_delivery(meter: &Meter, telemetry: Weak<Telemetry>) {
    let weak = telemetry.clone();
    meter
        .i64_observable_up_down_counter("tauri.telemetry.spool.size")
        .with_description("What is kept on disk until it can be delivered.")
        .with_unit("By")
        .with_callback(move |observer| {
            let Some(telemetry) = weak.upgrade() else {
                return;
            };
            for signal in Signal::ALL {
                let bytes = telemetry.pipeline.report(signal).spool_bytes();
                observer.observe(bytes as i64, &[KeyValue::new(SIGNAL, signal.name())]);
            }
        })
        .build();
    meter
        .i64_observable_gauge("tauri.telemetry.breaker")
        .with_description("1 for the state of the circuit breaker of a signal's collector.")
        .with_callback(move |observer| {
            let Some(telemetry) = telemetry.upgrade() else {
                return;
            };
            for signal in Signal::ALL {
                let Some(breaker) = telemetry.pipeline.report(signal).breaker() else {
                    continue;
                };
                for state in Breaker::STATES {
                    let attributes = [
                        KeyValue::new(SIGNAL, signal.name()),
                        KeyValue::new("state", state),
                    ];
                    observer.observe(i64::from(state == breaker.name()), &attributes);
                }
            }
        })
        .build();
}

fn observe_process(meter: &Meter) {
    let system = Arc::new(Mutex::new(System::new()));
    let of_memory = system.clone();
    meter
        .i64_observable_up_down_counter("process.memory.usage")
        .with_description("The memory of the app's own process, without those of its pages.")
        .with_unit("By")
        .with_callback(move |observer| {
            if let Some((memory, _)) = measure(&of_memory) {
                observer.observe(memory as i64, &[]);
            }
        })
        .build();
    meter
        .f64_observable_counter("process.cpu.time")
        .with_description("What the app's own process has used of the processors.")
        .with_unit("s")
        .with_callback(move |observer| {
            if let Some((_, cpu)) = measure(&system) {
                observer.observe(cpu.as_secs_f64(), &[]);
            }
        })
        .build();
}

/// The memory in bytes and the processor time of this process.
fn measure(system: &Mutex<System>) -> Option<(u64, Duration)> {
    let pid = Pid::from_u32(std::process::id());
    let mut system = system.lock().unwrap_or_else(PoisonError::into_inner);
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        false,
        ProcessRefreshKind::nothing().with_cpu().with_memory(),
    );
    let process = system.process(pid)?;
    let cpu = Duration::from_millis(process.accumulated_cpu_time());
    Some((process.memory(), cpu))
}
