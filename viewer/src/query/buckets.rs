//! The buckets of a histogram.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint};

/// Counts by the upper bound of their bucket. The bits of a finite double sort as the doubles do once they are mapped.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(BTreeMap<u64, u64>);

impl Buckets {
    pub(super) fn explicit(point: &HistogramDataPoint) -> Self {
        let mut buckets = Self::default();
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
    pub(super) fn exponential(point: &ExponentialHistogramDataPoint) -> Self {
        let base = (-f64::from(point.scale)).exp2();
        let bound = |index: i64| (index as f64 * base).exp2();
        let mut buckets = Self::default();
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
    pub(super) fn since(&self, before: &Self) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
