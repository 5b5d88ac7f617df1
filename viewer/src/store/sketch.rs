//! A histogram of durations that can be merged: sixteen buckets for each doubling, so that a percentile is right within 6 %.
//!
//! A maintained crate (DDSketch, HDR histogram) would do, but the store merges thousands of these for one answer and keeps
//! one for each operation and slot: what counts is that a sketch of few values has few bytes.

use std::collections::BTreeMap;

/// Bits of the mantissa that choose the bucket.
const MANTISSA: u32 = 4;

/// How often each bucket was hit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sketch(BTreeMap<u16, u64>);

impl Sketch {
    pub(crate) fn add(&mut self, nanos: u64) {
        *self.0.entry(bucket(nanos)).or_default() += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The middle of the bucket below which the share `q` of all values lies; 0 when there are none.
    pub(crate) fn quantile(&self, q: f64) -> u64 {
        let rank = (q * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in &self.0 {
            seen += count;
            if seen >= rank {
                return middle(*bucket);
            }
        }
        0
    }

    /// The share of values that are in a higher bucket than `nanos`.
    pub(crate) fn share_above(&self, nanos: u64) -> f64 {
        let own = bucket(nanos);
        let above: u64 = self.0.range(own + 1..).map(|(_, count)| count).sum();
        above as f64 / self.count().max(1) as f64
    }

    /// The buckets in ascending order with their counts.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// Appends pairs of the distance to the bucket before and the count, as LEB128.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let mut last = 0;
        for (bucket, count) in &self.0 {
            write_varint(bytes, u64::from(bucket - last));
            write_varint(bytes, *count);
            last = *bucket;
        }
    }

    /// Adds what `encode` wrote. What is damaged ends the reading.
    pub(crate) fn merge_encoded(&mut self, mut bytes: &[u8]) {
        let mut bucket = 0u16;
        while let (Some(distance), Some(count)) = (read_varint(&mut bytes), read_varint(&mut bytes))
        {
            bucket = bucket.saturating_add(distance.min(u64::from(u16::MAX)) as u16);
            *self.0.entry(bucket).or_default() += count;
        }
    }
}

fn bucket(nanos: u64) -> u16 {
    if nanos < 1 << MANTISSA {
        return nanos as u16;
    }
    let exponent = nanos.ilog2() - MANTISSA;
    let mantissa = (nanos >> exponent) as u16 & ((1 << MANTISSA) - 1);
    ((exponent as u16 + 1) << MANTISSA) | mantissa
}

fn middle(bucket: u16) -> u64 {
    if bucket < 1 << MANTISSA {
        return u64::from(bucket);
    }
    let exponent = (bucket >> MANTISSA) - 1;
    let low = (u64::from(bucket & ((1 << MANTISSA) - 1)) | 1 << MANTISSA) << exponent;
    low + ((1u64 << exponent) >> 1)
}

/// Appends `value` as LEB128.
pub(crate) fn write_varint(bytes: &mut Vec<u8>, value: u64) {
    prost::encoding::encode_varint(value, bytes);
}

/// Takes a LEB128 number off the front; `None` at the end or when it is damaged.
pub(crate) fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    prost::encoding::decode_varint(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_quantile_is_right_within_six_percent(mut values in prop::collection::vec(0u64..u64::MAX / 2, 1..200), q in 0.0..1.0f64) {
            let mut sketch = Sketch::default();
            values.iter().for_each(|value| sketch.add(*value));
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).max(1);
            let exact = values[rank - 1] as f64;
            let found = sketch.quantile(q) as f64;
            prop_assert!((found - exact).abs() <= exact * 0.0625, "{found} is not {exact}");
        }

        #[test]
        fn it_reads_what_it_wrote(values in prop::collection::vec(any::<u64>(), 0..200)) {
            let mut sketch = Sketch::default();
            values.iter().for_each(|value| sketch.add(*value));
            let mut bytes = Vec::new();
            sketch.encode(&mut bytes);
            let mut read = Sketch::default();
            read.merge_encoded(&bytes);
            prop_assert_eq!(read, sketch);
        }
    }

    #[test]
    fn damaged_bytes_are_no_panic() {
        let mut sketch = Sketch::default();
        sketch.merge_encoded(&[0xff; 40]);
        sketch.merge_encoded(&[3]);
        assert_eq!(sketch.count(), 0);
    }
}
