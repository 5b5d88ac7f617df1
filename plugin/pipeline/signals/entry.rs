//! A log record in the pipeline.

use std::borrow::Cow;

use opentelemetry::{InstrumentationScope, TraceId};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_sdk::logs::SdkLogRecord;

/// A log record with where in the app it came from.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) target: Cow<'static, str>,
    pub(crate) record: LogRecord,
}

impl Entry {
    pub(crate) fn new(record: &SdkLogRecord, scope: &InstrumentationScope) -> Self {
        let target = record.target().cloned();
        Self {
            target: target.unwrap_or_else(|| scope.name().to_owned().into()),
            record: record.into(),
        }
    }

    pub(crate) fn is_of(&self, trace_id: TraceId) -> bool {
        self.record.trace_id == trace_id.to_bytes()
    }
}
