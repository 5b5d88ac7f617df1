//! The lists and tables of the page.

use super::{messenger::*, *};
use crate::{
    api::{GapKind, LaneKind, Severity},
    query,
};

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
    let home = messenger();
    let commands = home.ask("", query::commands);
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
    let rate = |query: &str| home.ask(query, query::commands).items[0].rate;
    // All calls are in the first ten seconds.
    assert_eq!((rate(""), rate("start=0&end=100000")), (0.5, 0.05));
    assert!(rate("start=0") < 1e-6, "the time asked for lasts until now");
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
fn a_group_of_errors_has_no_more_of_a_long_type_and_place_than_a_name_has() {
    let home = Home::new(64 << 20);
    let long = "é".repeat(1 << 20);
    let of_span = Span {
        attributes: vec![text("error.type", &long)],
        name: long.clone(),
        ..failed(span(1, 1, 0, 1, 2), "")
    };
    home.spans(vec![of_span]);
    let of_log = opentelemetry_proto::tonic::logs::v1::LogRecord {
        attributes: vec![text("exception.type", &long)],
        event_name: long.clone(),
        ..record(1000, 17, "", 0)
    };
    home.core.store.push(logs("", vec![of_log])).unwrap();
    let groups = home.ask("", query::errors).items;
    assert_eq!(groups.len(), 2);
    for group in groups {
        assert_eq!((group.error_type.len(), group.place.len()), (256, 256));
    }
}

#[test]
fn errors_of_a_time_are_those_that_came_in_it() {
    let home = Home::new(64 << 20);
    let at =
        |id: u64, second: u64| failed(span(id.into(), 1, 0, second * 1000, second * 1000 + 1), "");
    // All have one name, so they are one group.
    home.spans(vec![at(1, 5), at(2, 5), at(3, 3600)]);
    home.core.store.flush();
    home.spans(vec![at(4, 5)]);
    let counts = |query: &str| -> Vec<u64> {
        let groups = home.ask(query, query::errors).items.into_iter();
        groups.map(|group| group.count).collect()
    };
    assert_eq!(counts(""), [4]);
    assert_eq!(counts("end=60000"), [3]);
    assert_eq!(counts("start=60000"), [1]);
    assert_eq!(counts("start=60000&end=120000"), [] as [u64; 0]);
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
    // The newest is neither the least nor the most severe.
    let later = [(1, 13), (2, 17), (3, 9)]
        .map(|(n, severity)| record(3000 + n, severity, &format!("user {n} is validated"), 0));
    home.core
        .store
        .push(logs("messenger", later.into()))
        .unwrap();
    let patterns = home.ask("", query::patterns);
    assert_eq!(
        (
            patterns.items[0].pattern.as_str(),
            patterns.items[0].count,
            patterns.items[0].severity
        ),
        ("user <*> is validated", 5, Severity::Error)
    );
    assert_eq!(
        home.ask("severity=error", query::logs).items[0].severity,
        Severity::Error
    );
}

#[test]
fn a_list_has_the_beginning_of_a_long_body_and_an_export_all_of_it() {
    let home = Home::new(64 << 20);
    let long = "é".repeat(10_001);
    let trace = 1;
    home.spans(vec![span(trace, 1, 0, 1000, 1001)]);
    let whole = "é".repeat(10_000);
    let records = [&long, &whole].map(|body| record(1000, 9, body, trace));
    home.core.store.push(logs("", records.into())).unwrap();
    let cut = format!("{whole} … 2 bytes are left out; an export has them");
    let listed = home.ask("after=0", query::logs).items;
    for records in [listed, first(&home).logs] {
        let bodies: Vec<&str> = records.iter().map(|record| record.body.as_str()).collect();
        assert_eq!(bodies, [cut.as_str(), whole.as_str()]);
    }
    let exported = home.lines_of("signal=logs").concat();
    assert!(String::from_utf8(exported).unwrap().contains(&long));
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
            ("messenger", "relay", 5),
            ("messenger/page · main", "messenger", 5)
        ]
    );
    assert_eq!(map.traces, 5);
}

#[test]
fn a_service_is_one_node_whatever_each_trace_shows_of_it() {
    let home = messenger();
    // Newer than the clicks: work that the core begins by itself, and a page of another app.
    let work = named("sync", 1, span(9, 1, 0, 9000, 9010));
    let page = Span {
        attributes: vec![text("tauri.webview.label", "main")],
        ..named("click", 1, span(10, 1, 0, 9000, 9010))
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![
            group("messenger", "tauri-plugin-opentelemetry", vec![work]),
            group("other", "tauri-plugin-opentelemetry-api", vec![page]),
        ],
    };
    home.core.store.push(Batch::traces(request, 0).0).unwrap();
    let map = home.ask("", query::map);
    let nodes: Vec<(LaneKind, &str, u64)> = map
        .nodes
        .iter()
        .map(|node| (node.kind, node.label.as_str(), node.spans))
        .collect();
    assert_eq!(
        nodes,
        [
            (LaneKind::Core, "core · messenger", 16),
            (LaneKind::Page, "page · main (messenger)", 10),
            (LaneKind::Page, "page · main (other)", 1),
            (LaneKind::Server, "server · relay", 5),
        ]
    );
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

#[test]
fn traces_with_times_that_no_clock_shows_are_listed_and_counted() {
    let home = Home::new(64 << 20);
    let at = |trace: u128, start: u64, end: u64| Span {
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        ..span(trace, start | 1, 0, 0, 0)
    };
    home.spans(vec![
        at(1, 3, u64::MAX),
        at(1, u64::MAX - 9, 7),
        at(2, 1 << 63, u64::MAX >> 1),
        at(3, u64::MAX >> 2, 1 << 62),
    ]);
    let client = named("GET", CLIENT, at(4, 5, 10));
    let server = Span {
        parent_span_id: client.span_id.clone(),
        ..named("GET", SERVER, at(4, 6, (1 << 63) + 7))
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![
            group("client", "", vec![client]),
            group("server", "", vec![server]),
        ],
    };
    home.core.store.push(Batch::traces(request, 0).0).unwrap();
    for query in ["", "sort=slowest"] {
        assert_eq!(home.ask(query, query::traces).items.len(), 4, "{query}");
    }
    let behind = home.ask("offset=18446744073709551615", query::traces);
    assert_eq!((behind.items.len(), behind.pagination.has_more), (0, false));
    for (query, expected) in [
        ("buckets=1&service=app", 3),
        ("buckets=7&service=app", 3),
        ("buckets=60", 4),
    ] {
        let buckets = home.ask(query, query::histogram).buckets;
        let count: u64 = buckets.iter().map(|bucket| bucket.count).sum();
        assert_eq!(count, expected, "{query}");
    }
    for (id, spans) in [(1_u128, 2), (2, 1), (3, 1), (4, 2)] {
        let trace = home.ask("", |reader, _| query::trace(reader, id.to_be_bytes()));
        assert_eq!(trace.spans.len(), spans);
    }
    home.spans(vec![invoke(SERVER, at(5, 1 << 63, (1 << 63) + 7))]);
    assert_eq!(home.ask("", query::commands).items[0].calls, 1);
}
