//! The list of traces.

use super::{
    blob,
    filter::{Filter, INDEXED},
    paginate,
    params::{Page, Params, QueryError, hex},
};
use crate::{
    api::{TraceSummary, TracesAnswer},
    store::{Reader, decode_facets, millis},
};

/// Commands of a trace that its summary names.
const MAX_COMMANDS: usize = 10;

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
            duration: row.get(2)?,
            errors: row.get(3)?,
            operation: row.get(4)?,
            facets: decode_facets(blob(row, 5)?).collect(),
            trace_id: row.get(6)?,
            spans: row.get(7)?,
            rooted: row.get(8)?,
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
    let sql = filter.select(INDEXED) + " ORDER BY start DESC";
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let mut rows = statement.query(rusqlite::params_from_iter(filter.values(filter.period)))?;
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

/// Parts of the period that [`slowest`] looks at one after the other.
const PARTS: i64 = 32;

/// The same by duration. What is found in the first parts of the period tells how long a trace of the others has to be, so that
/// SQLite passes over the rest of them.
fn slowest(reader: &Reader, filter: &Filter, page: Page) -> Result<Vec<i64>, QueryError> {
    let Some(period) = filter.starts(reader)? else {
        return Ok(Vec::new());
    };
    let sql = filter.select(INDEXED) + " AND end - start >= ?";
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let most = page.offset + page.limit + 1;
    // Duration, start and number, which also orders traces that are equally long.
    let mut found: Vec<(i64, i64, i64)> = Vec::new();
    let mut least = 0;
    for part in period.parts(PARTS) {
        let values = filter.values(part).chain([least]);
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if filter.passes(reader, row)? {
                found.push((row.get(2)?, row.get(1)?, row.get(0)?));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(most);
        if found.len() == most {
            least = found[most - 1].0;
        }
    }
    Ok(found
        .into_iter()
        .skip(page.offset)
        .map(|(.., id)| id)
        .collect())
}

/// The number and the id of a trace.
pub(super) type Numbered = (i64, [u8; 16]);

/// Traces that are looked at for one answer of [`in_order`], so that a filter that lets few through ends in time.
const MAX_LOOKED_AT: i64 = 20_000;

/// The traces from the number `from` on that pass the filter, in the order of arrival, up to so many spans; and the number that the
/// next call begins with, if there are more.
pub(super) fn in_order(
    reader: &Reader,
    filter: &Filter,
    from: i64,
    spans: usize,
) -> Result<(Vec<Numbered>, Option<i64>), QueryError> {
    let ends = "SELECT coalesce((SELECT min(id) FROM traces WHERE id >= ?1), 0), coalesce((SELECT max(id) FROM traces), 0)";
    let (first, last): (i64, i64) = reader
        .connection
        .prepare_cached(ends)?
        .query_row([from], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let until = first + MAX_LOOKED_AT;
    let columns = format!("{INDEXED}, trace_id, spans");
    let sql = filter.select(&columns) + " AND id >= ? AND id < ? ORDER BY id";
    let mut statement = reader.connection.prepare_cached(&sql)?;
    let values = filter.values(filter.period).chain([first, until]);
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let (mut found, mut found_spans) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        if found_spans >= spans {
            return Ok((found, Some(number)));
        }
        if filter.passes(reader, row)? {
            found.push((number, row.get(6)?));
            found_spans += row.get::<_, usize>(7)?;
        }
    }
    Ok((found, (until <= last).then_some(until)))
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
