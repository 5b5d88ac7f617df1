//! The local log file. It gets every log record, whatever is exported.

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord},
};
use serde_json::json;

use super::entry::LogEntry;
use crate::{
    config::{Batch, LogFile, LogFormat},
    diagnostics,
    pipeline::{
        gate::Gate,
        health::Health,
        keeping::rotate::RotatingFile,
        sending::{Admission, Drain, DropPriority, InHand, Queue, console},
    },
    privacy::{Redact, Redactor},
};

/// How long a line waits for others, to be written together. A person who reads the file does not notice 200 ms.
const DELAY: Duration = Duration::from_millis(200);

/// The number of lines that wait to be written. More lines in 200 ms are dropped.
const MAX_WAITING: usize = 8192;

/// Writes records to the log file, on a thread of its own.
#[derive(Debug, Clone)]
pub(crate) struct LogFileWriter(Queue<LogEntry>);

impl LogFileWriter {
    /// Each record is redacted by `redactor` before it is written.
    pub(crate) fn start(
        settings: &LogFile,
        path: PathBuf,
        redactor: Option<Arc<Redactor>>,
        gate: Arc<Gate>,
    ) -> io::Result<Self> {
        let format = settings.format;
        let mut file = RotatingFile::new(path.clone(), settings.max_bytes, settings.max_files);
        let mut failing = false;
        let write = move |entries: Vec<LogEntry>, _in_hand: InHand<'_, LogEntry>| {
            let lines = entries.into_iter().map(|mut entry| {
                if let Some(redactor) = &redactor {
                    entry.record.redact(redactor);
                }
                match format {
                    LogFormat::Text => console::log(entry.scope.name(), &entry.record),
                    LogFormat::Json => json_line(&entry),
                }
            });
            // Before the pass, because a denial waits for that.
            let lines: Vec<_> = lines.collect();
            let Some(_pass) = gate.pass() else {
                return;
            };
            let result = file.append_all(&lines);
            if let Err(error) = &result
                && !failing
            {
                diagnostics::error(format_args!(
                    "cannot write the log file {}: {error}",
                    path.display()
                ));
            }
            failing = result.is_err();
        };
        let batch = Batch {
            max_queue_size: MAX_WAITING,
            max_export_batch_size: MAX_WAITING / 2,
            scheduled_delay: DELAY,
        };
        // Lines that the file loses are not counted as losses of the export.
        let health = Arc::<Health>::default();
        Queue::start("OpenTelemetry.LogFile", batch, health, write).map(Self)
    }
}

impl Drain for LogFileWriter {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn begin_flush(&self) {
        self.0.begin_flush();
    }

    fn flush(&self, deadline: Instant) -> bool {
        self.0.flush(deadline)
    }

    fn admit(&self, admission: Admission) {
        self.0.admit(admission);
    }

    fn clear(&self) {
        self.0.clear();
    }

    /// Its records are among those that are exported.
    fn preview(&self, _: usize) -> Option<serde_json::Value> {
        None
    }

    /// It has no spool.
    fn keep(&self, _: Instant) {}

    fn close(&self) {
        self.0.close();
    }

    fn finish(&self, deadline: Instant) {
        self.0.wait_closed(deadline);
    }
}

impl LogProcessor for LogFileWriter {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.0
            .push(LogEntry::new(record, scope), DropPriority::First);
    }

    /// The pipeline flushes and closes its queues itself.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn json_line(entry: &LogEntry) -> String {
    let record = &entry.record;
    let mut line = json!({
        "time": console::time(record.time_unix_nano),
        "level": record.severity_text,
        "target": entry.scope.name(),
        "message": record.body.as_ref().map(console::plain),
    });
    if !record.attributes.is_empty() {
        line["attributes"] = console::object(&record.attributes);
    }
    if !record.trace_id.is_empty() {
        line["trace_id"] = console::hex(&record.trace_id).into();
        line["span_id"] = console::hex(&record.span_id).into();
    }
    format!("{line}\n")
}
