//! The number of traces over time.

use super::{
    filter::{Filter, INDEXED},
    params::{Params, Period, QueryError},
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
    let Some(starts) = filter.starts(reader)? else {
        return Ok(TraceHistogram {
            step: 0.0,
            buckets: Vec::new(),
        });
    };
    let start = if filter.period.start == i64::MIN {
        starts.start
    } else {
        filter.period.start
    };
    let end = if filter.period.end == i64::MAX {
        starts.end
    } else {
        filter.period.end
    };
    // Whole milliseconds, so that the sum of the steps is the end.
    let step = (end.wrapping_sub(start) as u64)
        .div_ceil(buckets as u64)
        .div_ceil(1_000_000)
        .max(1)
        .saturating_mul(1_000_000);
    let starts =
        (0..buckets as u64).map(|index| start.saturating_add_unsigned(index.saturating_mul(step)));
    let found = if filter.is_numbers_only() {
        let each = starts.map(|start| bucket(reader, &filter, start, step));
        each.collect::<Result<_, _>>()?
    } else {
        let mut found: Vec<HistogramBucket> = starts.map(empty_bucket).collect();
        sort_into(reader, &filter, start, step, &mut found)?;
        found
    };
    Ok(TraceHistogram {
        step: step as f64 / 1e6,
        buckets: found,
    })
}

fn empty_bucket(start: i64) -> HistogramBucket {
    HistogramBucket {
        start: millis(start),
        count: 0,
        errors: 0,
        max_duration: 0,
        left_out: 0,
    }
}

/// The traces that start in a stretch of time and pass the filter, which SQLite sums up by itself.
fn bucket(
    reader: &Reader,
    filter: &Filter,
    start: i64,
    step: u64,
) -> Result<HistogramBucket, QueryError> {
    let sql = filter.select(
        // Few traces fail or stand for others, and what is filtered out is not summed up.
        "count(*), count(*) FILTER (WHERE errors > 0), coalesce(max(end - start), 0), \
         coalesce(sum(stands_for - 1) FILTER (WHERE stands_for > 1), 0.0)",
    );
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let period = Period {
        start,
        end: start.saturating_add_unsigned(step).min(filter.period.end),
    };
    let values = filter.values(period);
    let bucket = statement.query_row(rusqlite::params_from_iter(values), |row| {
        Ok(HistogramBucket {
            count: row.get(0)?,
            errors: row.get(1)?,
            max_duration: row.get(2)?,
            left_out: row.get::<_, f64>(3)?.round() as u64,
            ..empty_bucket(start)
        })
    })?;
    Ok(bucket)
}

/// The traces that pass the filter.
fn sort_into(
    reader: &Reader,
    filter: &Filter,
    start: i64,
    step: u64,
    buckets: &mut [HistogramBucket],
) -> Result<(), QueryError> {
    let sql = filter.select(&format!("{INDEXED}, stands_for"));
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(filter.values(filter.period)))?;
    let mut left_out = vec![0.0; buckets.len()];
    while let Some(row) = rows.next()? {
        if !filter.passes(reader, row)? {
            continue;
        }
        let since = row.get::<_, i64>(1)?.wrapping_sub(start) as u64;
        let index = (since / step) as usize;
        let Some(bucket) = buckets.get_mut(index) else {
            continue;
        };
        bucket.count += 1;
        bucket.errors += u64::from(row.get::<_, i64>(3)? > 0);
        bucket.max_duration = bucket.max_duration.max(row.get(2)?);
        left_out[index] += row.get::<_, f64>(6)? - 1.0;
    }
    for (bucket, left_out) in buckets.iter_mut().zip(left_out) {
        bucket.left_out = f64::round(left_out) as u64;
    }
    Ok(())
}
