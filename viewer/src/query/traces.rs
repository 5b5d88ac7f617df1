//! The list of traces, and their number over time.

use std::collections::HashSet;

use rusqlite::Row;

use super::{
    paginate,
    params::{Page, Params, Period, QueryError, hex},
};
use crate::{
    api::{HistogramBucket, TraceHistogram, TraceSummary, TracesAnswer},
    intake::{AttributeBits, as_text, folded_may_have},
    store::{Reader, SPAN_BITS, decode_facets, millis},
};

/// What the index of the traces has, for the filter.
const INDEXED: &str = "id, start, end, errors, operation, operations, folded_bits";

/// Commands of a trace that its summary names.
const MAX_COMMANDS: usize = 10;

/// What a trace has to be like.
pub(super) struct Filter {
    period: Period,
    /// For each of service, command and window that is asked for: the operations that have it.
    facets: Vec<HashSet<i64>>,
    /// The operations whose name has the text that is searched for.
    named: Option<HashSet<i64>>,
    min: Option<u64>,
    max: Option<u64>,
    error: Option<bool>,
    attributes: Vec<(String, String)>,
}

impl Filter {
    pub(super) fn new(reader: &mut Reader, params: &Params) -> Result<Self, QueryError> {
        let operations = reader.operations()?;
        let having = |is: &dyn Fn(&crate::store::Operation) -> bool| -> HashSet<i64> {
            operations
                .iter()
                .filter(|operation| is(operation))
                .map(|operation| operation.id)
                .collect()
        };
        let mut facets = Vec::new();
        if let Some(service) = params.text("service") {
            facets.push(having(&|operation| operation.service == service));
        }
        if let Some(command) = params.text("command") {
            facets.push(having(&|operation| {
                operation.command.as_deref() == Some(command)
            }));
        }
        if let Some(window) = params.text("window") {
            facets.push(having(&|operation| {
                operation.window.as_deref() == Some(window)
            }));
        }
        let named = params.text("search").map(|search| {
            let search = search.to_lowercase();
            having(&|operation| operation.name.to_lowercase().contains(&search))
        });
        Ok(Self {
            period: params.period()?,
            facets,
            named,
            min: params.duration("minDuration")?,
            max: params.duration("maxDuration")?,
            error: params.flag("error")?,
            attributes: params.attributes()?,
        })
    }

    /// Whether every trace of the period passes.
    fn is_period_only(&self) -> bool {
        self.facets.is_empty()
            && self.named.is_none()
            && self.min.is_none()
            && self.max.is_none()
            && self.error.is_none()
            && self.attributes.is_empty()
    }

    /// Whether a trace passes. The row has [`INDEXED`] first.
    fn passes(&self, reader: &Reader, row: &Row<'_>) -> Result<bool, QueryError> {
        let errors: i64 = row.get(3)?;
        if self.error.is_some_and(|error| error != (errors > 0)) {
            return Ok(false);
        }
        let duration = duration(row)?;
        if self.min.is_some_and(|min| duration < min) || self.max.is_some_and(|max| duration > max)
        {
            return Ok(false);
        }
        if let Some(named) = &self.named
            && !named.contains(&row.get(4)?)
        {
            return Ok(false);
        }
        if !self.facets.is_empty() {
            let of_trace = decode_facets(blob(row, 5)?);
            let has = |wanted: &HashSet<i64>| of_trace.iter().any(|facet| wanted.contains(facet));
            if !self.facets.iter().all(has) {
                return Ok(false);
            }
        }
        if self.attributes.is_empty() {
            return Ok(true);
        }
        let folded = row.get::<_, i64>(6)? as u64;
        let mut wanted = self.attributes.iter();
        Ok(
            wanted.all(|(key, value)| folded_may_have(folded, key, value))
                && self.has_attributes(reader, row.get(0)?)?,
        )
    }

    fn has_attributes(&self, reader: &Reader, trace: i64) -> Result<bool, QueryError> {
        let may_have = {
            let mut statement = reader
                .connection
                .prepare_cached("SELECT attribute_bits FROM traces WHERE id = ?")?;
            let mut rows = statement.query([trace])?;
            let row = rows.next()?;
            let bits = row.map(|row| blob(row, 0).map(AttributeBits::decode));
            let bits = bits.transpose()?.unwrap_or_default();
            let mut wanted = self.attributes.iter();
            wanted.all(|(key, value)| bits.may_have(key, value))
        };
        Ok(may_have && has_span_with(reader, trace, &self.attributes)?)
    }
}

/// Whether one span of the trace has all of the attributes, itself or by its resource.
fn has_span_with(
    reader: &Reader,
    trace: i64,
    wanted: &[(String, String)],
) -> Result<bool, QueryError> {
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
    use prost::Message;
    let mut statement = reader.connection.prepare_cached(
        "SELECT spans.rest, resources.bytes FROM spans JOIN resources ON resources.id = spans.resource \
         WHERE spans.id >= ? AND spans.id < ?",
    )?;
    let mut rows = statement.query([trace << SPAN_BITS, (trace + 1) << SPAN_BITS])?;
    while let Some(row) = rows.next()? {
        let span = Span::decode(blob(row, 0)?).unwrap_or_default();
        let group = ResourceSpans::decode(blob(row, 1)?).unwrap_or_default();
        let resource = group.resource.unwrap_or_default().attributes;
        let has = |(key, value): &(String, String)| {
            let mut pairs = span.attributes.iter().chain(&resource);
            pairs.any(|pair| {
                let own = pair.value.as_ref().and_then(|any| any.value.as_ref());
                pair.key == *key && own.is_some_and(|own| as_text(own) == *value)
            })
        };
        if wanted.iter().all(has) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn blob<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a [u8], QueryError> {
    let value = row.get_ref(index)?;
    Ok(value.as_blob().unwrap_or_default())
}

fn duration(row: &Row<'_>) -> Result<u64, QueryError> {
    let (start, end): (i64, i64) = (row.get(1)?, row.get(2)?);
    Ok((end as u64).saturating_sub(start as u64))
}

/// What a summary is made of, before the names are looked up.
struct Found {
    trace_id: [u8; 16],
    start: i64,
    duration: u64,
    spans: u64,
    errors: u64,
    operation: i64,
    rooted: bool,
    facets: Vec<i64>,
}

impl Found {
    fn load(reader: &Reader, trace: i64) -> Result<Option<Self>, QueryError> {
        let sql = format!("SELECT {INDEXED}, trace_id, spans, rooted FROM traces WHERE id = ?");
        let mut statement = reader.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([trace])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            start: row.get(1)?,
            duration: duration(row)?,
            errors: row.get(3)?,
            operation: row.get(4)?,
            facets: decode_facets(blob(row, 5)?),
            trace_id: row.get(7)?,
            spans: row.get(8)?,
            rooted: row.get(9)?,
        }))
    }

    fn summary(self, reader: &mut Reader) -> Result<TraceSummary, QueryError> {
        let named = reader.operation(self.operation)?;
        let (mut services, mut commands, mut windows) = (Vec::new(), Vec::new(), Vec::new());
        let add = |list: &mut Vec<String>, text: &str| {
            if !list.iter().any(|known| known == text) {
                list.push(text.to_owned());
            }
        };
        for facet in &self.facets {
            let operation = reader.operation(*facet)?;
            add(&mut services, &operation.service);
            if let Some(command) = &operation.command
                && commands.len() < MAX_COMMANDS
            {
                add(&mut commands, command);
            }
            if let Some(window) = &operation.window {
                add(&mut windows, window);
            }
        }
        Ok(TraceSummary {
            trace_id: hex(&self.trace_id),
            name: named.name.clone(),
            service: named.service.clone(),
            start_time: millis(self.start),
            duration: self.duration,
            spans: self.spans,
            errors: self.errors,
            services,
            commands,
            windows,
            has_root: self.rooted,
        })
    }
}

/// One page of the traces that pass the filter.
pub(crate) fn traces(reader: &mut Reader, params: &Params) -> Result<TracesAnswer, QueryError> {
    let page = params.page(100, 1000)?;
    let filter = Filter::new(reader, params)?;
    let found = match params.text("sort") {
        None | Some("newest") => newest(reader, &filter, page)?,
        Some("slowest") => slowest(reader, &filter, page)?,
        Some(other) => {
            return Err(QueryError::field(
                "sort",
                format!("{other:?} is neither newest nor slowest"),
            ));
        }
    };
    let mut items = summaries(reader, &found)?;
    let pagination = paginate(&mut items, page);
    Ok(TracesAnswer { items, pagination })
}

/// The numbers of the traces of a page, and of one more if there is another page.
fn newest(reader: &Reader, filter: &Filter, page: Page) -> Result<Vec<i64>, QueryError> {
    let sql =
        format!("SELECT {INDEXED} FROM traces WHERE start >= ? AND start < ? ORDER BY start DESC");
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([filter.period.start, filter.period.end])?;
    let mut found = Vec::new();
    let mut skipped = 0;
    while let Some(row) = rows.next()? {
        if !filter.passes(reader, row)? {
            continue;
        }
        if skipped < page.offset {
            skipped += 1;
            continue;
        }
        found.push(row.get(0)?);
        if found.len() > page.limit {
            break;
        }
    }
    Ok(found)
}

/// The same by duration.
fn slowest(reader: &Reader, filter: &Filter, page: Page) -> Result<Vec<i64>, QueryError> {
    let sql = format!("SELECT {INDEXED} FROM traces WHERE start >= ? AND start < ?");
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([filter.period.start, filter.period.end])?;
    let most = page.offset + page.limit + 1;
    // Duration, start and number, which also orders traces that are equally long.
    let mut found: Vec<(u64, i64, i64)> = Vec::new();
    let mut least = 0;
    let shorten = |found: &mut Vec<(u64, i64, i64)>| {
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(most);
    };
    while let Some(row) = rows.next()? {
        let duration = duration(row)?;
        if duration < least || !filter.passes(reader, row)? {
            continue;
        }
        found.push((duration, row.get(1)?, row.get(0)?));
        if found.len() > 2 * most {
            shorten(&mut found);
            least = found.last().map_or(0, |(duration, ..)| *duration);
        }
    }
    shorten(&mut found);
    Ok(found
        .into_iter()
        .skip(page.offset)
        .map(|(.., id)| id)
        .collect())
}

/// The number and the id of a trace.
pub(super) type Numbered = (i64, [u8; 16]);

/// Traces that are looked at for one answer of [`in_order`], so that a filter that lets few through ends in time.
const MAX_LOOKED_AT: usize = 20_000;

/// The traces from the number `from` on that pass the filter, in the order of arrival, up to so many spans; and the number that the
/// next call begins with, if there are more.
pub(super) fn in_order(
    reader: &Reader,
    filter: &Filter,
    from: i64,
    spans: usize,
) -> Result<(Vec<Numbered>, Option<i64>), QueryError> {
    let sql = format!("SELECT {INDEXED}, trace_id, spans FROM traces WHERE id >= ? ORDER BY id");
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([from])?;
    let (mut found, mut found_spans, mut looked_at) = (Vec::new(), 0, 0);
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        if found_spans >= spans || looked_at >= MAX_LOOKED_AT {
            return Ok((found, Some(number)));
        }
        looked_at += 1;
        if filter.period.contains(row.get(1)?) && filter.passes(reader, row)? {
            found.push((number, row.get(7)?));
            found_spans += row.get::<_, usize>(8)?;
        }
    }
    Ok((found, None))
}

/// The summaries of some traces, in the order of their numbers in `ids`. One that was removed meanwhile is left out.
pub(crate) fn summaries(reader: &mut Reader, ids: &[i64]) -> Result<Vec<TraceSummary>, QueryError> {
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(found) = Found::load(reader, *id)? {
            items.push(found.summary(reader)?);
        }
    }
    Ok(items)
}

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
    let ends = "SELECT min(start), max(start) FROM traces WHERE start >= ? AND start < ?";
    let period = [filter.period.start, filter.period.end];
    let (first, last): (Option<i64>, Option<i64>) =
        reader
            .connection
            .query_row(ends, period, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
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
        last + 1
    } else {
        filter.period.end
    };
    // Whole milliseconds, so that the sum of the steps is the end.
    let step = ((end - start) as u64)
        .div_ceil(buckets as u64)
        .div_ceil(1_000_000)
        .max(1) as i64
        * 1_000_000;
    let starts = (0..buckets as i64).map(|index| start + index * step);
    let found = if filter.is_period_only() {
        let each = starts.map(|start| bucket(reader, start, (start + step).min(filter.period.end)));
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

/// All traces that start in a stretch of time, which SQLite sums up by itself.
fn bucket(reader: &Reader, start: i64, end: i64) -> Result<HistogramBucket, QueryError> {
    let mut statement = reader.connection.prepare_cached(
        "SELECT count(*), coalesce(sum(errors > 0), 0), coalesce(max(end - start), 0), coalesce(sum(stands_for - 1), 0.0) \
         FROM traces WHERE start >= ? AND start < ?",
    )?;
    let bucket = statement.query_row([start, end], |row| {
        Ok(HistogramBucket {
            count: row.get(0)?,
            errors: row.get(1)?,
            max_duration: row.get::<_, i64>(2)?.max(0) as u64,
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
    step: i64,
    buckets: &mut [HistogramBucket],
) -> Result<(), QueryError> {
    let sql = format!("SELECT {INDEXED}, stands_for FROM traces WHERE start >= ? AND start < ?");
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query([filter.period.start, filter.period.end])?;
    let mut left_out = vec![0.0; buckets.len()];
    while let Some(row) = rows.next()? {
        if !filter.passes(reader, row)? {
            continue;
        }
        let index = ((row.get::<_, i64>(1)? - start) / step) as usize;
        let Some(bucket) = buckets.get_mut(index) else {
            continue;
        };
        bucket.count += 1;
        bucket.errors += u64::from(row.get::<_, i64>(3)? > 0);
        bucket.max_duration = bucket.max_duration.max(duration(row)?);
        left_out[index] += row.get::<_, f64>(7)? - 1.0;
    }
    for (bucket, left_out) in buckets.iter_mut().zip(left_out) {
        bucket.left_out = f64::round(left_out) as u64;
    }
    Ok(())
}
