//! The values of a metric, step by step.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{
        AggregationTemporality, Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
        metric::Data, number_data_point::Value as Number,
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
fn a_step_of_a_sum_that_grows_has_what_was_added_in_it() {
    let sum = |data_points| {
        Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative as i32,
            is_monotonic: true,
        })
    };
    let home = measured(sum, &VALUES);
    // Per second. What the sum was before is in the point of second 5.
    assert_eq!(values(&home), [Some(0.6), None, Some(0.5)]);
}
