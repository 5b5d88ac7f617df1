//! A log record in the pipeline.

use std::{
    borrow::Cow,
    time::{SystemTime, UNIX_EPOCH},
};

use opentelemetry::{InstrumentationScope, TraceId};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_sdk::logs::SdkLogRecord;
use opentelemetry_semantic_conventions::SCHEMA_URL;

use crate::names;

/// The beginning of the names of the severities in OTLP.
const SEVERITY_PREFIX: &str = "SEVERITY_NUMBER_";

/// A log record with the scope that made it.
#[derive(Debug, Clone)]
pub(crate) struct LogEntry {
    pub(crate) scope: InstrumentationScope,
    pub(crate) record: LogRecord,
}

impl LogEntry {
    pub(crate) fn new(record: &SdkLogRecord, logger: &InstrumentationScope) -> Self {
        Self {
            scope: match record.target() {
                Some(target) => of_target(target.clone(), logger),
                None => logger.clone(),
            },
            record: record.into(),
        }
    }

    /// A log record of the plugin about itself. `record` is what it has beside the time and the severity.
    pub(crate) fn of_plugin(now: SystemTime, severity: SeverityNumber, record: LogRecord) -> Self {
        let nanos = unix_nanos(now);
        Self {
            scope: names::scope(names::SCOPE),
            record: LogRecord {
                time_unix_nano: nanos,
                observed_time_unix_nano: nanos,
                severity_number: severity.into(),
                severity_text: severity_text(severity),
                ..record
            },
        }
    }

    /// The trace that the record belongs to, if any.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        let bytes = self.record.trace_id.as_slice().try_into().ok()?;
        Some(TraceId::from_bytes(bytes))
    }

    pub(crate) fn is_of(&self, trace_id: TraceId) -> bool {
        self.record.trace_id == trace_id.to_bytes()
    }
}

/// The scope of a module of the app, without the version of the logger, which is that of the plugin.
fn of_target(target: Cow<'static, str>, logger: &InstrumentationScope) -> InstrumentationScope {
    let scope = InstrumentationScope::builder(target);
    if logger.schema_url() == Some(SCHEMA_URL) {
        scope.with_schema_url(SCHEMA_URL).build()
    } else {
        scope.build()
    }
}

/// Nanoseconds since the Unix epoch; 0 for a time before it.
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

/// The name of a severity, such as `WARN`.
pub(crate) fn severity_text(severity: SeverityNumber) -> String {
    let name = severity.as_str_name();
    name.trim_start_matches(SEVERITY_PREFIX).to_owned()
}
