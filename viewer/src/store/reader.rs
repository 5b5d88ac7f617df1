//! Reads runs. Connections to the current run are kept and used again; a query that takes too long is stopped.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{Error, folder::Folder, schema, state::State};

/// After this time a query is stopped, so that it cannot keep the write-ahead log from being emptied.
const DEADLINE: Duration = Duration::from_secs(5);

/// SQLite looks at the time after so many of its instructions, which is every millisecond or so.
const STEPS: i32 = 10_000;

/// Connections that are kept.
const MAX_IDLE: usize = 4;

/// Pages of a connection in memory, in KiB; negative as SQLite takes it.
const CACHE_KIB: i64 = -2 * 1024;

/// Idle connections to the current run. Those to other runs are closed after each call: there can be thousands of runs, the files of
/// each take three descriptors, and Windows removes no file that is open.
#[derive(Default)]
pub(crate) struct Readers(Mutex<Idle>);

#[derive(Default)]
struct Idle {
    run: String,
    readers: Vec<Reader>,
}

/// One connection that only reads, and what it has learned of the run.
pub(crate) struct Reader {
    pub(crate) connection: Connection,
    operations: Vec<Arc<Operation>>,
}

/// What spans of one kind have in common.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: i64,
    pub(crate) service: String,
    pub(crate) kind: i32,
    pub(crate) name: String,
    pub(crate) command: Option<String>,
    pub(crate) window: Option<String>,
    pub(crate) is_page: bool,
}

impl Readers {
    /// Calls `read` with a connection to the current run, which no other call has meanwhile.
    pub(crate) fn with<T>(
        &self,
        folder: &Folder,
        id: &str,
        read: impl FnOnce(&mut Reader) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = Some(self.lock())
            .filter(|idle| idle.run == id)
            .and_then(|mut idle| idle.readers.pop());
        let mut reader = match idle {
            Some(reader) => reader,
            None => Reader::open(folder, id)?,
        };
        let result = reader.ask(read);
        if reader.connection.is_autocommit() && !result.as_ref().is_err_and(Error::is_damage) {
            let mut idle = self.lock();
            if idle.run != id {
                *idle = Idle {
                    run: id.to_owned(),
                    readers: Vec::new(),
                };
            }
            if idle.readers.len() < MAX_IDLE {
                idle.readers.push(reader);
            }
        }
        result
    }

    /// Closes what is open of a run.
    pub(crate) fn forget(&self, id: &str) {
        let mut idle = self.lock();
        if idle.run == id {
            idle.readers.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn open(folder: &Folder, id: &str) -> Result<Self, Error> {
        // A run whose program was killed is recovered by the first that opens it, which takes the right to write.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(folder.database(id)?, flags)?;
        connection.busy_timeout(DEADLINE)?;
        if !schema::is_current(&connection)? {
            if folder.is_running(id) {
                return Err(Error::OlderWriter);
            }
            schema::migrate(&mut connection)?;
        }
        connection.execute_batch(&format!(
            "PRAGMA query_only = 1; PRAGMA cache_size = {CACHE_KIB}; PRAGMA temp_store = MEMORY;"
        ))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            connection,
            operations: Vec::new(),
        })
    }

    /// Calls `read` with a connection that is closed afterwards.
    pub(crate) fn once<T>(
        folder: &Folder,
        id: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Self::open(folder, id)?.ask(read)
    }

    fn ask<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let deadline = Instant::now() + DEADLINE;
        self.connection
            .progress_handler(STEPS, Some(move || Instant::now() > deadline))?;
        // One state of the run for all statements of an answer.
        self.connection.execute_batch("BEGIN")?;
        let result = read(self);
        // If it fails, the connection is still in the transaction, and is not used again.
        let _ = self.connection.execute_batch("ROLLBACK");
        result.map_err(|error| match error.code() {
            Some(ErrorCode::OperationInterrupted) => Error::TooSlow(DEADLINE.as_secs()),
            _ => error,
        })
    }

    pub(crate) fn state(&self) -> Result<State, Error> {
        State::load(&self.connection)
    }

    /// The operation with this number.
    pub(crate) fn operation(&mut self, id: i64) -> Result<Arc<Operation>, Error> {
        if self.operations.len() < id as usize {
            self.learn_operations()?;
        }
        let found = (id as usize)
            .checked_sub(1)
            .and_then(|index| self.operations.get(index));
        Ok(found.cloned().unwrap_or_else(|| {
            Arc::new(Operation {
                id,
                service: String::new(),
                kind: 0,
                name: String::new(),
                command: None,
                window: None,
                is_page: false,
            })
        }))
    }

    /// All operations, by number.
    pub(crate) fn operations(&mut self) -> Result<&[Arc<Operation>], Error> {
        self.learn_operations()?;
        Ok(&self.operations)
    }

    fn learn_operations(&mut self) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, service, kind, name, command, window, page FROM operations WHERE id > ? ORDER BY id",
        )?;
        let mut rows = statement.query([self.operations.len() as i64])?;
        while let Some(row) = rows.next()? {
            self.operations.push(Arc::new(Operation {
                id: row.get(0)?,
                service: row.get(1)?,
                kind: row.get(2)?,
                name: row.get(3)?,
                command: row.get(4)?,
                window: row.get(5)?,
                is_page: row.get(6)?,
            }));
        }
        Ok(())
    }
}
