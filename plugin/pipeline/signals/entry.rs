//! A log record in the pipeline.

use std::borrow::Cow;

use opentelemetry::{InstrumentationScope, TraceId};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_sdk::logs::SdkLogRecord;

/// A log record with where in the app it came from.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) target: Cow<'static, str>,
    /// The version of the scope that `target` names, for a library of a page.
    pub(crate) version: Option<Cow<'static, str>>,
    pub(crate) record: LogRecord,
}

impl Entry {
    pub(crate) fn new(record: &SdkLogRecord, scope: &InstrumentationScope) -> Self {
        let target = record.target().cloned();
        Self {
            target: target.unwrap_or_else(|| scope.name().to_owned().into()),
            version: None,
            record: record.into(),
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
