//! The data points of one metric, put into steps of time.

use std::collections::{BTreeMap, HashMap};

use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar as OtlpExemplar, ExponentialHistogramDataPoint,
    HistogramDataPoint, NumberDataPoint, exemplar, number_data_point,
};

use crate::{api::MetricKind, intake::Point};

/// What a metric is, as far as the values of its points depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nature {
    pub(super) kind: MetricKind,
    pub(super) is_monotonic: bool,
    pub(super) is_delta: bool,
}

impl Nature {
    pub(super) fn of(metric: &opentelemetry_proto::tonic::metrics::v1::Metric) -> Self {
        use opentelemetry_proto::tonic::metrics::v1::metric::Data;
        let delta = AggregationTemporality::Delta as i32;
        let (kind, is_monotonic, is_delta) = match &metric.data {
            None | Some(Data::Gauge(_)) => (MetricKind::Gauge, false, false),
            Some(Data::Sum(sum)) => (
                MetricKind::Sum,
                sum.is_monotonic,
                sum.aggregation_temporality == delta,
            ),
            Some(Data::Histogram(histogram)) => (
                MetricKind::Histogram,
                false,
                histogram.aggregation_temporality == delta,
            ),
            Some(Data::ExponentialHistogram(histogram)) => (
                MetricKind::ExponentialHistogram,
                false,
                histogram.aggregation_temporality == delta,
            ),
            Some(Data::Summary(_)) => (MetricKind::Summary, false, false),
        };
        Self {
            kind,
            is_monotonic,
            is_delta,
        }
    }

    /// Whether the value of a step is that of its last point, whatever came before.
    pub(super) fn is_last_point(self) -> bool {
        match self.kind {
            MetricKind::Gauge | MetricKind::Summary => true,
            MetricKind::Sum => !self.is_monotonic && !self.is_delta,
            MetricKind::Histogram | MetricKind::ExponentialHistogram => false,
        }
    }

    /// Whether the value of a step is what its points added, per second.
    fn is_rate(self) -> bool {
        self.kind == MetricKind::Sum && self.is_monotonic
    }

    /// Whether values of both are of one sort: the temporality is that of the sender.
    pub(super) fn is_like(self, other: Self) -> bool {
        (self.kind, self.is_monotonic) == (other.kind, other.is_monotonic)
    }

    /// What the values of its series are.
    pub(super) fn shows(self) -> &'static str {
        match self.kind {
            MetricKind::Sum if self.is_rate() => "rate",
            MetricKind::Gauge | MetricKind::Sum => "value",
            MetricKind::Histogram | MetricKind::ExponentialHistogram | MetricKind::Summary => "p95",
        }
    }
}

/// Counts by the upper bound of their bucket. The bits of a finite double sort as the doubles do once they are mapped.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(BTreeMap<u64, u64>);

impl Buckets {
    fn add(&mut self, bound: f64, count: u64) {
        if count > 0 {
            let own = self.0.entry(sortable(bound)).or_default();
            *own = own.saturating_add(count);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (bound, count) in &other.0 {
            let own = self.0.entry(*bound).or_default();
            *own = own.saturating_add(*count);
        }
    }

    /// What has been added since `before`, or all if there was more before: it has begun anew.
    fn since(&self, before: &Self) -> Self {
        if self.total() < before.total() {
            return self.clone();
        }
        let mut grown = self.0.clone();
        for (bound, count) in &before.0 {
            // An exponential histogram joins buckets when it lowers its scale: what was in one of them is in the one around it.
            if let Some((_, own)) = grown.range_mut(bound..).next() {
                *own = own.saturating_sub(*count);
            }
        }
        grown.retain(|_, count| *count > 0);
        Self(grown)
    }

    /// The counts are of the sender, and can be as large as they get.
    fn total(&self) -> u128 {
        self.0.values().map(|count| u128::from(*count)).sum()
    }

    /// The upper bound of the bucket in which the share `q` ends; `None` without a value, or above the last bound.
    pub(super) fn quantile(&self, q: f64) -> Option<f64> {
        let rank = (q * self.total() as f64).ceil().max(1.0) as u128;
        let mut seen = 0;
        let found = self.0.iter().find(|(_, count)| {
            seen += u128::from(**count);
            seen >= rank
        });
        found
            .map(|(bound, _)| double(*bound))
            .filter(|bound| bound.is_finite())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (f64, u64)> {
        self.0.iter().map(|(bound, count)| (double(*bound), *count))
    }
}

fn sortable(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

fn double(sortable: u64) -> f64 {
    f64::from_bits(if sortable >> 63 == 1 {
        sortable & !(1 << 63)
    } else {
        !sortable
    })
}

/// The steps of an answer, in nanoseconds.
pub(super) struct Grid {
    pub(super) start: i64,
    pub(super) step: i64,
    pub(super) count: usize,
    /// The first point of a sum that began before this time adds nothing: how much of it came since then is not known.
    pub(super) counted_from: i64,
}

impl Grid {
    pub(super) fn step_of(&self, time: i64) -> Option<usize> {
        let step = usize::try_from(time.checked_sub(self.start)?.div_euclid(self.step)).ok()?;
        (step < self.count).then_some(step)
    }

    fn begin_of(&self, step: usize) -> u64 {
        let begin = self
            .start
            .saturating_add(self.step.saturating_mul(step as i64));
        begin.max(0) as u64
    }

    pub(super) fn end(&self) -> i64 {
        self.start
            .saturating_add(self.step.saturating_mul(self.count as i64))
    }

    pub(super) fn seconds(&self) -> f64 {
        self.step as f64 / 1e9
    }
}

/// The points of one series, step by step.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    /// Whether a value holds until the next one.
    is_last_point: bool,
    pub(super) values: Vec<Option<f64>>,
    pub(super) buckets: Vec<Buckets>,
}

/// What a point added, and since when.
struct Added<T> {
    what: T,
    since: u64,
    /// Whether it is all that the sum has counted.
    is_first: bool,
}

impl Added<f64> {
    /// Of a first point only the part that falls into its step, as if the sum had grown evenly: it can have begun long before, and
    /// would make the rate of the points after it a small one.
    fn in_step(self, begin: u64, time: u64) -> Self {
        let since = self.since.max(begin);
        if !self.is_first || since == self.since || since >= time {
            return self;
        }
        let share = (time - since) as f64 / (time - self.since) as f64;
        Self {
            what: self.what * share,
            since,
            ..self
        }
    }
}

/// The last point of a series by the time when its sum began. A process that is started again has another start, and so has each of several
/// processes that send the same series.
struct Cumulative<T>(HashMap<u64, (u64, T)>);

impl<T: Clone> Cumulative<T> {
    /// What a point added to the one before it.
    fn added(
        &mut self,
        point: &Point,
        sum: T,
        grid: &Grid,
        difference: fn(&T, &T) -> T,
    ) -> Option<Added<T>> {
        let start = point.start();
        let added = match self.0.get(&start) {
            Some((since, before)) => Some(Added {
                what: difference(&sum, before),
                since: *since,
                is_first: false,
            }),
            None => (start != 0 && start as i64 >= grid.counted_from).then(|| Added {
                what: sum.clone(),
                since: start,
                is_first: true,
            }),
        };
        self.0.insert(start, (point.time(), sum));
        added
    }
}

/// What the points of a step added, and from when to when.
#[derive(Debug, Clone, Copy)]
struct Growth {
    value: f64,
    since: u64,
    until: u64,
}

/// Puts the points of one series into steps. Points before the first step only tell what a cumulative sum was before.
pub(super) fn steps(nature: Nature, points: &[Point], grid: &Grid) -> Steps {
    let mut steps = Steps {
        is_last_point: nature.is_last_point(),
        values: vec![None; grid.count],
        buckets: vec![Buckets::default(); grid.count],
    };
    let mut growths: Vec<Option<Growth>> = vec![None; grid.count];
    let mut sums = Cumulative(HashMap::new());
    let mut histograms = Cumulative(HashMap::new());
    for point in points {
        let time = point.time();
        let step = grid.step_of(time as i64);
        match point {
            Point::Number(number) => {
                let Some(value) = value(number) else {
                    continue;
                };
                if nature.is_rate() {
                    let added = if nature.is_delta {
                        Some(Added {
                            what: value,
                            since: Some(point.start())
                                .filter(|start| *start != 0)
                                .unwrap_or(time),
                            is_first: false,
                        })
                    } else {
                        sums.added(point, value, grid, grown)
                    };
                    if let (Some(added), Some(step)) = (added, step) {
                        let added = added.in_step(grid.begin_of(step), time);
                        let growth = growths[step].get_or_insert(Growth {
                            value: 0.0,
                            since: u64::MAX,
                            until: 0,
                        });
                        growth.value += added.what;
                        growth.since = growth.since.min(added.since);
                        growth.until = growth.until.max(time);
                    }
                } else if let Some(step) = step {
                    let slot = &mut steps.values[step];
                    *slot = Some(if nature.kind == MetricKind::Sum && nature.is_delta {
                        slot.unwrap_or_default() + value
                    } else {
                        value
                    });
                }
            }
            Point::Histogram(_) | Point::Exponential(_) => {
                let sum = match point {
                    Point::Histogram(histogram) => explicit(histogram),
                    Point::Exponential(histogram) => exponential(histogram),
                    _ => Buckets::default(),
                };
                let added = if nature.is_delta {
                    Some(sum)
                } else {
                    let added = histograms.added(point, sum, grid, Buckets::since);
                    added.map(|added| added.what)
                };
                if let (Some(added), Some(step)) = (added, step) {
                    steps.buckets[step].merge(&added);
                }
            }
            Point::Summary(summary) => {
                let nearest = summary.quantile_values.iter().min_by(|a, b| {
                    (a.quantile - 0.95)
                        .abs()
                        .total_cmp(&(b.quantile - 0.95).abs())
                });
                if let (Some(nearest), Some(slot)) =
                    (nearest, step.and_then(|step| steps.values.get_mut(step)))
                {
                    *slot = Some(nearest.value).filter(|value| value.is_finite());
                }
            }
        }
    }
    if nature.is_rate() {
        let rates = growths.into_iter().map(|growth| {
            let growth = growth?;
            // A cumulative sum grew all the time since the point before, which can be longer or shorter than the step. A sender of what was
            // added can leave out the points of a time without any, so that its points may be of a part of the step only.
            let mut seconds = growth.until.saturating_sub(growth.since) as f64 / 1e9;
            if nature.is_delta {
                seconds = seconds.max(grid.seconds());
            }
            (seconds > 0.0).then(|| growth.value / seconds)
        });
        steps.values = rates.collect();
    }
    steps
}

/// Several series as one. Sums are added. A gauge has no sum that means anything, so it is the mean; of quantiles it is the largest.
pub(super) fn join(nature: Nature, mut members: Vec<Steps>) -> Steps {
    if members.len() > 1 {
        // Their points are rarely in the same steps, and a step has to have the values of all.
        let holding = members.iter_mut().filter(|member| member.is_last_point);
        holding.for_each(|member| last_until_next(&mut member.values));
    }
    let longest = |length: fn(&Steps) -> usize| members.iter().map(length).max().unwrap_or(0);
    let values = (0..longest(|steps| steps.values.len())).map(|step| {
        let known: Vec<f64> = members
            .iter()
            .filter_map(|steps| steps.values[step])
            .collect();
        let sum = known.iter().copied().reduce(|a, b| a + b)?;
        Some(match nature.kind {
            MetricKind::Gauge => sum / known.len() as f64,
            MetricKind::Summary => known.into_iter().fold(f64::NEG_INFINITY, f64::max),
            _ => sum,
        })
    });
    let mut buckets = vec![Buckets::default(); longest(|steps| steps.buckets.len())];
    for steps in &members {
        for (own, others) in buckets.iter_mut().zip(&steps.buckets) {
            own.merge(others);
        }
    }
    Steps {
        is_last_point: nature.is_last_point(),
        values: values.collect(),
        buckets,
    }
}

/// Gives each value to the steps before the next one. The last value is that of as many steps as the one before it: a series can have
/// ended.
fn last_until_next(values: &mut [Option<f64>]) {
    let known = (0..values.len()).filter(|step| values[*step].is_some());
    let known: Vec<usize> = known.collect();
    for pair in known.windows(2) {
        let value = values[pair[0]];
        values[pair[0]..pair[1]].fill(value);
    }
    if let [.., before, last] = known[..] {
        let (value, end) = (values[last], (2 * last - before).min(values.len()));
        values[last..end].fill(value);
    }
}

/// What a sum has grown by. One that is less than before was begun anew.
fn grown(now: &f64, before: &f64) -> f64 {
    if now >= before { now - before } else { *now }
}

fn value(point: &NumberDataPoint) -> Option<f64> {
    match point.value? {
        number_data_point::Value::AsInt(number) => Some(number as f64),
        number_data_point::Value::AsDouble(number) => {
            Some(number).filter(|number| number.is_finite())
        }
    }
}

fn explicit(point: &HistogramDataPoint) -> Buckets {
    let mut buckets = Buckets::default();
    for (index, count) in point.bucket_counts.iter().enumerate() {
        buckets.add(
            point
                .explicit_bounds
                .get(index)
                .copied()
                .unwrap_or(f64::INFINITY),
            *count,
        );
    }
    buckets
}

/// The bucket `i` of scale `s` ends at 2^((i + 1) / 2^s).
fn exponential(point: &ExponentialHistogramDataPoint) -> Buckets {
    let base = (-f64::from(point.scale)).exp2();
    let bound = |index: i64| (index as f64 * base).exp2();
    let mut buckets = Buckets::default();
    buckets.add(point.zero_threshold, point.zero_count);
    if let Some(positive) = &point.positive {
        for (index, count) in positive.bucket_counts.iter().enumerate() {
            buckets.add(bound(i64::from(positive.offset) + index as i64 + 1), *count);
        }
    }
    if let Some(negative) = &point.negative {
        for (index, count) in negative.bucket_counts.iter().enumerate() {
            buckets.add(-bound(i64::from(negative.offset) + index as i64), *count);
        }
    }
    buckets
}

/// The exemplars of a point, with their values.
pub(super) fn exemplars(point: &Point) -> impl Iterator<Item = (&OtlpExemplar, f64)> {
    let list = match point {
        Point::Number(point) => point.exemplars.as_slice(),
        Point::Histogram(point) => &point.exemplars,
        Point::Exponential(point) => &point.exemplars,
        Point::Summary(_) => &[],
    };
    list.iter().filter_map(|exemplar| {
        let value = match exemplar.value? {
            exemplar::Value::AsInt(number) => number as f64,
            exemplar::Value::AsDouble(number) => number,
        };
        value.is_finite().then_some((exemplar, value))
    })
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point;

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
    fn doubles_sort() {
        let numbers = [f64::NEG_INFINITY, -3.5, -0.1, 0.0, 0.1, 7.0, f64::INFINITY];
        assert!(
            numbers
                .windows(2)
                .all(|pair| sortable(pair[0]) < sortable(pair[1]))
        );
        assert!(
            numbers
                .iter()
                .all(|number| double(sortable(*number)) == *number)
        );
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
        assert!(
            joined(MetricKind::Sum, false).eq([10.0, 30.0, 30.0, 34.0, 36.0, 12.0, 14.0, 16.0])
        );
        assert!(
            joined(MetricKind::Gauge, false).eq([10.0, 15.0, 15.0, 17.0, 18.0, 12.0, 14.0, 16.0])
        );
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
}
