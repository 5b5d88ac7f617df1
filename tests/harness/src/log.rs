//! A log record as it arrived, flat: with its resource and scope, and ids as people read them.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue},
    logs::v1::ResourceLogs,
};
use serde_json::Value;

use crate::span::{attributes, hex, value};

/// One log record, as a receiver got it.
#[derive(Debug, Clone)]
pub struct Log {
    /// Nanoseconds since the Unix epoch.
    pub time: u64,
    /// The number of the severity, as OpenTelemetry counts.
    pub severity: i32,
    /// The name of the severity.
    pub severity_text: String,
    /// The body; a text most of the time.
    pub body: Value,
    /// The attributes.
    pub attributes: BTreeMap<String, Value>,
    /// The attributes as they came, with what JSON cannot say.
    pub exact: Vec<KeyValue>,
    /// 32 hexadecimal digits, or empty outside of a trace.
    pub trace_id: String,
    /// 16 hexadecimal digits, or empty outside of a trace.
    pub span_id: String,
    /// The name of the event, if it is one.
    pub event_name: String,
    /// Name of the instrumentation scope: where in the app it came from.
    pub scope: String,
    /// Attributes of the resource.
    pub resource: BTreeMap<String, Value>,
}

impl Log {
    /// All log records of one export.
    pub fn decode(resource_logs: Vec<ResourceLogs>) -> Vec<Self> {
        let mut logs = Vec::new();
        for group in resource_logs {
            let resource = attributes(group.resource.unwrap_or_default().attributes);
            for scoped in group.scope_logs {
                let scope = scoped.scope.unwrap_or_default().name;
                for record in scoped.log_records {
                    logs.push(Self {
                        time: record.time_unix_nano,
                        severity: record.severity_number,
                        severity_text: record.severity_text,
                        body: value(record.body),
                        attributes: attributes(record.attributes.clone()),
                        exact: record.attributes,
                        trace_id: hex(&record.trace_id),
                        span_id: hex(&record.span_id),
                        event_name: record.event_name,
                        scope: scope.clone(),
                        resource: resource.clone(),
                    });
                }
            }
        }
        logs
    }

    /// An attribute with its type.
    pub fn exact(&self, key: &str) -> Option<&AnyValue> {
        let pair = self.exact.iter().find(|pair| pair.key == key)?;
        pair.value.as_ref()
    }
}
