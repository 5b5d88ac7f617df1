//! Every item comes back as it came.

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest},
    common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{
        Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
        HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar,
        exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
        summary_data_point::ValueAtQuantile,
    },
    trace::v1::{
        Span, Status,
        span::{Event, Link},
    },
};
use proptest::{collection::vec, prelude::*};

use super::*;

fn value() -> impl Strategy<Value = Option<AnyValue>> {
    let leaf = prop_oneof![
        Just(None),
        ".{0,12}".prop_map(|text| Some(Value::StringValue(text))),
        any::<i64>().prop_map(|number| Some(Value::IntValue(number))),
        any::<bool>().prop_map(|value| Some(Value::BoolValue(value))),
        // Not a number is not equal to itself; the test of the JSON has it.
        prop_oneof![-1e300..1e300f64, Just(f64::INFINITY), Just(0.0)]
            .prop_map(|number| Some(Value::DoubleValue(number))),
        vec(any::<u8>(), 0..6).prop_map(|bytes| Some(Value::BytesValue(bytes))),
    ];
    let leaf = leaf.prop_map(|value| Some(AnyValue { value }));
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|values| Value::ArrayValue(ArrayValue {
                values: values.into_iter().flatten().collect()
            })),
            vec(("[a-c]{1,3}", inner), 0..3).prop_map(|pairs| {
                let values = pairs.into_iter().map(|(key, value)| KeyValue {
                    key,
                    value,
                    ..KeyValue::default()
                });
                Value::KvlistValue(KeyValueList {
                    values: values.collect(),
                })
            }),
        ]
        .prop_map(|value| Some(AnyValue { value: Some(value) }))
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(("[a-z.]{1,8}", value()), 0..4).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(key, value)| KeyValue {
                key,
                value,
                ..KeyValue::default()
            })
            .collect()
    })
}

fn event() -> impl Strategy<Value = Event> {
    (any::<u64>(), ".{0,8}", attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    )
}

fn link() -> impl Strategy<Value = Link> {
    (
        vec(any::<u8>(), 16),
        vec(any::<u8>(), 8),
        ".{0,8}",
        attributes(),
        any::<u32>(),
    )
        .prop_map(|(trace_id, span_id, trace_state, attributes, flags)| Link {
            trace_id,
            span_id,
            trace_state,
            attributes,
            flags,
            ..Link::default()
        })
}

fn any_span() -> impl Strategy<Value = Span> {
    let ids = (1u128..4, 1u64..u64::MAX, any::<u64>());
    let times = (any::<u64>(), any::<u64>());
    let status = prop::option::of((0..3i32, ".{0,12}"));
    let lists = (attributes(), vec(event(), 0..3), vec(link(), 0..2));
    (
        ids,
        ".{0,300}",
        0..7i32,
        times,
        status,
        lists,
        any::<u32>(),
        ".{0,8}",
    )
        .prop_map(
            |(
                (trace, id, parent),
                name,
                kind,
                (start, end),
                status,
                (attributes, events, links),
                flags,
                trace_state,
            )| Span {
                trace_id: trace.to_be_bytes().to_vec(),
                span_id: id.to_be_bytes().to_vec(),
                parent_span_id: if parent % 3 == 0 {
                    Vec::new()
                } else {
                    parent.to_be_bytes().to_vec()
                },
                name,
                kind,
                start_time_unix_nano: start,
                end_time_unix_nano: end,
                status: status.map(|(code, message)| Status { code, message }),
                attributes,
                events,
                links,
                flags,
                trace_state,
                dropped_attributes_count: flags % 5,
                dropped_events_count: flags % 3,
                dropped_links_count: flags % 2,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_span_comes_back_as_it_came(spans in vec(any_span(), 1..30)) {
        let home = Home::new(64 << 20);
        let mut sent: Vec<Span> = Vec::new();
        for span in spans {
            // The same span twice is one.
            if !sent.iter().any(|known| known.trace_id == span.trace_id && known.span_id == span.span_id) {
                sent.push(span);
            }
        }
        home.spans(sent.clone());
        home.spans(sent.clone());
        sent.sort_by(|a, b| (&a.trace_id, &a.span_id).cmp(&(&b.trace_id, &b.span_id)));
        prop_assert_eq!(home.exported_spans(), sent.clone());
        prop_assert_eq!(home.state().spans, sent.len() as u64);
    }

    #[test]
    fn every_log_record_comes_back_as_it_came(
        records in vec((any::<u64>(), 0..25i32, value(), attributes(), vec(any::<u8>(), 16), "[a-z]{0,6}"), 1..20),
    ) {
        let home = Home::new(64 << 20);
        let sent: Vec<LogRecord> = records
            .into_iter()
            .map(|(time, severity_number, body, attributes, trace_id, event_name)| LogRecord {
                time_unix_nano: time,
                observed_time_unix_nano: time / 2,
                severity_number,
                severity_text: "loud".to_owned(),
                body,
                attributes,
                trace_id,
                span_id: vec![1; 8],
                event_name,
                ..LogRecord::default()
            })
            .collect();
        let request = ExportLogsServiceRequest {
            resource_logs: vec![opentelemetry_proto::tonic::logs::v1::ResourceLogs {
                scope_logs: vec![opentelemetry_proto::tonic::logs::v1::ScopeLogs { log_records: sent.clone(), ..Default::default() }],
                ..Default::default()
            }],
        };
        home.core.store.push(Batch::logs(request, 0)).unwrap();
        let lines = home.lines();
        let requests = lines.iter().filter_map(|line| decode_json::<ExportLogsServiceRequest>(line).ok());
        let scopes = requests.flat_map(|request| request.resource_logs).flat_map(|resource| resource.scope_logs);
        let came: Vec<LogRecord> = scopes.flat_map(|scope| scope.log_records).collect();
        prop_assert_eq!(came, sent);
    }
}

#[test]
fn every_kind_of_metric_comes_back_as_it_came() {
    let home = Home::new(64 << 20);
    let exemplars = vec![Exemplar {
        time_unix_nano: 3,
        span_id: vec![7; 8],
        trace_id: vec![9; 16],
        value: Some(exemplar::Value::AsDouble(1.5)),
        filtered_attributes: vec![text("a", "b")],
    }];
    let attributes = || vec![text("kind", "x")];
    let number = |value| NumberDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: 5,
        exemplars: exemplars.clone(),
        value: Some(value),
        ..NumberDataPoint::default()
    };
    let datas = [
        Data::Gauge(Gauge {
            data_points: vec![number(number_data_point::Value::AsDouble(-0.5))],
        }),
        Data::Sum(Sum {
            data_points: vec![number(number_data_point::Value::AsInt(7))],
            aggregation_temporality: 2,
            is_monotonic: true,
        }),
        Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                attributes: attributes(),
                time_unix_nano: 5,
                count: 3,
                sum: Some(4.5),
                bucket_counts: vec![1, 2],
                explicit_bounds: vec![1.0],
                exemplars: exemplars.clone(),
                min: Some(0.5),
                max: Some(3.0),
                ..HistogramDataPoint::default()
            }],
            aggregation_temporality: 1,
        }),
        Data::ExponentialHistogram(ExponentialHistogram {
            data_points: vec![ExponentialHistogramDataPoint {
                attributes: attributes(),
                time_unix_nano: 5,
                count: 3,
                sum: Some(4.5),
                scale: 3,
                zero_count: 1,
                positive: Some(Buckets {
                    offset: -2,
                    bucket_counts: vec![1, 1],
                }),
                zero_threshold: 0.25,
                exemplars,
                ..ExponentialHistogramDataPoint::default()
            }],
            aggregation_temporality: 2,
        }),
        Data::Summary(Summary {
            data_points: vec![SummaryDataPoint {
                attributes: attributes(),
                time_unix_nano: 5,
                count: 2,
                sum: 3.5,
                quantile_values: vec![ValueAtQuantile {
                    quantile: 0.5,
                    value: 1.25,
                }],
                ..SummaryDataPoint::default()
            }],
        }),
    ];
    let sent: Vec<Metric> = datas
        .into_iter()
        .enumerate()
        .map(|(index, data)| Metric {
            name: format!("metric.{index}"),
            description: "what".to_owned(),
            unit: "s".to_owned(),
            data: Some(data),
            ..Metric::default()
        })
        .collect();
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![opentelemetry_proto::tonic::metrics::v1::ResourceMetrics {
            scope_metrics: vec![opentelemetry_proto::tonic::metrics::v1::ScopeMetrics {
                metrics: sent.clone(),
                ..Default::default()
            }],
            ..Default::default()
        }],
    };
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    let lines = home.lines();
    let requests = lines
        .iter()
        .map(|line| decode_json::<ExportMetricsServiceRequest>(line).unwrap());
    let scopes = requests
        .flat_map(|request| request.resource_metrics)
        .flat_map(|resource| resource.scope_metrics);
    let came: Vec<Metric> = scopes.flat_map(|scope| scope.metrics).collect();
    assert_eq!(came, sent);
}
