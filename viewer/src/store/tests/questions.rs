//! The queries, on a trace as an app makes it: a click, its invoke, the command, a server.

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event},
};

use super::*;
use crate::{
    api::{GapKind, LaneKind, Severity, Trace},
    query,
};

const CLIENT: i32 = 3;
const SERVER: i32 = 2;

fn group(service: &str, scope: &str, spans: Vec<Span>) -> ResourceSpans {
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

fn named(name: &str, kind: i32, span: Span) -> Span {
    Span {
        name: name.to_owned(),
        kind,
        ..span
    }
}

fn invoke(kind: i32, span: Span) -> Span {
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
fn click(id: u128, start: u64) -> ExportTraceServiceRequest {
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
        named("send_message", 1, at(4, 3, 20, 80)),
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

fn first(home: &Home) -> Trace {
    home.ask("", |reader, _| query::trace(reader, 1u128.to_be_bytes()))
}

#[test]
fn a_trace_has_a_lane_for_each_place() {
    let trace = first(&messenger());
    let lanes: Vec<(LaneKind, &str)> = trace
        .lanes
        .iter()
        .map(|lane| (lane.kind, lane.label.as_str()))
        .collect();
    assert_eq!(
        lanes,
        [
            (LaneKind::Page, "page · main"),
            (LaneKind::Ipc, "ipc"),
            (LaneKind::Core, "core · messenger"),
            (LaneKind::Server, "server · relay")
        ]
    );
    let of_spans: Vec<(&str, u32, u32)> = trace
        .spans
        .iter()
        .map(|span| (span.span_id.as_str(), span.lane, span.depth))
        .collect();
    let id = |n: u64| format!("{n:016x}");
    let expected = [
        (1, 0, 0),
        (2, 0, 1),
        (3, 2, 2),
        (4, 2, 3),
        (5, 2, 4),
        (6, 3, 5),
    ];
    for (found, (own, lane, depth)) in of_spans.iter().zip(expected) {
        assert_eq!(*found, (id(own).as_str(), lane, depth));
    }
    assert_eq!(
        (trace.name.as_str(), trace.duration, trace.errors),
        ("click", 100_000_000, 1)
    );
}

#[test]
fn an_invoke_is_split_into_its_parts() {
    let trace = first(&messenger());
    assert_eq!(trace.invokes.len(), 1);
    let invoke = &trace.invokes[0];
    let ms = |nanos: Option<u64>| nanos.map(|nanos| nanos / 1_000_000);
    assert_eq!(
        (
            ms(invoke.page),
            ms(invoke.ipc),
            ms(invoke.queue),
            ms(invoke.body),
            ms(invoke.return_),
            invoke.offset / 1_000_000,
            invoke.duration / 1_000_000
        ),
        (Some(10), Some(5), Some(5), Some(60), Some(10), 0, 90)
    );
}

#[test]
fn the_page_part_of_an_invoke_begins_where_the_page_had_the_answer_before() {
    let home = Home::new(64 << 20);
    let page = vec![
        named("click", 1, span(1, 1, 0, 0, 100)),
        invoke(CLIENT, span(1, 2, 1, 10, 30)),
        invoke(CLIENT, span(1, 3, 1, 34, 50)),
        // This one is called while the one before it is on its way.
        invoke(CLIENT, span(1, 4, 1, 40, 60)),
    ];
    let core = (2..=4).map(|id| {
        let start = [10, 34, 40][id as usize - 2] + 1;
        invoke(SERVER, span(1, id + 10, id, start, start + 5))
    });
    let request = ExportTraceServiceRequest {
        resource_spans: vec![
            group("messenger", "tauri-plugin-opentelemetry-api", page),
            group("messenger", "tauri-plugin-opentelemetry", core.collect()),
        ],
    };
    home.core.store.push(Batch::traces(request, 0).0).unwrap();
    let pages: Vec<_> = first(&home)
        .invokes
        .iter()
        .map(|invoke| invoke.page.map(|nanos| nanos / 1_000_000))
        .collect();
    assert_eq!(pages, [Some(10), Some(4), Some(10)]);
}

#[test]
fn losses_and_the_uncertainty_of_clocks_are_said() {
    let trace = first(&messenger());
    let gap = trace
        .gaps
        .iter()
        .find(|gap| gap.kind == GapKind::Dropped)
        .expect("the loss is a gap");
    assert_eq!(gap.cause, "12 spans dropped: queue full");
    assert_eq!((gap.offset, gap.duration), (0, 90_000_000));
    // The relay's span is 5 ms within the client's on either side.
    assert_eq!(trace.clock_uncertainty, Some(5_000_000));
    assert!(
        trace.gaps.iter().any(|gap| gap.kind == GapKind::Late),
        "spans of 1970 are late"
    );
}

#[test]
fn a_span_whose_parent_is_missing_is_said() {
    let home = Home::new(64 << 20);
    home.spans(vec![
        span(1, 2, 77, 1, 5),
        span(1, 3, 2, 2, 3),
        span(1, 4, 2, 3, 4),
    ]);
    let gap = first(&home)
        .gaps
        .into_iter()
        .find(|gap| gap.kind == GapKind::MissingParent)
        .unwrap();
    assert_eq!(gap.count, Some(1));
    assert!(!home.ask("", query::traces).items[0].has_root);
}

#[test]
fn traces_are_filtered() {
    let home = messenger();
    let count = |query: &str| home.ask(query, query::traces).items.len();
    for (query, expected) in [
        ("", 5),
        ("service=relay", 5),
        ("service=nobody", 0),
        ("command=send_message", 5),
        ("window=main", 5),
        ("window=other", 0),
        ("search=CLI", 5),
        ("search=relay", 0),
        ("error=true", 5),
        ("error=false", 0),
        ("minDuration=100ms", 5),
        ("minDuration=101ms", 0),
        ("maxDuration=99ms", 0),
        ("attribute=colour%3Dblue", 5),
        ("attribute=colour%3Dblue&attribute=error.type%3DNotFound", 5),
        // Both exist, but on different spans.
        (
            "attribute=colour%3Dblue&attribute=rpc.system.name%3Dtauri",
            0,
        ),
        ("attribute=rpc.request.size%3D214", 5),
        ("attribute=service.name%3Drelay", 5),
        ("attribute=colour%3Dred", 0),
        ("start=2000&end=4000", 2),
        ("limit=2", 2),
        ("limit=2&offset=4", 1),
    ] {
        assert_eq!(count(query), expected, "{query}");
    }
    let page = home.ask("limit=2&offset=2", query::traces);
    assert_eq!(page.pagination.next_offset, Some(4));
    assert_eq!(page.items[0].start_time, 3000.0);
    assert_eq!(page.items[0].services, ["messenger", "relay"]);
    let slowest = home.ask("sort=slowest&limit=1", query::traces);
    assert_eq!(slowest.items[0].start_time, 5000.0);
}

#[test]
fn what_sampling_has_left_out_is_said_and_counted() {
    let home = Home::new(64 << 20);
    let kept = |id: u64, state: &str| Span {
        trace_state: state.to_owned(),
        ..span(id.into(), 1, 0, 1000 + id, 1005 + id)
    };
    // One of 20, one of 4 beside the entry of another vendor, all, and what is no threshold.
    home.spans(vec![
        kept(1, "ot=th:f3333333333333"),
        kept(2, "vendor=1, ot=rv:1;th:c"),
        kept(3, "ot=th:0"),
        kept(4, "ot=th:ffffffffffffffff"),
    ]);
    let cause = |id: u128| {
        let trace = home.ask("", |reader, _| query::trace(reader, id.to_be_bytes()));
        let mut gaps = trace.gaps.into_iter();
        gaps.find(|gap| gap.kind == GapKind::Sampled)
            .map(|gap| gap.cause)
    };
    let said = |n: u32| Some(format!("sampling keeps 1 of {n} traces like this one"));
    assert_eq!(
        (cause(1), cause(2), cause(3), cause(4)),
        (said(20), said(4), None, None)
    );
    for query in ["buckets=1", "buckets=1&maxDuration=1s"] {
        let buckets = home.ask(query, query::histogram).buckets;
        assert_eq!((buckets[0].count, buckets[0].left_out), (4, 22), "{query}");
    }
}

#[test]
fn the_histogram_counts_what_the_list_lists() {
    let home = messenger();
    for filter in ["", "error=true", "service=nobody", "start=2000&end=4000"] {
        let listed = home.ask(filter, query::traces).items.len() as u64;
        let histogram = home.ask(&format!("{filter}&buckets=7"), query::histogram);
        assert_eq!(
            histogram
                .buckets
                .iter()
                .map(|bucket| bucket.count)
                .sum::<u64>(),
            listed,
            "{filter}"
        );
    }
}

#[test]
fn commands_are_counted_where_the_core_answers_them() {
    let commands = messenger().ask("", query::commands);
    assert_eq!(commands.items.len(), 1);
    let row = &commands.items[0];
    assert_eq!(
        (
            row.command.as_str(),
            row.service.as_str(),
            row.calls,
            row.errors
        ),
        ("send_message", "messenger", 5, 0)
    );
    assert_eq!(
        (row.max, row.request_bytes, row.response_bytes),
        (70_000_000, Some(5 * 214), None)
    );
    assert!(
        row.p50.abs_diff(70_000_000) < 70_000_000 / 16,
        "{}",
        row.p50
    );
    assert_eq!(row.sparkline.iter().sum::<u64>(), 5);
    assert_eq!(row.slowest_trace_id, Some(format!("{:032x}", 1)));
}

#[test]
fn errors_are_grouped_by_type_and_place() {
    let errors = messenger().ask("", query::errors);
    let groups: Vec<(&str, &str, u64)> = errors
        .items
        .iter()
        .map(|group| (group.error_type.as_str(), group.place.as_str(), group.count))
        .collect();
    assert_eq!(
        groups,
        [("NotFound", "POST /messages", 5), ("error", "messenger", 1)]
    );
    let newest = &errors.items[0];
    assert_eq!((newest.first_seen, newest.last_seen), (1035.0, 5035.0));
    assert_eq!(newest.example.trace_id, Some(format!("{:032x}", 5)));
    assert_eq!(
        (
            newest.example.message.as_str(),
            newest.example.stack.as_deref()
        ),
        ("no such user", Some("at line 1"))
    );
}

#[test]
fn logs_are_found_by_words_severity_and_trace() {
    let home = messenger();
    let bodies = |query: &str| -> Vec<String> {
        home.ask(query, query::logs)
            .items
            .into_iter()
            .map(|record| record.body)
            .collect()
    };
    assert_eq!(
        bodies("search=valid+user"),
        ["user 18 is validated", "user 17 is validated"]
    );
    assert_eq!(bodies("search=%22%29+OR+*"), Vec::<String>::new());
    assert_eq!(bodies("severity=error"), ["push to bob failed"]);
    assert_eq!(
        bodies(&format!("traceId={:032x}", 2)),
        ["user 18 is validated"]
    );
    assert_eq!(bodies("after=3"), ["user 18 is validated"]);
    assert_eq!(first(&home).logs.len(), 2);
    let patterns = home.ask("", query::patterns);
    assert_eq!(
        (patterns.items[0].pattern.as_str(), patterns.items[0].count),
        ("user <*> is validated", 2)
    );
    assert_eq!(
        home.ask("severity=error", query::logs).items[0].severity,
        Severity::Error
    );
}

#[test]
fn the_map_has_an_edge_for_each_call() {
    let map = messenger().ask("", query::map);
    let edges: Vec<(&str, &str, u64)> = map
        .edges
        .iter()
        .map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.calls))
        .collect();
    assert_eq!(
        edges,
        [
            ("messenger/core · messenger", "relay/server · relay", 5),
            ("messenger/page · main", "messenger/core · messenger", 5)
        ]
    );
    assert_eq!(map.traces, 5);
}

#[test]
fn one_span_is_compared_with_its_like() {
    let home = messenger();
    let detail = home.ask("", |reader, _| query::span(reader, 1u128.to_be_bytes(), 6));
    assert_eq!(
        (detail.resource.service.as_str(), detail.scope.name.as_str()),
        ("relay", "axum")
    );
    assert_eq!(detail.faster_than, Some(0.0));
    assert_eq!(detail.span.events.len(), 1);
    let fields = home.ask("name=colour", query::fields);
    assert_eq!(
        (fields.items[0].text.as_str(), fields.items[0].count),
        ("blue", 5)
    );
}
