//! What is said about one trace.

use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::{messenger::*, *};
use crate::{
    api::{GapKind, LaneKind},
    query::{self, traces},
};

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
fn a_synchronous_command_has_no_part_before_it_whatever_it_calls() {
    let home = Home::new(64 << 20);
    let spans = vec![
        invoke(SERVER, span(1, 1, 0, 0, 8)),
        span(1, 2, 1, 1, 2),
        span(1, 3, 1, 2, 7),
    ];
    home.spans(spans);
    let invoke = &first(&home).invokes[0];
    assert_eq!(
        (invoke.queue, invoke.body, invoke.return_),
        (None, Some(8_000_000), None)
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
fn losses_as_large_as_numbers_get_are_said() {
    let home = messenger();
    let lost = LogRecord {
        attributes: vec![KeyValue {
            key: "traces.queue_full".to_owned(),
            value: Some(AnyValue {
                value: Some(Value::IntValue(i64::MAX)),
            }),
            ..KeyValue::default()
        }],
        ..record(1090, 13, "telemetry was lost", 0)
    };
    let records = vec![lost; 2];
    home.core
        .store
        .push(logs("tauri-plugin-opentelemetry", records))
        .unwrap();
    let gaps = first(&home).gaps;
    let lost = gaps.iter().find(|gap| gap.kind == GapKind::Dropped);
    assert_eq!(lost.and_then(|gap| gap.count), Some(u64::MAX));
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
fn nothing_of_a_file_is_late() {
    let home = Home::new(64 << 20);
    let batches = [batch(vec![span(1, 1, 0, 1, 2)])];
    let run = home.core.store.import("file", batches.into_iter()).unwrap();
    let trace = home.ask(&format!("run={run}"), |reader, _| {
        query::trace(reader, 1_u128.to_be_bytes())
    });
    assert!(trace.gaps.is_empty(), "{:?}", trace.gaps);
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
    assert!(!home.ask("", traces).items[0].has_root);
}
