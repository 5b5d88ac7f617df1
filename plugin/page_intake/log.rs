//! A page's log record as one of the pipeline.

use std::time::SystemTime;

use opentelemetry_proto::{
    tonic::{
        common::v1::{AnyValue, any_value::Value},
        logs::v1::{LogRecord, SeverityNumber},
    },
    transform::common::tonic::Attributes,
};

use super::{
    batch_context::BatchContext,
    items::PageItem,
    span::MAX_NAME_BYTES,
    wire::{PageLog, Text},
};
use crate::{
    names::{truncate, truncate_words},
    pipeline::{LogEntry, severity_text, unix_nanos},
    propagation::ids::{span_id, trace_id},
};

/// The longest body. What is longer is cut: a text of this length is a dump, and its head says of what.
const MAX_BODY_BYTES: usize = 16 * 1024;

impl<'a> PageItem<'a> for PageLog<'a> {
    type Adopted = LogEntry;

    fn cut_attributes(&self) -> u32 {
        self.attributes.cut()
    }

    fn adopt(self, batch: &BatchContext<'_>) -> Option<LogEntry> {
        let time = batch.drift.correct(self.time)?;
        let severity = SeverityNumber::try_from(self.severity)
            .ok()
            .filter(|severity| *severity != SeverityNumber::Unspecified)?;
        let context = match (&self.trace_id, &self.span_id) {
            (None, None) => None,
            (Some(trace), None) => Some((trace_id(&trace.0)?, None)),
            (Some(trace), Some(span)) => Some((trace_id(&trace.0)?, Some(span_id(&span.0)?))),
            (None, Some(_)) => return None,
        };
        let (trace_id, span_id) = context.unzip();
        let event_name = self.event_name.unwrap_or_default();
        let scope = batch.scope(self.scope)?;
        Some(LogEntry {
            scope: scope.clone(),
            record: LogRecord {
                time_unix_nano: unix_nanos(time),
                observed_time_unix_nano: unix_nanos(SystemTime::now()),
                severity_number: severity.into(),
                severity_text: severity_text(severity),
                body: self.body.map(body),
                event_name: truncate(&event_name.0, MAX_NAME_BYTES).to_owned(),
                attributes: Attributes::from(batch.attributes(self.attributes.values)).0,
                dropped_attributes_count: self.attributes.dropped,
                trace_id: trace_id.map_or_else(Vec::new, |id| id.to_bytes().to_vec()),
                span_id: span_id
                    .flatten()
                    .map_or_else(Vec::new, |id| id.to_bytes().to_vec()),
                ..Default::default()
            },
        })
    }
}

fn body(Text(text): Text<'_>) -> AnyValue {
    let text = truncate_words(&text, MAX_BODY_BYTES).to_owned();
    AnyValue {
        value: Some(Value::StringValue(text)),
    }
}
