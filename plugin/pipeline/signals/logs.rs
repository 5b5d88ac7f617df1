//! The lane of the log records, and the processor that decides which of them are exported.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use opentelemetry::{InstrumentationScope, StringValue, logs::Severity};
use opentelemetry_proto::{
    tonic::{
        collector::logs::v1::ExportLogsServiceRequest,
        common::v1::InstrumentationScope as ProtoScope,
        logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
        resource,
    },
    transform::common::tonic::ResourceAttributesWithSchema,
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogProcessor, SdkLogRecord},
};

use super::{
    breadcrumbs::Breadcrumbs, entry::LogEntry, session::Sessions, unique::keep_last_values,
};
use crate::{
    config::{Batch, Limits, LogLevel},
    pipeline::{
        crash::CrashJournal,
        gate::Gate,
        sending::{DropPriority, Lane, Route, Source},
    },
};

/// The lane of the log records that are exported.
pub(crate) type LogLane = Lane<LogEntry, ExportLogsServiceRequest>;

/// Starts the lane.
pub(crate) fn start(
    route: Route,
    resource: &Resource,
    batch: Batch,
    limits: Limits,
) -> io::Result<LogLane> {
    let resource = ResourceAttributesWithSchema::from(resource);
    let encode = move |entries: Vec<LogEntry>| request(entries, &resource);
    Lane::start(route, batch, encode, move |request| {
        limits.apply_to_logs(request)
    })
}

/// Encodes a batch of log records as a request.
pub(crate) fn request(
    entries: Vec<LogEntry>,
    resource: &ResourceAttributesWithSchema,
) -> ExportLogsServiceRequest {
    let mut scopes = HashMap::<_, Vec<LogRecord>>::new();
    for mut entry in entries {
        keep_last_values(&mut entry.record.attributes);
        scopes.entry(entry.scope).or_default().push(entry.record);
    }
    // In an order that people who read the files find again.
    let mut scopes = Vec::from_iter(scopes);
    scopes.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource::v1::Resource {
                attributes: resource.attributes.0.clone(),
                ..Default::default()
            }),
            scope_logs: scopes.into_iter().map(scope_logs).collect(),
            schema_url: resource.schema_url.clone().unwrap_or_default(),
        }],
    }
}

fn scope_logs((scope, log_records): (InstrumentationScope, Vec<LogRecord>)) -> ScopeLogs {
    ScopeLogs {
        scope: Some(ProtoScope::from((&scope, None))),
        log_records,
        schema_url: scope.schema_url().unwrap_or_default().to_owned(),
    }
}

/// The queue of log records, behind the export floor: a record below the floor is kept until an error follows.
#[derive(Debug, Clone)]
pub(crate) struct LogQueue {
    pub(crate) floor: Arc<ExportFloor>,
    pub(crate) lane: LogLane,
    pub(crate) breadcrumbs: Arc<Breadcrumbs>,
    /// The sessions that records are told to belong to, if they are.
    pub(crate) sessions: Option<Arc<Sessions>>,
    pub(crate) crash: Option<CrashJournal>,
    pub(crate) gate: Arc<Gate>,
}

/// The lowest level of records that are exported at once. It can change while the app runs.
#[derive(Debug)]
pub(crate) struct ExportFloor(AtomicI32);

impl ExportFloor {
    pub(crate) fn new(level: LogLevel) -> Self {
        Self(AtomicI32::new(lowest(level) as i32))
    }

    pub(crate) fn set(&self, level: LogLevel) {
        self.0.store(lowest(level) as i32, Ordering::Relaxed);
    }

    fn is_above(&self, severity: i32) -> bool {
        severity < self.0.load(Ordering::Relaxed)
    }
}

impl LogQueue {
    /// Takes a log record of the page in `webview`. Unlike an error in Rust, an error in a page lets no records go but
    /// those of its own trace: a page must not decide what the app tells of itself.
    pub(crate) fn push_of_page(&self, mut entry: LogEntry, webview: &StringValue) {
        if self.gate.refuses() {
            return;
        }
        self.tell_session(&mut entry);
        let source = Source::Page(webview.clone());
        let severity = entry.record.severity_number;
        if self.floor.is_above(severity) {
            return self.breadcrumbs.keep(source, entry);
        }
        if severity < Severity::Error as i32 {
            return self.lane.push_of(source, entry, DropPriority::First);
        }
        if let Some(trace_id) = entry.trace_id() {
            self.breadcrumbs.release(trace_id);
        }
        self.lane.push_of(source, entry, DropPriority::Last);
    }

    fn tell_session(&self, entry: &mut LogEntry) {
        if let Some(sessions) = &self.sessions {
            // In front, because a limit cuts what is last.
            entry.record.attributes.insert(0, sessions.log_attribute());
        }
    }
}

impl LogProcessor for LogQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.gate.refuses() {
            return;
        }
        let severity = record.severity_number().unwrap_or(Severity::Info);
        let mut entry = LogEntry::new(record, scope);
        self.tell_session(&mut entry);
        if let Some(crash) = &self.crash {
            crash.logged(&entry);
        }
        if self.floor.is_above(severity as i32) {
            return self.breadcrumbs.keep(Source::App, entry);
        }
        if severity >= Severity::Error {
            self.breadcrumbs.release_for(&entry);
            self.lane.push(entry, DropPriority::Last);
        } else {
            self.lane.push(entry, DropPriority::First);
        }
    }

    /// The pipeline flushes and closes its queues itself.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The lowest severity number of a level.
fn lowest(level: LogLevel) -> Severity {
    match level {
        LogLevel::Trace => Severity::Trace,
        LogLevel::Debug => Severity::Debug,
        LogLevel::Info => Severity::Info,
        LogLevel::Warn => Severity::Warn,
        LogLevel::Error => Severity::Error,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::KeyValue;
    use opentelemetry_proto::transform::common::tonic::Attributes;

    use super::*;
    use crate::names;

    fn request_of(entry: LogEntry) -> ScopeLogs {
        let resource = Resource::builder_empty().build();
        let mut request = request(vec![entry], &(&resource).into());
        request.resource_logs.remove(0).scope_logs.remove(0)
    }

    #[test]
    fn the_scope_of_a_logger_arrives_whole() {
        let scope = InstrumentationScope::builder("app")
            .with_version("1.2.3")
            .with_schema_url("https://example.com/schema")
            .with_attributes([KeyValue::new("part", "sync")])
            .build();
        let record = LogRecord::default();
        let logs = request_of(LogEntry { scope, record });
        let scope = logs.scope.expect("a scope");
        assert_eq!((&*scope.name, &*scope.version), ("app", "1.2.3"));
        assert_eq!(scope.attributes.len(), 1);
        assert_eq!(logs.schema_url, "https://example.com/schema");
    }

    #[test]
    fn a_record_has_every_key_once() {
        let twice = [1, 2].map(|value| KeyValue::new("a", value));
        let record = LogRecord {
            attributes: Attributes::from(twice).0,
            ..Default::default()
        };
        let scope = names::scope("app");
        let logs = request_of(LogEntry { scope, record });
        assert_eq!(logs.log_records[0].attributes.len(), 1);
    }
}
