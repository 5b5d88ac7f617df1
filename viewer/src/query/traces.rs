//! The list of traces.

use std::{cmp::Reverse, collections::BinaryHeap, ops::ControlFlow};

use super::{
    blob,
    filter::Filter,
    paginate,
    params::{Page, Params, QueryError, hex},
};
use crate::{
    api::{TraceSummary, TracesAnswer},
    store::{Block, Entry, Reader, decode_facets, millis},
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
        let mut statement = reader.connection.prepare_cached(
            "SELECT trace_id, start, end - start, spans, errors, operation, rooted, operations FROM traces WHERE id = ?",
        )?;
        let mut rows = statement.query([trace])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            trace_id: row.get(0)?,
            start: row.get(1)?,
            duration: row.get(2)?,
            spans: row.get(3)?,
            errors: row.get(4)?,
            operation: row.get(5)?,
            rooted: row.get(6)?,
            facets: decode_facets(blob(row, 7)?).collect(),
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
    let order = match params.text("sort") {
        None | Some("newest") => Order::Newest,
        Some("slowest") => Order::Slowest,
        Some(other) => {
            return Err(QueryError::field(
                "sort",
                format!("{other:?} is neither newest nor slowest"),
            ));
        }
    };
    let found = first(reader, &filter, order, page)?;
    let mut items = summaries(reader, &found)?;
    let pagination = paginate(&mut items, page);
    Ok(TracesAnswer { items, pagination })
}

/// Which traces come first. Of equal ones those that arrived later.
#[derive(Clone, Copy)]
pub(super) enum Order {
    Newest,
    Slowest,
}

impl Order {
    fn of_trace(self, trace: &Entry<'_>) -> i64 {
        match self {
            Self::Newest => trace.start,
            Self::Slowest => trace.duration,
        }
    }

    /// The largest sort key in the block.
    fn of_block(self, block: &Block) -> i64 {
        match self {
            Self::Newest => block.last,
            Self::Slowest => block.longest,
        }
    }
}

/// The numbers of the traces of a page, and of one more if there is another page. Blocks come in the same order, so that the rest of them
/// is not read once the page is full of traces that are before all of theirs.
pub(super) fn first(
    reader: &Reader,
    filter: &Filter,
    order: Order,
    page: Page,
) -> Result<Vec<i64>, QueryError> {
    let most = page.offset.saturating_add(page.limit).saturating_add(1);
    let mut blocks = filter.blocks(reader)?;
    blocks.sort_unstable_by_key(|block| Reverse((order.of_block(block), block.id)));
    // The last of the page on top.
    let mut found = BinaryHeap::new();
    for block in blocks {
        let is_full = found.len() == most;
        let last = found.peek();
        if is_full
            && last.is_some_and(|Reverse((last, number))| {
                (order.of_block(&block), block.id) < (*last, Block::of(*number))
            })
        {
            break;
        }
        let _ = filter.visit(reader, &block, |trace| {
            found.push(Reverse((order.of_trace(trace), trace.number)));
            if found.len() > most {
                found.pop();
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let sorted = found.into_sorted_vec().into_iter();
    Ok(sorted
        .skip(page.offset)
        .map(|Reverse((_, number))| number)
        .collect())
}

/// The number and the id of a trace.
pub(super) type Numbered = (i64, [u8; 16]);

/// The traces from the number `from` on that pass the filter, in the order of arrival, up to so many spans; and the number that the
/// next call begins with, if there are more.
pub(super) fn in_order(
    reader: &Reader,
    filter: &Filter,
    from: i64,
    spans: usize,
) -> Result<(Vec<Numbered>, Option<i64>), QueryError> {
    let (mut found, mut found_spans) = (Vec::new(), 0);
    let mut row = reader
        .connection
        .prepare_cached("SELECT trace_id, spans FROM traces WHERE id = ?")?;
    let mut next = None;
    for block in filter.blocks(reader)? {
        if block.id < Block::of(from) {
            continue;
        }
        let visited = filter.visit(reader, &block, |trace| {
            if trace.number < from {
                return Ok(ControlFlow::Continue(()));
            }
            if found_spans >= spans {
                next = Some(trace.number);
                return Ok(ControlFlow::Break(()));
            }
            let (id, spans): (_, usize) =
                row.query_row([trace.number], |row| Ok((row.get(0)?, row.get(1)?)))?;
            found.push((trace.number, id));
            found_spans += spans;
            Ok(ControlFlow::Continue(()))
        })?;
        if visited.is_break() {
            break;
        }
    }
    Ok((found, next))
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
