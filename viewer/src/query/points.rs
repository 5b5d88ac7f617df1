//! The data points of one metric, put into steps of time.

use std::collections::HashMap;

use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar as OtlpExemplar, NumberDataPoint, exemplar, number_data_point,
};

use super::buckets::Buckets;
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
                    Point::Histogram(histogram) => Buckets::explicit(histogram),
                    Point::Exponential(histogram) => Buckets::exponential(histogram),
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
mod tests;
