//! What a trace has to be like.

use std::fmt::Write;

use rusqlite::Row;

use super::{
    blob,
    params::{Params, Period, QueryError},
};
use crate::{
    intake::{AttributeBits, as_text, folded_bits},
    store::{Operation, Reader, SPAN_BITS, decode_facets},
};

/// The columns that a filter reads, all of which the index of the traces has.
pub(super) const INDEXED: &str = "id, start, end - start, errors, operation, operations";

/// What a trace has to be like. SQLite compares the numbers; the rest is decided by [`Filter::passes`].
pub(super) struct Filter {
    pub(super) period: Period,
    /// What SQLite compares beside the start: conditions with one parameter each.
    conditions: Vec<(&'static str, i64)>,
    /// For each of service, command and window that is asked for: the operations that have it.
    facets: Vec<Operations>,
    /// The operations whose name has the text that is searched for.
    named: Option<Operations>,
    attributes: Vec<(String, String)>,
}

impl Filter {
    pub(super) fn new(reader: &mut Reader, params: &Params) -> Result<Self, QueryError> {
        let period = params.period()?;
        let mut conditions = Vec::new();
        let nanos = |duration: u64| i64::try_from(duration).unwrap_or(i64::MAX);
        if let Some(min) = params.duration("minDuration")? {
            conditions.push(("end - start >= ?", nanos(min)));
        }
        if let Some(max) = params.duration("maxDuration")? {
            conditions.push(("end - start <= ?", nanos(max)));
        }
        if let Some(error) = params.flag("error")? {
            conditions.push(("(errors > 0) = ?", error.into()));
        }
        let attributes = params.attributes()?;
        let wanted = attributes
            .iter()
            .fold(0, |bits, (key, value)| bits | folded_bits(key, value));
        if wanted != 0 {
            conditions.push(("? & ~folded_bits = 0", wanted as i64));
        }
        let operations = reader.operations()?;
        let mut facets = Vec::new();
        if let Some(service) = params.text("service") {
            facets.push(Operations::new(operations, |own| own.service == service));
        }
        if let Some(command) = params.text("command") {
            facets.push(Operations::new(operations, |own| {
                own.command.as_deref() == Some(command)
            }));
        }
        if let Some(window) = params.text("window") {
            facets.push(Operations::new(operations, |own| {
                own.window.as_deref() == Some(window)
            }));
        }
        let named = params.text("search").map(|search| {
            let search = search.to_lowercase();
            Operations::new(operations, |own| own.name.to_lowercase().contains(&search))
        });
        Ok(Self {
            period,
            conditions,
            facets,
            named,
            attributes,
        })
    }

    /// A statement that reads columns of the traces, without those that SQLite knows not to pass.
    pub(super) fn select(&self, columns: &str) -> String {
        let mut sql = format!("SELECT {columns} FROM traces WHERE start >= ? AND start < ?");
        for (condition, _) in &self.conditions {
            write!(sql, " AND {condition}").expect("a text grows");
        }
        sql
    }

    /// The parameters of [`Filter::select`] for the traces that start in a period.
    pub(super) fn values(&self, period: Period) -> impl Iterator<Item = i64> {
        let others = self.conditions.iter().map(|(_, value)| *value);
        [period.start, period.end].into_iter().chain(others)
    }

    /// The period without what is before the first and after the last trace in it; `None` without a trace.
    pub(super) fn starts(&self, reader: &Reader) -> Result<Option<Period>, QueryError> {
        // Two questions: one for both would read all starts.
        let ends = "SELECT (SELECT min(start) FROM traces WHERE start >= ?1 AND start < ?2), \
                    (SELECT max(start) FROM traces WHERE start >= ?1 AND start < ?2)";
        let ends: (Option<i64>, Option<i64>) = reader
            .connection
            .prepare_cached(ends)?
            .query_row([self.period.start, self.period.end], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(ends.0.zip(ends.1).map(|(first, last)| Period {
            start: first,
            end: last.saturating_add(1),
        }))
    }

    /// Whether SQLite alone can tell which traces pass.
    pub(super) fn is_numbers_only(&self) -> bool {
        self.facets.is_empty() && self.named.is_none() && self.attributes.is_empty()
    }

    /// Whether a trace that was selected passes. The row has [`INDEXED`] first.
    pub(super) fn passes(&self, reader: &Reader, row: &Row<'_>) -> Result<bool, QueryError> {
        if let Some(named) = &self.named
            && !named.has(row.get(4)?)
        {
            return Ok(false);
        }
        if !self.facets.is_empty() {
            let of_trace = blob(row, 5)?;
            let has = |wanted: &Operations| decode_facets(of_trace).any(|facet| wanted.has(facet));
            if !self.facets.iter().all(has) {
                return Ok(false);
            }
        }
        Ok(self.attributes.is_empty() || self.has_attributes(reader, row.get(0)?)?)
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

/// Some of the operations of a run: whether each is one of them, by its number.
struct Operations(Vec<bool>);

impl Operations {
    fn new(all: &[std::sync::Arc<Operation>], is: impl Fn(&Operation) -> bool) -> Self {
        // Numbers begin at one and have no holes.
        let known = all.iter().map(|operation| is(operation));
        Self([false].into_iter().chain(known).collect())
    }

    fn has(&self, number: i64) -> bool {
        self.0.get(number as usize).copied().unwrap_or_default()
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
