//! Log records on their way: to the collector, by the export floor, and to the local log file.

use std::{borrow::Cow, collections::BTreeMap, io, sync::Arc, time::Duration};

use opentelemetry::{InstrumentationScope, logs::Severity};
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

use super::{breadcrumbs::Breadcrumbs, entry::Entry};
use crate::{
    config::{Batch, Limits, LogLevel},
    pipeline::{
        health::Health,
        sending::{DropPriority, Lane, Outlets},
    },
};

/// Log records that are exported.
pub(crate) type LogLane = Lane<Entry, ExportLogsServiceRequest>;

/// Starts the lane of the log records that are exported.
pub(crate) fn start(
    outlets: Arc<Outlets>,
    resource: &Resource,
    batch: Batch,
    limits: Limits,
    health: Arc<Health>,
    exported: impl Fn() + Send + 'static,
) -> io::Result<LogLane> {
    let resource = ResourceAttributesWithSchema::from(resource);
    let encode = move |entries: Vec<Entry>| {
        let mut scopes = BTreeMap::<_, Vec<LogRecord>>::new();
        for mut entry in entries {
            limits.apply_to_record(&mut entry.record);
            scopes.entry(entry.target).or_default().push(entry.record);
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
    };
    Lane::start(
        "OpenTelemetry.Logs",
        batch,
        health,
        outlets,
        encode,
        exported,
    )
}

fn scope_logs((target, log_records): (Cow<'static, str>, Vec<LogRecord>)) -> ScopeLogs {
    ScopeLogs {
        scope: Some(ProtoScope {
            name: target.into_owned(),
            ..Default::default()
        }),
        log_records,
        ..Default::default()
    }
}

/// Sends what is at or above the floor, and keeps the rest for when an error follows.
#[derive(Debug)]
pub(crate) struct Floor {
    pub(crate) level: LogLevel,
    pub(crate) lane: LogLane,
    pub(crate) breadcrumbs: Arc<Breadcrumbs>,
}

impl LogProcessor for Floor {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let severity = record.severity_number().unwrap_or(Severity::Info);
        let entry = Entry::new(record, scope);
        if severity < lowest(self.level) {
            return self.breadcrumbs.keep(entry);
        }
        if severity >= Severity::Error {
            self.breadcrumbs.release_for(&entry);
            self.lane.push(entry, DropPriority::Last);
        } else {
            self.lane.push(entry, DropPriority::First);
        }
    }

    /// The pipeline flushes and closes its queues itself, all at once.
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
