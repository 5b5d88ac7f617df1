//! The questions of the page and of the tools, and their answers from one run.

mod attributes;
mod buckets;
mod clocks;
mod commands;
mod compare;
mod critical;
mod errors;
mod export;
mod fields;
mod filter;
mod gaps;
mod histogram;
mod invokes;
mod lanes;
mod logs;
mod map;
mod metrics;
mod params;
mod patterns;
mod points;
mod span;
mod span_rows;
mod stats;
mod status;
mod trace;
mod traces;
mod tree;

pub(crate) use commands::commands;
#[cfg(feature = "mcp")]
pub(crate) use compare::time as compare_time;
pub(crate) use compare::{compare, operations};
pub(crate) use errors::errors;
pub(crate) use export::{Cursor, export};
#[cfg(feature = "cli")]
pub(crate) use export::{FILTERS, FILTERS_OF_SOME};
pub(crate) use fields::fields;
pub(crate) use histogram::histogram;
pub(crate) use logs::logs;
#[cfg(feature = "cli")]
pub(crate) use logs::lowest;
pub(crate) use map::map;
pub(crate) use metrics::{catalogue, series};
pub(crate) use params::{Params, QueryError, hex, span_id, trace_id};
pub(crate) use patterns::patterns;
pub(crate) use span::span;
pub(crate) use status::{counts, status};
pub(crate) use trace::trace;
pub(crate) use traces::{summaries, traces};

/// `SPAN_KIND_SERVER` and its siblings as OTLP numbers them.
const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const CONSUMER: i32 = 5;

use rusqlite::Row;

use crate::api::Pagination;

/// Cuts `items`, of which there is one more than the page has if there is another page.
fn paginate<T>(items: &mut Vec<T>, page: params::Page) -> Pagination {
    let has_more = items.len() > page.limit;
    items.truncate(page.limit);
    Pagination {
        has_more,
        next_offset: has_more.then(|| (page.offset + page.limit) as u64),
    }
}

/// The blob in a column; empty where there is none.
fn blob<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a [u8], QueryError> {
    Ok(row.get_ref(index)?.as_blob().unwrap_or_default())
}
