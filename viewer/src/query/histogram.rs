//! The number of traces over time.

use std::ops::ControlFlow;

use super::{
    filter::Filter,
    params::{Params, QueryError},
};
use crate::{
    api::{HistogramBucket, TraceHistogram},
    store::{Reader, millis},
};

/// The traces that pass the filter, over time.
pub(crate) fn histogram(
    reader: &mut Reader,
    params: &Params,
) -> Result<TraceHistogram, QueryError> {
    let buckets: usize = params.number("buckets")?.unwrap_or(60);
    if buckets == 0 || buckets > 500 {
        return Err(QueryError::field(
            "buckets",
            format!("{buckets} is not between 1 and 500"),
        ));
    }
    let filter = Filter::new(reader, params)?;
    let blocks = filter.blocks(reader)?;
    let first = blocks.iter().map(|block| block.first).min();
    let last = blocks.iter().map(|block| block.last).max();
    let Some((first, last)) = first.zip(last) else {
        return Ok(TraceHistogram {
            step: 0.0,
            buckets: Vec::new(),
        });
    };
    let start = if filter.period.start == i64::MIN {
        first
    } else {
        filter.period.start
    };
    let end = if filter.period.end == i64::MAX {
        last.saturating_add(1)
    } else {
        filter.period.end
    };
    // Whole milliseconds, so that the sum of the steps is the end.
    let step = (end.wrapping_sub(start) as u64)
        .div_ceil(buckets as u64)
        .div_ceil(1_000_000)
        .max(1)
        .saturating_mul(1_000_000);
    let mut found: Vec<HistogramBucket> = (0..buckets as u64)
        .map(|index| HistogramBucket {
            start: millis(start.saturating_add_unsigned(index.saturating_mul(step))),
            count: 0,
            errors: 0,
            max_duration: 0,
            left_out: 0,
        })
        .collect();
    let mut left_out = vec![0.0; buckets];
    for block in blocks {
        let _ = filter.visit(reader, &block, |trace| {
            let index = (trace.start.wrapping_sub(start) as u64 / step) as usize;
            if let Some(bucket) = found.get_mut(index) {
                bucket.count += 1;
                bucket.errors += u64::from(trace.errors > 0);
                bucket.max_duration = bucket.max_duration.max(trace.duration as u64);
                left_out[index] += trace.stands_for - 1.0;
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    for (bucket, left_out) in found.iter_mut().zip(left_out) {
        bucket.left_out = f64::round(left_out) as u64;
    }
    Ok(TraceHistogram {
        step: step as f64 / 1e6,
        buckets: found,
    })
}
