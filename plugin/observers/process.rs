//! The process: <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>.

use std::{sync::Arc, time::Duration};

use opentelemetry::metrics::Meter;
use opentelemetry_semantic_conventions::metric;
use parking_lot::Mutex;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Observes the memory and the processor time of this process.
pub(super) fn observe(meter: &Meter) {
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
    let mut system = system.lock();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        false,
        ProcessRefreshKind::nothing().with_cpu().with_memory(),
    );
    let process = system.process(pid)?;
    let cpu = Duration::from_millis(process.accumulated_cpu_time());
    Some((process.memory(), cpu))
}
