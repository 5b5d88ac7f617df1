//! A run as an app makes it: clicks, their invokes, the command, a server, and log records.

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::InstrumentationScope,
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    trace::v1::span::Event,
};

use super::*;
use crate::{api::Trace, query};

pub(super) const CLIENT: i32 = 3;
pub(super) const SERVER: i32 = 2;

pub(super) fn group(service: &str, scope: &str, spans: Vec<Span>) -> ResourceSpans {
    ResourceSpans {
        resource: Some(Resource {
            attributes: vec![text("service.name", service)],
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope {
                name: scope.to_owned(),
                ..InstrumentationScope::default()
            }),
            spans,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

pub(super) fn named(name: &str, kind: i32, span: Span) -> Span {
    Span {
        name: name.to_owned(),
        kind,
        ..span
    }
}

pub(super) fn invoke(kind: i32, span: Span) -> Span {
    let attributes = vec![
        text("rpc.system.name", "tauri"),
        text("rpc.method", "send_message"),
        text("tauri.webview.label", "main"),
        KeyValue {
            key: "rpc.request.size".to_owned(),
            value: Some(AnyValue {
                value: Some(Value::IntValue(214)),
            }),
            ..KeyValue::default()
        },
    ];
    Span {
        attributes,
        ..named("send_message", kind, span)
    }
}

/// The trace `id`, whose click begins at `start` ms and takes 100 ms.
pub(super) fn click(id: u128, start: u64) -> ExportTraceServiceRequest {
    let at =
        |own: u64, parent: u64, from: u64, to: u64| span(id, own, parent, start + from, start + to);
    let page = vec![
        Span {
            attributes: vec![text("tauri.webview.label", "main")],
            ..named("click", 1, at(1, 0, 0, 100))
        },
        invoke(CLIENT, at(2, 1, 10, 90)),
    ];
    let core = vec![
        invoke(SERVER, at(3, 2, 15, 85)),
        named("run send_message", 1, at(4, 3, 20, 80)),
        named("POST", CLIENT, at(5, 4, 30, 60)),
    ];
    let mut answer = failed(
        named("POST /messages", SERVER, at(6, 5, 35, 55)),
        "no such user",
    );
    answer.attributes = vec![text("error.type", "NotFound"), text("colour", "blue")];
    answer.events = vec![Event {
        name: "exception".to_owned(),
        time_unix_nano: (start + 50) * 1_000_000,
        attributes: vec![text("exception.stacktrace", "at line 1")],
        ..Event::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![
            group("messenger", "tauri-plugin-opentelemetry-api", page),
            group("messenger", "tauri-plugin-opentelemetry", core),
            group("relay", "axum", vec![answer]),
        ],
    }
}

pub(super) fn record(time: u64, severity: i32, body: &str, trace: u128) -> LogRecord {
    LogRecord {
        time_unix_nano: time * 1_000_000,
        severity_number: severity,
        body: Some(AnyValue {
            value: Some(Value::StringValue(body.to_owned())),
        }),
        trace_id: if trace == 0 {
            Vec::new()
        } else {
            trace.to_be_bytes().to_vec()
        },
        ..LogRecord::default()
    }
}

pub(super) fn logs(scope: &str, log_records: Vec<LogRecord>) -> Batch {
    let scope = InstrumentationScope {
        name: scope.to_owned(),
        ..InstrumentationScope::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource {
                attributes: vec![text("service.name", "messenger")],
                ..Resource::default()
            }),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope),
                log_records,
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    };
    Batch::logs(request, 0)
}

pub(super) fn messenger() -> Home {
    let home = Home::new(64 << 20);
    for n in 0..5 {
        home.core
            .store
            .push(Batch::traces(click(u128::from(n + 1), 1000 + n * 1000), 0).0)
            .unwrap();
    }
    let lost = LogRecord {
        attributes: vec![KeyValue {
            key: "traces.queue_full".to_owned(),
            value: Some(AnyValue {
                value: Some(Value::IntValue(12)),
            }),
            ..KeyValue::default()
        }],
        ..record(1090, 13, "telemetry was lost", 0)
    };
    home.core
        .store
        .push(logs("tauri-plugin-opentelemetry", vec![lost]))
        .unwrap();
    let records = vec![
        record(1050, 9, "user 17 is validated", 1),
        record(1060, 17, "push to bob failed", 1),
        record(2050, 9, "user 18 is validated", 2),
    ];
    home.core.store.push(logs("messenger", records)).unwrap();
    home
}

/// As [`messenger`], with traces that differ in length and outcome.
pub(super) fn with_other_outcomes() -> Home {
    let home = messenger();
    home.spans(
        (10..15_u64)
            .map(|id| span(id.into(), 1, 0, 2500, 2500 + id * 20))
            .collect(),
    );
    home
}

pub(super) fn first(home: &Home) -> Trace {
    home.ask("", |reader, _| query::trace(reader, 1u128.to_be_bytes()))
}
