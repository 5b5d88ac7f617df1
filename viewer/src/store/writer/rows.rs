//! Rows of each signal.

use rusqlite::params;

use super::Writer;
use crate::{
    intake::{Batch, EncodedResource, LogRow, PointRow, SpanRow},
    store::{
        Error,
        intern::{GroupIds, OperationIds},
        rollup::{Call, Rollup, SLOT_NANOS},
        trace_row::TraceRow,
    },
};

/// Bits of the key of a span that come from its span id.
pub(crate) const SPAN_BITS: u32 = 32;

/// How often a row is tried again at the next key: as often as span ids of one trace agree in their lower half.
const MAX_PROBES: i64 = 64;

/// When spans of a file arrived: before any end, so that none is late.
const UNKNOWN_ARRIVAL: i64 = i64::MIN;

/// A span and its place in the store.
pub(super) struct Placed<'a> {
    /// The first key that is tried.
    key: i64,
    span: &'a SpanRow,
    is_from_file: bool,
    resource: &'a EncodedResource,
    rest: &'a [u8],
    ids: GroupIds,
    operation: OperationIds,
}

impl Writer {
    /// Stores one row, or places it if it is a span, and says about how many bytes it has.
    pub(super) fn write_row<'a>(
        &mut self,
        batch: &'a Batch,
        row: usize,
        ids: &[Option<GroupIds>],
        placed: &mut Vec<Placed<'a>>,
    ) -> Result<usize, Error> {
        if let Some(span) = batch.spans.get(row) {
            match ids[span.group] {
                Some(ids) => placed.push(self.place(batch, span, ids)?),
                None => self.state.rejected += 1,
            }
            return Ok(span.rest.len() + 80);
        }
        let row = row - batch.spans.len();
        if let Some(log) = batch.logs.get(row) {
            match ids[log.group] {
                Some(ids) => self.insert_log(batch, log, ids)?,
                None => self.state.rejected += 1,
            }
            // The words are kept a second time in the index.
            return Ok(log.rest.len() + 2 * log.body.as_ref().map_or(0, String::len) + 100);
        }
        let point = &batch.points[row - batch.logs.len()];
        let series = match ids[point.group] {
            Some(ids) => self.interned.series(&self.connection, ids, point)?,
            None => None,
        };
        match series {
            Some(series) => self.insert_point(series, point)?,
            None => self.state.rejected += 1,
        }
        Ok(point.rest.len() + 60)
    }

    fn place<'a>(
        &mut self,
        batch: &'a Batch,
        span: &'a SpanRow,
        ids: GroupIds,
    ) -> Result<Placed<'a>, Error> {
        let operation = self.interned.operation(&self.connection, batch, span)?;
        let trace = match self.traces.get(&span.trace_id) {
            Some(trace) => trace.id,
            None => self.load_trace(&span.trace_id)?,
        };
        Ok(Placed {
            key: span_key(trace, span.span_id),
            span,
            is_from_file: batch.is_from_file,
            resource: batch.resource(span.group),
            rest: batch.rest(span),
            ids,
            operation,
        })
    }

    /// Gets the summary of a trace into memory.
    fn load_trace(&mut self, trace_id: &[u8; 16]) -> Result<i64, Error> {
        let stored = match self.numbers.find(&self.connection, trace_id)? {
            Some(number) => TraceRow::load(&self.connection, number)?,
            None => None,
        };
        let trace = stored.unwrap_or_else(|| {
            self.state.traces += 1;
            self.next_trace += 1;
            self.numbers.add(trace_id, self.next_trace - 1);
            TraceRow::new(self.next_trace - 1)
        });
        let number = trace.id;
        self.traces.insert(*trace_id, trace);
        Ok(number)
    }

    /// Stores spans in the order of the table, so that SQLite appends rows instead of splitting pages.
    pub(super) fn insert_spans(
        &mut self,
        mut placed: Vec<Placed<'_>>,
        now: i64,
    ) -> Result<(), Error> {
        placed.sort_by_key(|placed| placed.key);
        let now = (now - self.state.started) / 1_000_000;
        for placed in placed {
            let arrived = if placed.is_from_file {
                UNKNOWN_ARRIVAL
            } else {
                now
            };
            if self.insert_span(&placed, arrived)? {
                self.add_to_sums(&placed)?;
            }
        }
        Ok(())
    }

    /// Stores a span, and says whether it is a new one.
    fn insert_span(&mut self, placed: &Placed<'_>, arrived: i64) -> Result<bool, Error> {
        let Placed {
            key,
            span,
            rest,
            ids,
            operation,
            ..
        } = placed;
        let mut named;
        let rest = if operation.is_other {
            // Fields of an encoded message may follow in any order.
            named = rest.to_vec();
            let name = opentelemetry_proto::tonic::trace::v1::Span {
                name: span.name.clone(),
                ..Default::default()
            };
            prost::Message::encode(&name, &mut named).expect("a vector grows");
            named.as_slice()
        } else {
            rest
        };
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?;
        let mut key = *key;
        for _ in 0..MAX_PROBES {
            let inserted = insert.execute(params![
                key,
                span.span_id,
                span.parent,
                operation.id,
                span.start,
                span.end,
                span.status,
                ids.resource,
                ids.scope,
                arrived,
                rest
            ])?;
            if inserted == 1 {
                return Ok(true);
            }
            let taken: i64 = self
                .connection
                .prepare_cached("SELECT span_id FROM spans WHERE id = ?")?
                .query_row([key], |row| row.get(0))?;
            if taken == span.span_id {
                // A sender that did not get the answer sends again.
                return Ok(false);
            }
            key = span_key(key >> SPAN_BITS, key + 1);
        }
        self.state.rejected += 1;
        Ok(false)
    }

    /// Adds a span to the sums.
    fn add_to_sums(&mut self, placed: &Placed<'_>) -> Result<(), Error> {
        let Placed {
            span,
            resource,
            operation,
            ..
        } = placed;
        let trace = self
            .traces
            .get_mut(&span.trace_id)
            .expect("placing a span gets its trace");
        trace.add(span, &resource.bits, operation.id, operation.facet);
        let trace = trace.id;
        self.changed.insert(trace);
        self.state.spans += 1;
        let call = Call {
            duration: span.duration(),
            is_error: span.error.is_some(),
            trace,
            span: span.span_id,
            request_bytes: span.request_bytes,
            response_bytes: span.response_bytes,
        };
        let slot = span.start.div_euclid(SLOT_NANOS);
        self.rollup_mut(slot, operation.id)?.add(&call);
        if let Some(error) = &span.error {
            self.state.errors += 1;
            let place = span.command.as_deref().unwrap_or(&span.name);
            self.errors.add(
                error,
                place,
                &resource.service,
                span.start,
                Some(&span.trace_id),
                Some(span.span_id),
            );
        }
        Ok(())
    }

    fn rollup_mut(&mut self, slot: i64, operation: i64) -> Result<&mut Rollup, Error> {
        if !self.rollups.contains_key(&(slot, operation)) {
            let mut statement = self
                .connection
                .prepare_cached("SELECT rollup FROM rollups WHERE slot = ? AND operation = ?")?;
            let mut rows = statement.query([slot, operation])?;
            let rollup = match rows.next()? {
                Some(row) => Rollup::decode(row.get_ref(0)?.as_blob().unwrap_or_default()),
                None => Rollup::default(),
            };
            self.rollups.insert((slot, operation), (rollup, false));
        }
        let (rollup, is_changed) = self
            .rollups
            .get_mut(&(slot, operation))
            .expect("it was just inserted");
        *is_changed = true;
        Ok(rollup)
    }

    fn insert_log(&mut self, batch: &Batch, log: &LogRow, ids: GroupIds) -> Result<(), Error> {
        let service = &batch.resource(log.group).service;
        self.connection
            .prepare_cached(
                "INSERT INTO logs (time, severity, resource, scope, trace_id, body, rest) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                log.time, log.severity, ids.resource, ids.scope, log.trace_id.as_ref().map(<[u8; 16]>::as_slice),
                log.body, log.rest
            ])?;
        let id = self.connection.last_insert_rowid();
        self.connection
            .prepare_cached("INSERT INTO log_words (rowid, body) VALUES (?, ?)")?
            .execute(params![id, log.body])?;
        self.state.logs += 1;
        if let Some(error) = &log.error {
            let place = if log.event_name.is_empty() {
                &batch.groups[log.group].scope_name
            } else {
                &log.event_name
            };
            let trace_id = log.trace_id.as_ref();
            self.errors
                .add(error, place, service, log.time, trace_id, log.span_id);
        }
        for loss in &log.losses {
            self.state.dropped_by_senders = self
                .state
                .dropped_by_senders
                .saturating_add(loss.count as u64);
            self.connection
                .prepare_cached(
                    "INSERT INTO losses (time, service, cause, count) VALUES (?, ?, ?, ?)",
                )?
                .execute(params![log.time, service, loss.cause, loss.count])?;
        }
        Ok(())
    }

    fn insert_point(&mut self, series: i64, point: &PointRow) -> Result<(), Error> {
        self.connection
            .prepare_cached("INSERT INTO points (series, time, rest) VALUES (?, ?, ?)")?
            .execute(params![series, point.time, point.rest])?;
        self.state.points += 1;
        Ok(())
    }
}

/// The key of a span: the number of its trace, and half of its id.
fn span_key(trace: i64, span_id: i64) -> i64 {
    trace << SPAN_BITS | i64::from(span_id as u32)
}
