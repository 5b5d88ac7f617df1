//! Writes one run. There is one writer for each file, and it is on one thread.

mod rows;

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use super::{
    Error, blocks,
    blocks::Entry,
    errors::ErrorGroups,
    folder::{Folder, RunLock},
    intern::Interned,
    numbers::Numbers,
    queue::MAX_ROWS,
    rollup::Rollup,
    room::Room,
    schema,
    state::State,
    trace_row::TraceRow,
};
use crate::intake::Batch;

pub(crate) use rows::SPAN_BITS;

/// Summaries of traces that are kept in memory, some 300 bytes each: more than are open at once.
const MAX_TRACES: usize = 8192;

/// Roll-ups that are kept in memory, some kilobytes each: those of a few slots.
const MAX_ROLLUPS: usize = 2048;

/// Bytes of the pages that the writer keeps in memory, as SQLite takes them: negative, in KiB.
const CACHE_KIB: i64 = -16 * 1024;

/// Writes one run.
pub(crate) struct Writer {
    connection: Connection,
    folder: Folder,
    id: String,
    room: Room,
    pub(super) state: State,
    interned: Interned,
    traces: HashMap<[u8; 16], TraceRow>,
    numbers: Numbers,
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
            numbers: Numbers::default(),
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
    /// If no more can be stored in the file, such as when it is damaged. Everything else is counted and said to the messages.
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
        self.numbers = Numbers::load(&self.connection)?;
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
        let pruned_before = self.room.pruned_to();
        self.room.make(
            &mut self.connection,
            &mut self.state,
            self.room.transaction_bytes(),
        )?;
        if self.room.pruned_to() > pruned_before {
            self.traces
                .retain(|_, trace| trace.id > self.room.pruned_to());
            self.numbers.forget(self.room.pruned_to());
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let result = self.write_rows(batches, &mut at, now).and_then(|()| {
            self.save(now)?;
            Ok(self.connection.execute_batch("COMMIT")?)
        });
        if let Err(error) = result {
            // After some errors SQLite has already rolled back.
            let _ = self.connection.execute_batch("ROLLBACK");
            return Err(error);
        }
        // What is stored stays so, and must not be stored again. The next transaction tries it again.
        let _ = self.room.checkpoint(&self.connection);
        if self.traces.len() > MAX_TRACES {
            self.traces.clear();
        }
        if self.rollups.len() > MAX_ROLLUPS {
            self.rollups.clear();
        }
        Ok(at)
    }

    fn write_rows(&mut self, batches: &[Batch], at: &mut Cursor, now: i64) -> Result<(), Error> {
        let mut rows = 0;
        let mut bytes = 0;
        let mut placed = Vec::new();
        'batches: while let Some(batch) = batches.get(at.batch) {
            let ids = self.interned.groups(&self.connection, batch)?;
            if self.state.name.is_empty()
                && let Some(resource) = batch.resources.first()
            {
                self.state.name.clone_from(&resource.service);
            }
            while at.row < batch.rows() {
                if rows >= MAX_ROWS || bytes >= self.room.transaction_bytes() {
                    break 'batches;
                }
                bytes += self.write_row(batch, at.row, &ids, &mut placed)? as u64;
                rows += 1;
                at.row += 1;
            }
            *at = next(batches, *at);
        }
        self.insert_spans(placed, now)
    }

    /// Writes what was summed up in memory.
    fn save(&mut self, now: i64) -> Result<(), Error> {
        let traces = self.traces.iter_mut();
        let mut changed: Vec<_> = traces.filter(|(_, trace)| trace.is_changed).collect();
        // In the order of the table, so that SQLite appends new rows instead of splitting pages.
        changed.sort_unstable_by_key(|(_, trace)| trace.id);
        for (trace_id, trace) in &mut changed {
            trace.save(&self.connection, trace_id)?;
        }
        let entries: Vec<Entry<'_>> = changed.iter().map(|(_, trace)| trace.entry()).collect();
        blocks::save(&self.connection, &entries)?;
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
