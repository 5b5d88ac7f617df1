//! The summary row of a trace, kept in memory while spans of it come in.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Error, blocks,
    blocks::Entry,
    sketch::{read_varint, write_varint},
};
use crate::intake::{AttributeBits, SpanRow};

/// The most facets (service, command and window) that a summary has. A filter does not find a trace by one beyond.
const MAX_FACETS: usize = 1024;

/// Rows that [`make_blocks`] has in memory.
const MADE_AT_ONCE: usize = 8192;

const COLUMNS: &str =
    "id, start, end, spans, errors, operation, rooted, operations, attribute_bits, stands_for";

/// The summary of one trace.
pub(super) struct TraceRow {
    pub(super) id: i64,
    start: i64,
    end: i64,
    spans: i64,
    errors: i64,
    /// The operation that the trace is named after.
    operation: i64,
    /// Whether that is a root, and when it started.
    rooted: bool,
    named_start: i64,
    /// Encoded, as [`decode_facets`] reads them.
    facets: Vec<u8>,
    bits: AttributeBits,
    stands_for: f64,
    is_stored: bool,
    pub(super) is_changed: bool,
}

impl TraceRow {
    pub(super) fn new(id: i64) -> Self {
        Self {
            id,
            start: i64::MAX,
            end: i64::MIN,
            spans: 0,
            errors: 0,
            operation: 0,
            rooted: false,
            named_start: i64::MAX,
            facets: Vec::new(),
            bits: AttributeBits::default(),
            stands_for: 1.0,
            is_stored: false,
            is_changed: false,
        }
    }

    /// The summary with this number, which is stored.
    pub(super) fn load(connection: &Connection, number: i64) -> Result<Option<Self>, Error> {
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM traces WHERE id = ?"))?;
        Ok(statement.query_row([number], Self::read).optional()?)
    }

    /// Reads a row with [`COLUMNS`].
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let bits: Vec<u8> = row.get(8)?;
        Ok(Self {
            id: row.get(0)?,
            start: row.get(1)?,
            end: row.get(2)?,
            spans: row.get(3)?,
            errors: row.get(4)?,
            operation: row.get(5)?,
            rooted: row.get(6)?,
            named_start: row.get(1)?,
            facets: row.get(7)?,
            bits: AttributeBits::decode(&bits),
            stands_for: row.get(9)?,
            is_stored: true,
            is_changed: false,
        })
    }

    pub(super) fn add(
        &mut self,
        span: &SpanRow,
        resource_bits: &AttributeBits,
        operation: i64,
        facet: i64,
    ) {
        self.start = self.start.min(span.start);
        self.end = self.end.max(span.end).max(span.start);
        self.spans += 1;
        self.errors += i64::from(span.error.is_some());
        let is_root = span.parent == 0;
        if (is_root && !self.rooted) || (is_root == self.rooted && span.start < self.named_start) {
            self.operation = operation;
            self.rooted = is_root;
            self.named_start = span.start;
        }
        let is_known = decode_facets(&self.facets).any(|own| own == facet);
        if !is_known && decode_facets(&self.facets).count() < MAX_FACETS {
            write_varint(&mut self.facets, facet as u64);
        }
        self.bits.merge(&span.bits);
        self.bits.merge(resource_bits);
        self.stands_for = self.stands_for.max(span.stands_for);
        self.is_changed = true;
    }

    pub(super) fn save(
        &mut self,
        connection: &Connection,
        trace_id: &[u8; 16],
    ) -> Result<(), Error> {
        let end = self.shown_end();
        if self.is_stored {
            connection
                .prepare_cached(
                    "UPDATE traces SET start = ?, end = ?, spans = ?, errors = ?, operation = ?, rooted = ?, operations = ?, \
                     attribute_bits = ?, stands_for = ? WHERE id = ?",
                )?
                .execute(params![
                    self.start, end, self.spans, self.errors, self.operation, self.rooted, self.facets,
                    self.bits.encode(), self.stands_for, self.id
                ])?;
        } else {
            connection
                .prepare_cached("INSERT INTO traces VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
                .execute(params![
                    self.id,
                    trace_id.as_slice(),
                    self.start,
                    end,
                    self.spans,
                    self.errors,
                    self.operation,
                    self.rooted,
                    self.facets,
                    self.bits.encode(),
                    self.stands_for
                ])?;
        }
        self.is_stored = true;
        self.is_changed = false;
        Ok(())
    }

    /// The trace as its block has it.
    pub(super) fn entry(&self) -> Entry<'_> {
        Entry {
            number: self.id,
            start: self.start,
            duration: self.shown_end() - self.start,
            operation: self.operation,
            errors: self.errors as u64,
            stands_for: self.stands_for,
            bits: self.bits.folded(),
            facets: &self.facets,
        }
    }

    /// The end, near enough to the start to subtract that: times of senders without a clock are anywhere.
    fn shown_end(&self) -> i64 {
        self.end.min(self.start.saturating_add(i64::MAX))
    }
}

/// Makes the blocks of a file that has none.
pub(super) fn make_blocks(connection: &Connection) -> Result<(), Error> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM traces ORDER BY id"))?;
    let mut rows = statement.query_map([], TraceRow::read)?;
    loop {
        let traces = rows
            .by_ref()
            .take(MADE_AT_ONCE)
            .collect::<Result<Vec<_>, _>>()?;
        if traces.is_empty() {
            return Ok(());
        }
        let entries: Vec<Entry<'_>> = traces.iter().map(TraceRow::entry).collect();
        blocks::save(connection, &entries)?;
    }
}

pub(crate) fn decode_facets(mut bytes: &[u8]) -> impl Iterator<Item = i64> {
    std::iter::from_fn(move || read_varint(&mut bytes).map(|facet| facet as i64))
}
