//! The values of a metric, step by step.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{
        AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point::Value as Number,
    },
};

use super::*;
use crate::query;

/// A run with one metric, of which values came at these seconds.
fn measured(data: impl Fn(Vec<NumberDataPoint>) -> Data, values: &[(u64, i64)]) -> Home {
    let points = values.iter().map(|(second, value)| NumberDataPoint {
        time_unix_nano: second * 1_000_000_000,
        value: Some(Number::AsInt(*value)),
        ..NumberDataPoint::default()
    });
    let metric = Metric {
        name: "measured".to_owned(),
        data: Some(data(points.collect())),
        ..Metric::default()
    };
    let scope_metrics = ScopeMetrics {
        metrics: vec![metric],
        ..ScopeMetrics::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        }],
    };
    let home = Home::new(64 << 20);
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    home
}

/// The same metric of two services, of which one sends what was added and the other the sum.
#[test]
fn each_series_is_read_by_the_temporality_of_its_sender() {
    let of = |service: &str, temporality: AggregationTemporality, values: [i64; 4]| {
        let points = (1..).zip(values).map(|(step, value)| NumberDataPoint {
            time_unix_nano: step * 10_000_000_000,
            value: Some(Number::AsInt(value)),
            ..NumberDataPoint::default()
        });
        let metric = Metric {
            name: "measured".to_owned(),
            data: Some(Data::Sum(Sum {
                data_points: points.collect(),
                aggregation_temporality: temporality as i32,
                is_monotonic: true,
            })),
            ..Metric::default()
        };
        of_service(service, metric)
    };
    let gauge = Metric {
        name: "measured".to_owned(),
        data: Some(Data::Gauge(Gauge {
            data_points: vec![NumberDataPoint {
                time_unix_nano: 10_000_000_000,
                value: Some(Number::AsInt(5)),
                ..NumberDataPoint::default()
            }],
        })),
        ..Metric::default()
    };
    let home = Home::new(64 << 20);
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![
            of("delta", AggregationTemporality::Delta, [20; 4]),
            of(
                "cumulative",
                AggregationTemporality::Cumulative,
                [1000, 1010, 1020, 1030],
            ),
            of_service("gauge", gauge),
        ],
    };
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    let answer = home.ask("start=20000&end=50000&stepInterval=10", |reader, params| {
        query::series(reader, "measured", params)
    });
    let series: Vec<(&str, &[Option<f64>])> = answer
        .series
        .iter()
        .map(|one| (one.service.as_str(), one.values.as_slice()))
        .collect();
    assert_eq!(
        series,
        [
            ("delta", [Some(2.0); 3].as_slice()),
            ("cumulative", &[Some(1.0); 3])
        ]
    );
    // A gauge is no rate, so it is not beside them, but it is said that there is more.
    assert_eq!(answer.more_series, 1);
}

fn of_service(service: &str, metric: Metric) -> ResourceMetrics {
    ResourceMetrics {
        resource: Some(Resource {
            attributes: vec![text("service.name", service)],
            ..Resource::default()
        }),
        scope_metrics: vec![ScopeMetrics {
            metrics: vec![metric],
            ..ScopeMetrics::default()
        }],
        ..ResourceMetrics::default()
    }
}

/// The values of steps of ten seconds from second 10 to second 40.
fn values(home: &Home) -> Vec<Option<f64>> {
    let answer = home.ask("start=10000&end=40000&stepInterval=10", |reader, params| {
        query::series(reader, "measured", params)
    });
    answer
        .series
        .into_iter()
        .flat_map(|one| one.values)
        .collect()
}

/// Not in the order of time.
const VALUES: [(u64, i64); 6] = [(5, 1), (18, 7), (12, 4), (31, 9), (39, 12), (45, 20)];

#[test]
fn a_step_of_a_gauge_has_the_last_value_in_it() {
    let home = measured(|data_points| Data::Gauge(Gauge { data_points }), &VALUES);
    assert_eq!(values(&home), [Some(7.0), None, Some(12.0)]);
}

#[test]
fn what_was_counted_before_the_first_export_is_in_the_first_step_if_the_run_saw_it() {
    let home = Home::new(64 << 20);
    let started = home.state().started as u64;
    let first = |name: &str, start_time_unix_nano| {
        let point = NumberDataPoint {
            start_time_unix_nano,
            time_unix_nano: started + 5_000_000_000,
            value: Some(Number::AsInt(20)),
            ..NumberDataPoint::default()
        };
        let metric = Metric {
            name: name.to_owned(),
            data: Some(Data::Sum(Sum {
                data_points: vec![point],
                aggregation_temporality: AggregationTemporality::Cumulative as i32,
                is_monotonic: true,
            })),
            ..Metric::default()
        };
        of_service("app", metric)
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![
            first("in the run", started + 1_000_000_000),
            first("before it", started - 1_000_000_000),
        ],
    };
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    let values = |name| {
        let answer = home.ask("", |reader, params| query::series(reader, name, params));
        answer.series[0].values.clone()
    };
    assert_eq!(values("in the run"), [Some(5.0)]);
    assert_eq!(values("before it"), [None]);
}

#[test]
fn steps_are_as_long_as_the_points_are_apart_unless_others_are_asked_for() {
    let minutes = [(60, 1), (120, 2), (180, 3), (240, 4), (300, 5)];
    let home = measured(|data_points| Data::Gauge(Gauge { data_points }), &minutes);
    let of = |query: &str| {
        let answer = home.ask(query, |reader, params| {
            query::series(reader, "measured", params)
        });
        (answer.step, answer.series[0].values.clone())
    };
    let all = (1..=5).map(|value| Some(f64::from(value)));
    assert_eq!(of(""), (60.0, all.collect()));
    // Of a part of the time as well.
    assert_eq!(
        of("start=60000&end=190000"),
        (60.0, vec![Some(1.0), Some(2.0), Some(3.0)])
    );
    assert_eq!(of("stepInterval=100").0, 100.0);
    // A long time has no more steps than usual.
    assert_eq!(of("start=0&end=120000000").0, 1000.0);
}

#[test]
fn steps_stay_as_long_when_a_point_is_late() {
    let late = [(60, 1), (120, 2), (180, 3), (240, 4), (301, 5)];
    let home = measured(|data_points| Data::Gauge(Gauge { data_points }), &late);
    let answer = home.ask("", |reader, params| {
        query::series(reader, "measured", params)
    });
    assert_eq!(answer.step, 60.0);
}

/// A file is opened after everything in it was recorded.
#[test]
fn a_file_with_one_point_of_a_sum_has_what_that_counts() {
    let sum = |mut data_points: Vec<NumberDataPoint>| {
        data_points[0].start_time_unix_nano = 1_000_000_000;
        Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative as i32,
            is_monotonic: true,
        })
    };
    let home = measured(sum, &[(61, 60)]);
    let answer = home.ask("", |reader, params| {
        query::series(reader, "measured", params)
    });
    assert_eq!(answer.series[0].values, [Some(1.0)]);
}

#[test]
fn a_step_of_a_sum_that_grows_has_what_was_added_in_it() {
    let sum = |data_points| {
        Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative as i32,
            is_monotonic: true,
        })
    };
    let home = measured(sum, &VALUES);
    // Per second. What the sum was before is in the points of the seconds 5 and 18, from which on it grew.
    assert_eq!(values(&home), [Some(6.0 / 13.0), None, Some(5.0 / 21.0)]);
}

#[test]
fn counts_as_large_as_numbers_get_are_answered() {
    let histogram = |service: &str| {
        let bounds = (0..300).map(f64::from);
        let point = HistogramDataPoint {
            time_unix_nano: 10_000_000_000,
            explicit_bounds: bounds.collect(),
            bucket_counts: vec![u64::MAX; 301],
            ..HistogramDataPoint::default()
        };
        let metric = Metric {
            name: "measured".to_owned(),
            data: Some(Data::Histogram(Histogram {
                data_points: vec![point],
                aggregation_temporality: AggregationTemporality::Delta as i32,
            })),
            ..Metric::default()
        };
        of_service(service, metric)
    };
    let home = Home::new(64 << 20);
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![histogram("a"), histogram("a"), histogram("b")],
    };
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    let answer = home.ask("", |reader, params| {
        query::series(reader, "measured", params)
    });
    assert_eq!(answer.series[0].values, [Some(285.0)]);
    assert_eq!(answer.heatmap.unwrap().counts[0][0], u64::MAX);
}

#[test]
fn a_point_at_a_time_that_no_clock_shows_is_answered() {
    let gauge = Metric {
        name: "measured".to_owned(),
        data: Some(Data::Gauge(Gauge {
            data_points: vec![NumberDataPoint {
                time_unix_nano: i64::MAX as u64,
                value: Some(Number::AsInt(5)),
                ..NumberDataPoint::default()
            }],
        })),
        ..Metric::default()
    };
    let home = Home::new(64 << 20);
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![of_service("app", gauge)],
    };
    home.core.store.push(Batch::metrics(request, 0).0).unwrap();
    for query in ["", "stepInterval=18446744073709551615"] {
        let answer = home.ask(query, |reader, params| {
            query::series(reader, "measured", params)
        });
        assert!(answer.step > 0.0, "{query}");
        assert_eq!(
            (answer.metric.points, answer.times.len()),
            (1, 1),
            "{query}"
        );
    }
}
