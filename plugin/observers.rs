//! What is measured whenever metrics are collected: the process, its windows, and the health of the telemetry.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>,
//! <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>; `tauri.*` are ours.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use opentelemetry::{KeyValue, metrics::Meter};
use opentelemetry_semantic_conventions::metric;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::{
    config::Signal,
    names::ERROR_TYPE,
    pipeline::{
        Breaker,
        health::{Health, Loss},
    },
    telemetry::Telemetry,
};

/// Traces, metrics or logs.
const SIGNAL: &str = "tauri.telemetry.signal";

/// The state of a circuit breaker: `closed`, `open` or `half_open`.
const BREAKER_STATE: &str = "tauri.telemetry.breaker.state";

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

/// The health metrics of one signal. The conventions have a processor for spans and log records only.
fn observe_signal(meter: &Meter, signal: Signal, telemetry: Weak<Telemetry>) {
    let (unit, exported, processor) = match signal {
        Signal::Traces => (
            "{span}",
            metric::OTEL_SDK_EXPORTER_SPAN_EXPORTED,
            Some([
                metric::OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
                metric::OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
            ]),
        ),
        Signal::Metrics => (
            "{data_point}",
            metric::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED,
            None,
        ),
        Signal::Logs => (
            "{log_record}",
            metric::OTEL_SDK_EXPORTER_LOG_EXPORTED,
            Some([
                metric::OTEL_SDK_PROCESSOR_LOG_PROCESSED,
                metric::OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
            ]),
        ),
    };
    let count = |name, description, succeeded: fn(&Health) -> u64, is_failure: fn(Loss) -> bool| {
        let telemetry = telemetry.clone();
        meter
            .u64_observable_counter(name)
            .with_description(description)
            .with_unit(unit)
            .with_callback(move |observer| {
                let Some(telemetry) = telemetry.upgrade() else {
                    return;
                };
                let health = &telemetry.pipeline.report(signal).health;
                observer.observe(succeeded(health), &[]);
                for loss in Loss::ALL.into_iter().filter(|loss| is_failure(*loss)) {
                    let lost = health.total_lost(loss);
                    if lost > 0 {
                        observer.observe(lost, &[KeyValue::new(ERROR_TYPE, loss.name())]);
                    }
                }
            })
            .build();
    };
    count(
        exported,
        "Items for which the export has finished; failed ones have an error.type.",
        Health::total_exported,
        // The conventions count what never reached the exporter at the processor.
        if processor.is_some() {
            |loss| !loss.is_of_queue()
        } else {
            |_| true
        },
    );
    let Some([processed, queue_size]) = processor else {
        return;
    };
    count(
        processed,
        "Items that have left the queue; dropped ones have an error.type.",
        Health::total_processed,
        Loss::is_of_queue,
    );
    let telemetry = telemetry.clone();
    meter
        .i64_observable_up_down_counter(queue_size)
        .with_description("Items that wait in the queue.")
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
        .with_unit("1")
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
                        KeyValue::new(BREAKER_STATE, state),
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
        .i64_observable_up_down_counter(metric::PROCESS_MEMORY_USAGE)
        .with_description("The memory of the app's own process, without those of its pages.")
        .with_unit("By")
        .with_callback(move |observer| {
            if let Some((memory, _)) = measure(&of_memory) {
                observer.observe(memory as i64, &[]);
            }
        })
        .build();
    meter
        .f64_observable_counter(metric::PROCESS_CPU_TIME)
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
