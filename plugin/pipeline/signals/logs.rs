//! The lane of the log records, and the processor that decides which of them are exported.

use std::{
    borrow::Cow,
    collections::BTreeMap,
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

use super::{breadcrumbs::Breadcrumbs, entry::Entry, session::Sessions};
use crate::{
    config::{Batch, Limits, LogLevel},
    pipeline::{
        crash::CrashJournal,
        gate::Gate,
        sending::{DropPriority, Lane, Route, Source},
    },
};

/// The lane of the log records that are exported.
pub(crate) type LogLane = Lane<Entry, ExportLogsServiceRequest>;

/// Starts the lane.
pub(crate) fn start(
    route: Route,
    resource: &Resource,
    batch: Batch,
    limits: Limits,
) -> io::Result<LogLane> {
    let resource = ResourceAttributesWithSchema::from(resource);
    let encode = move |entries: Vec<Entry>| request(entries, &resource);
    Lane::start(route, batch, encode, move |request| {
        limits.apply_to_logs(request)
    })
}

/// Encodes a batch of log records as a request.
pub(crate) fn request(
    entries: Vec<Entry>,
    resource: &ResourceAttributesWithSchema,
) -> ExportLogsServiceRequest {
    let mut scopes = BTreeMap::<_, Vec<LogRecord>>::new();
    for entry in entries {
        let scope = (entry.target, entry.version);
        scopes.entry(scope).or_default().push(entry.record);
    }
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

/// The target and the version of a scope.
type Scope = (Cow<'static, str>, Option<Cow<'static, str>>);

fn scope_logs(((target, version), log_records): (Scope, Vec<LogRecord>)) -> ScopeLogs {
    ScopeLogs {
        scope: Some(ProtoScope {
            name: target.into_owned(),
            version: version.unwrap_or_default().into_owned(),
            ..Default::default()
        }),
        log_records,
        ..Default::default()
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
    pub(crate) fn push_of_page(&self, mut entry: Entry, webview: &StringValue) {
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

    fn tell_session(&self, entry: &mut Entry) {
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
        let mut entry = Entry::new(record, scope);
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
