//! Writes one run. There is one writer for each file, and it is on one thread.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use super::{
    Error,
    errors::ErrorGroups,
    folder::{Folder, RunLock},
    intern::{GroupIds, Interned},
    rollup::{Call, Rollup, SLOT_NANOS},
    room::Room,
    schema,
    state::State,
    trace_row::TraceRow,
};
use crate::intake::{Batch, LogRow, PointRow, SpanRow};

/// Rows of one transaction at most: a reader that begins meanwhile sees the run as it was before.
const MAX_ROWS: usize = 8192;

/// Summaries of traces and roll-ups that are kept in memory; some ten megabytes.
const MAX_CACHED: usize = 20_000;

/// Bits of the key of a span that come from its span id.
pub(crate) const SPAN_BITS: u32 = 32;

/// How often a row is tried again at the next key: as often as span ids of one trace agree in their lower half.
const MAX_PROBES: i64 = 64;

/// Bytes of the pages that the writer keeps in memory, as SQLite takes them: negative, in KiB.
const CACHE_KIB: i64 = -32 * 1024;

/// Writes one run.
pub(crate) struct Writer {
    connection: Connection,
    folder: Folder,
    id: String,
    room: Room,
    pub(super) state: State,
    interned: Interned,
    traces: HashMap<[u8; 16], TraceRow>,
    rollups: HashMap<(i64, i64), (Rollup, bool)>,
    errors: ErrorGroups,
    next_trace: i64,
    /// Traces that have grown since the last call of `changed`.
    changed: HashSet<i64>,
    /// Dropped last: the connection goes first.
    _lock: RunLock,
}

/// A place in a list of batches.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Cursor {
    batch: usize,
    row: usize,
}

impl Writer {
    /// Makes the file of a new run.
    pub(crate) fn create(folder: &Folder, limit: u64, name: &str, now: i64) -> Result<Self, Error> {
        let id = Folder::new_id();
        let room = Room::new(folder.clone(), &id, limit)?;
        let lock = folder.create_run(&id)?;
        let path = folder.database(&id)?;
        let mut connection = Connection::open(&path)?;
        // In WAL mode NORMAL loses nothing when the program dies; a power cut may take the last transactions.
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = {CACHE_KIB}; PRAGMA temp_store = MEMORY;"
        ))?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection)?;
        let state = State {
            started: now,
            touched: now,
            name: name.to_owned(),
            ..State::default()
        };
        state.save(&connection)?;
        let mut writer = Self {
            interned: Interned::load(&connection)?,
            errors: ErrorGroups::default(),
            connection,
            folder: folder.clone(),
            id,
            room,
            state,
            traces: HashMap::new(),
            rollups: HashMap::new(),
            next_trace: 1,
            changed: HashSet::new(),
            _lock: lock,
        };
        writer
            .room
            .make(&mut writer.connection, &mut writer.state, 0)?;
        Ok(writer)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The numbers of the traces that have grown since the last call.
    pub(crate) fn changed(&mut self) -> Vec<i64> {
        self.changed.drain().collect()
    }

    /// Stores the rows of all batches. What cannot be stored is counted.
    ///
    /// # Errors
    /// If the file is damaged, so that no more can be stored. Everything else is counted and said to the messages.
    pub(crate) fn write(
        &mut self,
        batches: &[Batch],
        now: i64,
        messages: &mut Vec<String>,
    ) -> Result<(), Error> {
        let end = Cursor {
            batch: batches.len(),
            row: 0,
        };
        let mut at = next(batches, Cursor::default());
        let mut tried = false;
        while at != end {
            match self.transaction(batches, at, now) {
                Ok(next) => {
                    at = next;
                    tried = false;
                }
                Err(error) if error.is_damage() => return Err(error),
                Err(error) => {
                    self.reload()?;
                    let room = if error.is_full() && !tried {
                        self.room.force(&mut self.connection, &mut self.state)
                    } else {
                        Err(error)
                    };
                    tried = true;
                    if let Err(error) = room {
                        let lost = rows_from(batches, at);
                        self.state.unwritten += lost;
                        messages.push(format!("{lost} items could not be stored: {error}"));
                        self.reload()?;
                        return Ok(());
                    }
                    self.reload()?;
                }
            }
        }
        Ok(())
    }

    /// Forgets what a failed transaction left in memory.
    fn reload(&mut self) -> Result<(), Error> {
        let unwritten = self.state.unwritten;
        self.state = State::load(&self.connection)?;
        self.state.unwritten = self.state.unwritten.max(unwritten);
        self.interned = Interned::load(&self.connection)?;
        self.errors = ErrorGroups::load(&self.connection)?;
        self.traces.clear();
        self.rollups.clear();
        let last = "SELECT coalesce(max(id), 0) FROM traces";
        let last: i64 = self.connection.query_row(last, [], |row| row.get(0))?;
        self.next_trace = self.next_trace.max(last + 1);
        Ok(())
    }

    /// Stores rows from `at` on, as many as fit one transaction, and says where the next begins.
    fn transaction(
        &mut self,
        batches: &[Batch],
        mut at: Cursor,
        now: i64,
    ) -> Result<Cursor, Error> {
        self.room.make(
            &mut self.connection,
            &mut self.state,
            self.room.transaction_bytes(),
        )?;
        self.traces
            .retain(|_, trace| trace.id > self.room.pruned_to());
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let result = self.rows(batches, &mut at, now).and_then(|()| {
            self.save(now)?;
            Ok(self.connection.execute_batch("COMMIT")?)
        });
        if let Err(error) = result {
            // After some errors SQLite has already rolled back.
            let _ = self.connection.execute_batch("ROLLBACK");
            return Err(error);
        }
        self.room.checkpoint(&self.connection)?;
        if self.traces.len() > MAX_CACHED {
            self.traces.clear();
        }
        if self.rollups.len() > MAX_CACHED {
            self.rollups.clear();
        }
        Ok(at)
    }

    fn rows(&mut self, batches: &[Batch], at: &mut Cursor, now: i64) -> Result<(), Error> {
        let mut rows = 0;
        let mut bytes = 0;
        while let Some(batch) = batches.get(at.batch) {
            let groups = batch.groups.iter();
            let ids = groups
                .map(|group| self.interned.group(&self.connection, group))
                .collect::<Result<Vec<_>, _>>()?;
            if self.state.name.is_empty()
                && let Some(group) = batch.groups.first()
            {
                self.state.name.clone_from(&group.service);
            }
            while at.row < batch.rows() {
                if rows >= MAX_ROWS || bytes >= self.room.transaction_bytes() {
                    return Ok(());
                }
                bytes += self.row(batch, at.row, &ids, now)? as u64;
                rows += 1;
                at.row += 1;
            }
            *at = next(batches, *at);
        }
        Ok(())
    }

    /// Stores one row, and says about how many bytes it has.
    fn row(
        &mut self,
        batch: &Batch,
        row: usize,
        ids: &[Option<GroupIds>],
        now: i64,
    ) -> Result<usize, Error> {
        if let Some(span) = batch.spans.get(row) {
            match ids[span.group] {
                Some(ids) => self.span(batch, span, ids, now)?,
                None => self.state.rejected += 1,
            }
            return Ok(span.rest.len() + 80);
        }
        let row = row - batch.spans.len();
        if let Some(log) = batch.logs.get(row) {
            match ids[log.group] {
                Some(ids) => self.log(batch, log, ids)?,
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
            Some(series) => self.point(series, point)?,
            None => self.state.rejected += 1,
        }
        Ok(point.rest.len() + 60)
    }

    fn span(
        &mut self,
        batch: &Batch,
        span: &SpanRow,
        ids: GroupIds,
        now: i64,
    ) -> Result<(), Error> {
        let operation = self.interned.operation(&self.connection, batch, span)?;
        if !self.traces.contains_key(&span.trace_id) {
            let loaded = TraceRow::load(&self.connection, &span.trace_id)?;
            let trace = loaded.unwrap_or_else(|| {
                self.state.traces += 1;
                self.next_trace += 1;
                TraceRow::new(self.next_trace - 1)
            });
            self.traces.insert(span.trace_id, trace);
        }
        let trace = self
            .traces
            .get_mut(&span.trace_id)
            .expect("it was just inserted");
        let arrived = (now - self.state.started) / 1_000_000;
        let mut named;
        let rest = if operation.is_other {
            // Fields of an encoded message may follow in any order.
            named = span.rest.clone();
            let name = opentelemetry_proto::tonic::trace::v1::Span {
                name: span.name.clone(),
                ..Default::default()
            };
            prost::Message::encode(&name, &mut named).expect("a vector grows");
            &named
        } else {
            &span.rest
        };
        let mut key = span_key(trace.id, span.span_id);
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?;
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
                break;
            }
            let taken: i64 = self
                .connection
                .prepare_cached("SELECT span_id FROM spans WHERE id = ?")?
                .query_row([key], |row| row.get(0))?;
            if taken == span.span_id {
                // A sender that did not get the answer sends again.
                return Ok(());
            }
            key = span_key(trace.id, key + 1);
        }
        drop(insert);
        trace.add(
            span,
            &batch.groups[span.group].bits,
            operation.id,
            operation.facet,
        );
        self.changed.insert(trace.id);
        self.state.spans += 1;
        let call = Call {
            duration: span.duration(),
            is_error: span.error.is_some(),
            trace: trace.id,
            span: span.span_id,
            request_bytes: span.request_bytes,
            response_bytes: span.response_bytes,
        };
        let slot = span.start.div_euclid(SLOT_NANOS);
        self.rollup(slot, operation.id)?.add(&call);
        if let Some(error) = &span.error {
            self.state.errors += 1;
            let place = span.command.as_deref().unwrap_or(&span.name);
            let service = &batch.groups[span.group].service;
            self.errors.add(
                error,
                place,
                service,
                span.start,
                Some(&span.trace_id),
                Some(span.span_id),
            );
        }
        Ok(())
    }

    fn rollup(&mut self, slot: i64, operation: i64) -> Result<&mut Rollup, Error> {
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

    fn log(&mut self, batch: &Batch, log: &LogRow, ids: GroupIds) -> Result<(), Error> {
        let group = &batch.groups[log.group];
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
                &group.scope_name
            } else {
                &log.event_name
            };
            let trace_id = log.trace_id.as_ref();
            self.errors.add(
                error,
                place,
                &group.service,
                log.time,
                trace_id,
                log.span_id,
            );
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
                .execute(params![log.time, group.service, loss.cause, loss.count])?;
        }
        Ok(())
    }

    fn point(&mut self, series: i64, point: &PointRow) -> Result<(), Error> {
        self.connection
            .prepare_cached("INSERT INTO points (series, time, rest) VALUES (?, ?, ?)")?
            .execute(params![series, point.time, point.rest])?;
        self.state.points += 1;
        Ok(())
    }

    /// Writes what was summed up in memory.
    fn save(&mut self, now: i64) -> Result<(), Error> {
        for (trace_id, trace) in &mut self.traces {
            if trace.is_changed {
                trace.save(&self.connection, trace_id)?;
            }
        }
        for ((slot, operation), (rollup, is_changed)) in &mut self.rollups {
            if std::mem::take(is_changed) {
                self.connection
                    .prepare_cached("INSERT OR REPLACE INTO rollups VALUES (?, ?, ?)")?
                    .execute(params![slot, operation, rollup.encode()])?;
            }
        }
        self.errors.save(&self.connection)?;
        self.state.touched = now;
        self.state.save(&self.connection)
    }

    /// Ends the run: its file is complete without a write-ahead log.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(())
    }

    /// Gives the run another name.
    pub(crate) fn rename(&mut self, name: String) -> Result<(), Error> {
        self.state.name = name;
        self.state.save(&self.connection)
    }

    /// Sets the damaged file aside.
    pub(crate) fn set_aside(self) -> Result<std::path::PathBuf, Error> {
        let Self {
            connection,
            folder,
            id,
            _lock,
            ..
        } = self;
        drop(connection);
        folder.set_aside(&id)
    }
}

/// The key of a span: the number of its trace, and half of its id.
fn span_key(trace: i64, span_id: i64) -> i64 {
    trace << SPAN_BITS | i64::from(span_id as u32)
}

/// The first row from `at` on.
fn next(batches: &[Batch], mut at: Cursor) -> Cursor {
    while batches
        .get(at.batch)
        .is_some_and(|batch| at.row >= batch.rows())
    {
        at = Cursor {
            batch: at.batch + 1,
            row: 0,
        };
    }
    at
}

fn rows_from(batches: &[Batch], at: Cursor) -> u64 {
    let rows: usize = batches.iter().skip(at.batch).map(Batch::rows).sum();
    (rows - at.row) as u64
}
