//! How points become steps.

use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, exponential_histogram_data_point,
};

use super::*;

const S: u64 = 1_000_000_000;

/// Steps of one second from zero on.
fn grid(count: usize) -> Grid {
    Grid {
        start: 0,
        step: S as i64,
        count,
        counted_from: 0,
    }
}

fn sum(values: &[(u64, i64)]) -> Vec<Point> {
    let points = values.iter().map(|(second, value)| {
        Point::Number(NumberDataPoint {
            time_unix_nano: second * S,
            value: Some(number_data_point::Value::AsInt(*value)),
            ..NumberDataPoint::default()
        })
    });
    points.collect()
}

#[test]
fn a_cumulative_sum_that_begins_anew_is_no_negative_rate() {
    let nature = Nature {
        kind: MetricKind::Sum,
        is_monotonic: true,
        is_delta: false,
    };
    let points = sum(&[(0, 10), (1, 14), (2, 3), (3, 5)]);
    let steps = steps(nature, &points, &grid(4));
    assert_eq!(steps.values, [None, Some(4.0), Some(3.0), Some(2.0)]);
}

#[test]
fn a_rate_is_that_of_the_time_between_points_however_short_the_steps_are() {
    // 60 each minute.
    let minutes = |values: [i64; 3], starts: [u64; 3]| {
        let mut points = sum(&[(60, values[0]), (120, values[1]), (180, values[2])]);
        for (point, start) in points.iter_mut().zip(starts) {
            if let Point::Number(number) = point {
                number.start_time_unix_nano = start * S;
            }
        }
        points
    };
    for (is_delta, points) in [
        (false, minutes([60, 120, 180], [0; 3])),
        (true, minutes([60; 3], [0, 60, 120])),
    ] {
        let nature = Nature {
            kind: MetricKind::Sum,
            is_monotonic: true,
            is_delta,
        };
        for seconds in [5, 45, 60] {
            let grid = Grid {
                start: 61 * S as i64,
                step: seconds * S as i64,
                ..grid(30)
            };
            let values = steps(nature, &points, &grid).values;
            let rates: Vec<f64> = values.into_iter().flatten().collect();
            assert_eq!(rates, [1.0; 2], "{is_delta} {seconds}");
        }
    }
}

#[test]
fn a_first_point_that_began_long_before_does_not_slow_down_those_after_it() {
    let nature = Nature {
        kind: MetricKind::Sum,
        is_monotonic: true,
        is_delta: false,
    };
    let mut points = sum(&[(95, 1), (96, 11), (97, 21), (98, 31)]);
    for point in &mut points {
        if let Point::Number(number) = point {
            number.start_time_unix_nano = S;
        }
    }
    let grid = Grid {
        start: 90 * S as i64,
        step: 10 * S as i64,
        ..grid(1)
    };
    let rate = steps(nature, &points, &grid).values[0].unwrap();
    assert!((3.75..3.76).contains(&rate), "{rate}");
    // Alone it has the rate of all its time.
    let rate = steps(nature, &points[..1], &grid).values[0].unwrap();
    assert!((rate - 1.0 / 94.0).abs() < 1e-9, "{rate}");
}

#[test]
fn a_cumulative_sum_has_its_rate_in_steps_of_one_point_and_of_two() {
    let nature = Nature {
        kind: MetricKind::Sum,
        is_monotonic: true,
        is_delta: false,
    };
    let points = sum(&[(0, 0), (60, 60), (120, 120), (180, 180)]);
    let grid = Grid {
        step: 90 * S as i64,
        ..grid(3)
    };
    let rates = steps(nature, &points, &grid).values;
    assert_eq!(rates, [Some(1.0), Some(1.0), Some(1.0)]);
    let at_once = sum(&[(0, 0), (0, 5)]);
    assert_eq!(steps(nature, &at_once, &grid).values, [None; 3]);
}

/// Points of a sum, each with the second in which the sum began, its own second, and its value.
fn begun(points: &[(u64, u64, i64)]) -> Vec<Point> {
    let points = points.iter().map(|(start, second, value)| {
        Point::Number(NumberDataPoint {
            start_time_unix_nano: start * S,
            time_unix_nano: second * S,
            value: Some(number_data_point::Value::AsInt(*value)),
            ..NumberDataPoint::default()
        })
    });
    points.collect()
}

fn rates(points: &[(u64, u64, i64)], grid: &Grid) -> Vec<Option<f64>> {
    let nature = Nature {
        kind: MetricKind::Sum,
        is_monotonic: true,
        is_delta: false,
    };
    steps(nature, &begun(points), grid).values
}

#[test]
fn a_first_point_counts_if_its_sum_began_within_the_time() {
    let grid = Grid {
        counted_from: 10 * S as i64,
        ..grid(20)
    };
    let first = |start| rates(&[(start, 14, 8)], &grid)[14];
    assert_eq!([first(10), first(9), first(0)], [Some(2.0), None, None]);
    let nature = Nature {
        kind: MetricKind::Histogram,
        is_monotonic: false,
        is_delta: false,
    };
    let counts = |start| {
        let point = Point::Histogram(HistogramDataPoint {
            start_time_unix_nano: start * S,
            time_unix_nano: 14 * S,
            explicit_bounds: vec![1.0],
            bucket_counts: vec![3, 0],
            ..HistogramDataPoint::default()
        });
        let buckets = steps(nature, &[point], &grid).buckets;
        buckets[14].iter().next().map(|(_, count)| count)
    };
    assert_eq!([counts(10), counts(9), counts(0)], [Some(3), None, None]);
}

#[test]
fn a_sum_with_another_start_was_begun_anew_however_large_it_is() {
    let grown = rates(&[(1, 2, 10), (3, 4, 12), (3, 5, 13)], &grid(6));
    assert_eq!(grown[4..], [Some(12.0), Some(1.0)]);
}

#[test]
fn two_processes_that_send_one_series_grow_each_by_itself() {
    let points = [(1, 2, 10), (2, 3, 100), (1, 4, 12), (2, 5, 108), (1, 6, 14)];
    let grown = rates(&points, &grid(7));
    assert_eq!(grown[4..], [Some(1.0), Some(4.0), Some(1.0)]);
}

#[test]
fn a_cumulative_histogram_is_what_each_step_added() {
    let nature = Nature {
        kind: MetricKind::Histogram,
        is_monotonic: false,
        is_delta: false,
    };
    let point = |second, counts: [u64; 3]| {
        Point::Histogram(HistogramDataPoint {
            start_time_unix_nano: 1,
            time_unix_nano: second * S,
            explicit_bounds: vec![1.0, 5.0],
            bucket_counts: counts.to_vec(),
            ..HistogramDataPoint::default()
        })
    };
    let points = [
        point(0, [1, 0, 0]),
        point(1, [1, 3, 0]),
        point(2, [1, 3, 2]),
    ];
    let steps = steps(nature, &points, &grid(3));
    let quantiles: Vec<_> = steps
        .buckets
        .iter()
        .map(|buckets| buckets.quantile(0.95))
        .collect();
    assert_eq!(quantiles, [Some(1.0), Some(5.0), None]);
    assert_eq!(
        steps.buckets[2].iter().collect::<Vec<_>>(),
        [(f64::INFINITY, 2)]
    );
}

#[test]
fn a_cumulative_histogram_that_lowers_its_scale_has_only_what_the_step_added() {
    let nature = Nature {
        kind: MetricKind::ExponentialHistogram,
        is_monotonic: false,
        is_delta: false,
    };
    let point = |second, scale, bucket_counts: &[u64]| {
        Point::Exponential(ExponentialHistogramDataPoint {
            time_unix_nano: second * S,
            scale,
            positive: Some(exponential_histogram_data_point::Buckets {
                offset: 0,
                bucket_counts: bucket_counts.to_vec(),
            }),
            ..ExponentialHistogramDataPoint::default()
        })
    };
    // Of the four buckets between 1 and 16 each two become one, and one value is new.
    let points = [point(0, 0, &[1, 2, 3, 4]), point(1, -1, &[3, 8])];
    let steps = steps(nature, &points, &grid(2));
    assert_eq!(steps.buckets[1].iter().collect::<Vec<_>>(), [(16.0, 1)]);
}

#[test]
fn series_of_a_group_with_points_in_different_steps_are_added_in_all() {
    let of = |is_last_point, values: [u8; 8]| Steps {
        is_last_point,
        values: values
            .map(|value| (value > 0).then_some(f64::from(value)))
            .to_vec(),
        buckets: Vec::new(),
    };
    let joined = |kind, is_delta| {
        let nature = Nature {
            kind,
            is_monotonic: false,
            is_delta,
        };
        // The second one ends.
        let members = vec![
            of(!is_delta, [10, 0, 10, 0, 12, 0, 14, 16]),
            of(!is_delta, [0, 20, 0, 24, 0, 0, 0, 0]),
        ];
        join(nature, members).values.into_iter().flatten()
    };
    assert!(joined(MetricKind::Sum, false).eq([10.0, 30.0, 30.0, 34.0, 36.0, 12.0, 14.0, 16.0]));
    assert!(joined(MetricKind::Gauge, false).eq([10.0, 15.0, 15.0, 17.0, 18.0, 12.0, 14.0, 16.0]));
    // What was added in a step is not in the next one.
    assert!(joined(MetricKind::Sum, true).eq([10.0, 20.0, 10.0, 24.0, 12.0, 14.0, 16.0]));
}

#[test]
fn series_of_a_group_are_added_averaged_or_the_largest_of_them() {
    let of = |values: &[Option<f64>]| Steps {
        is_last_point: true,
        values: values.to_vec(),
        buckets: Vec::new(),
    };
    let members = [of(&[Some(2.0), None]), of(&[Some(4.0), Some(1.0)])];
    for (kind, first) in [
        (MetricKind::Sum, 6.0),
        (MetricKind::Gauge, 3.0),
        (MetricKind::Summary, 4.0),
    ] {
        let nature = Nature {
            kind,
            is_monotonic: false,
            is_delta: false,
        };
        let joined = join(nature, members.to_vec()).values;
        assert_eq!(joined, [Some(first), Some(1.0)], "{kind:?}");
    }
}
