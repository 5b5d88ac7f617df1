//! The export of what is shown: the filters of a list choose the items of the export as well.

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest},
    common::v1::any_value::Value,
    metrics::v1::{
        Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data,
        number_data_point::Value as Number,
    },
};

use super::{
    messenger::{messenger, record, with_other_outcomes},
    *,
};
use crate::query;

#[test]
fn the_spans_of_an_export_are_those_of_the_traces_that_the_list_shows() {
    let home = with_other_outcomes();
    for filter in [
        "",
        "service=relay",
        "service=nobody",
        "command=send_message",
        "window=main",
        "search=cli",
        "error=true",
        "error=false",
        "minDuration=101ms",
        "maxDuration=99ms",
        "attribute=colour%3Dblue",
        "attribute=colour%3Dred",
        "start=2000&end=4000",
    ] {
        let shown: Vec<(String, u64)> = home
            .ask(&format!("{filter}&limit=1000"), query::traces)
            .items
            .into_iter()
            .map(|trace| (trace.trace_id, trace.spans))
            .collect();
        let exported = home.exported_spans_of(&format!("{filter}&signal=traces"));
        for (trace, spans) in &shown {
            let own = exported
                .iter()
                .filter(|span| query::hex(&span.trace_id) == *trace);
            assert_eq!(own.count() as u64, *spans, "{filter}");
        }
        let all: u64 = shown.iter().map(|(_, spans)| spans).sum();
        assert_eq!(exported.len() as u64, all, "{filter}");
    }
}

#[test]
fn a_trace_that_is_larger_than_a_piece_is_exported_once() {
    let home = Home::new(64 << 20);
    home.spans(
        (1..=5000)
            .map(|id| span(1, id, u64::from(id > 1), 1, 5))
            .collect(),
    );
    home.spans(vec![span(2, 1, 0, 6, 7)]);
    let mut exported: Vec<u64> = home
        .exported_spans_of("signal=traces&maxDuration=1s")
        .iter()
        .filter(|span| span.trace_id == 1u128.to_be_bytes())
        .map(|span| u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap()))
        .collect();
    exported.sort_unstable();
    assert_eq!(exported, (1..=5000).collect::<Vec<_>>());
}

#[test]
fn the_log_records_of_an_export_are_those_of_the_list() {
    let home = messenger();
    home.core
        .store
        .push(super::messenger::logs(
            "other",
            (0..3000)
                .map(|n| record(5000 + n, 9, "filler", 0))
                .collect(),
        ))
        .unwrap();
    for filter in [
        "",
        "severity=error",
        "search=user",
        "service=messenger",
        "service=nobody",
        "start=2000&end=3000",
        "traceId=00000000000000000000000000000001",
        "attribute=traces.queue_full%3D12",
        "attribute=service.name%3Dnobody",
        "attribute=service.name%3Dmessenger",
    ] {
        let shown = home.ask(&format!("{filter}&limit=1000"), query::logs);
        let mut bodies: Vec<String> = shown.items.into_iter().map(|record| record.body).collect();
        if filter.is_empty() || filter.ends_with("messenger") {
            // More than the list shows at once.
            bodies = vec!["filler".to_owned(); 3000];
            bodies.extend(
                [
                    "telemetry was lost",
                    "user 17 is validated",
                    "push to bob failed",
                    "user 18 is validated",
                ]
                .map(str::to_owned),
            );
        }
        let mut exported: Vec<String> = home
            .lines_of(&format!("{filter}&signal=logs"))
            .iter()
            .flat_map(|line| {
                decode_json::<ExportLogsServiceRequest>(line)
                    .unwrap()
                    .resource_logs
            })
            .flat_map(|resource| resource.scope_logs)
            .flat_map(|scope| scope.log_records)
            .map(|record| match record.body.unwrap().value.unwrap() {
                Value::StringValue(text) => text,
                other => panic!("{other:?}"),
            })
            .collect();
        bodies.sort();
        exported.sort();
        assert_eq!(exported, bodies, "{filter}");
    }
}

#[test]
fn the_points_of_an_export_are_those_of_the_metric() {
    let home = Home::new(64 << 20);
    let metric = |name: &str| {
        let points = (1..=3).map(|n| NumberDataPoint {
            time_unix_nano: n * 1_000_000_000,
            attributes: vec![text("peer", if n == 1 { "a" } else { "b" })],
            value: Some(Number::AsInt(n as i64)),
            ..NumberDataPoint::default()
        });
        Metric {
            name: name.to_owned(),
            data: Some(Data::Gauge(Gauge {
                data_points: points.collect(),
            })),
            ..Metric::default()
        }
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource {
                attributes: vec![text("service.name", "app")],
                ..Resource::default()
            }),
            scope_metrics: vec![ScopeMetrics {
                metrics: vec![metric("length"), metric("depth")],
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    };
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    for (filter, expected) in [
        ("", 6),
        ("name=length", 3),
        ("name=width", 0),
        ("attribute=peer%3Db", 4),
        ("attribute=service.name%3Dapp", 6),
        ("attribute=service.name%3Dapp&attribute=peer%3Da", 2),
        ("attribute=service.name%3Dnobody", 0),
        ("name=depth&start=2000&end=3000", 1),
        ("service=nobody", 0),
    ] {
        let lines = home.lines_of(&format!("{filter}&signal=metrics"));
        let resources: Vec<ResourceMetrics> = lines
            .iter()
            .flat_map(|line| {
                decode_json::<ExportMetricsServiceRequest>(line)
                    .unwrap()
                    .resource_metrics
            })
            .collect();
        assert!(resources.len() <= 1, "the resource of all is one");
        let exported = resources
            .into_iter()
            .flat_map(|resource| resource.scope_metrics)
            .flat_map(|scope| scope.metrics);
        assert_eq!(exported.count(), expected, "{filter}");
    }
}

#[test]
fn a_filter_of_some_signals_needs_the_signal() {
    let refused = |query: &str| match Cursor::start(&Params::from_query(query)) {
        Err(query::QueryError::Field { field, message }) => (field, message),
        other => panic!("{query}: {other:?}"),
    };
    let (field, message) = refused("error=true");
    assert_eq!(field, "signal");
    assert!(message.contains("error"), "{message}");
    assert_eq!(refused("signal=smoke").0, "signal");
}
