//! A panic is a log record named `exception`, in the trace it happened in.
//!
//! <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/>

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
    sync::Weak,
    thread,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    Context,
    logs::{LogRecord, Logger, Severity},
};

use crate::{ipc::task, names::add_code_location, telemetry::Telemetry};

/// How long a process that is about to end waits for its last words to be sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Records panics as long as `telemetry` lives, and then calls the hook that was there before.
pub(crate) fn watch(telemetry: Weak<Telemetry>) {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // Before the other hook, which may end the process.
        if let Some(telemetry) = telemetry.upgrade() {
            record(&telemetry, info);
        }
        previous(info);
    }));
}

fn record(telemetry: &Telemetry, info: &PanicHookInfo<'_>) {
    // A thread of the pipeline, or a function that redacts: an export would wait for what panics.
    if Context::is_current_telemetry_suppressed() {
        return;
    }
    let _invoke = task::attach();
    let logger = &telemetry.logger;
    let mut record = logger.create_log_record();
    record.set_event_name("exception");
    record.set_timestamp(SystemTime::now());
    // A panic of the main thread ends the app, most often from a callback of the window system that
    // cannot unwind; one of any other thread ends it where panics abort.
    let ends_the_app = cfg!(panic = "abort") || thread::current().name() == Some("main");
    let severity = if ends_the_app {
        Severity::Fatal
    } else {
        Severity::Error
    };
    record.set_severity_number(severity);
    record.set_severity_text(severity.name());
    record.add_attribute("exception.type", "panic");
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    if let Some(message) = message {
        record.add_attribute("exception.message", message);
    }
    if let Some(location) = info.location() {
        add_code_location(&mut record, Some(location.file()), Some(location.line()));
    }
    // With RUST_BACKTRACE only: it takes milliseconds, and tells of the build machine.
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        record.add_attribute("exception.stacktrace", backtrace.to_string());
    }
    logger.emit(record);
    if ends_the_app {
        telemetry.pipeline.rescue(FLUSH_TIMEOUT);
    }
}
