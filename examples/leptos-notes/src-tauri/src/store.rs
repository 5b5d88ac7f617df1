//! The notes, in a database in memory. Each statement is a span by the conventions for databases.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Result};
use serde::Serialize;
use spankit::db::{Db, DbEnd};

const SCHEMA: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
const LIST: &str = "SELECT id, text FROM notes ORDER BY id";
const ADD: &str = "INSERT INTO notes (text) VALUES (?)";

/// A note as the page gets it.
#[derive(Serialize)]
pub struct Note {
    id: i64,
    text: String,
}

/// All notes.
pub struct Store(Mutex<Connection>);

impl Store {
    pub fn open() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute(SCHEMA, ())?;
        Ok(Self(Mutex::new(connection)))
    }

    pub fn list(&self) -> Result<Vec<Note>> {
        Db::new("sqlite", "SELECT", "notes")
            .query_text(LIST)
            .run_blocking(
                || {
                    let connection = self.connection();
                    let mut statement = connection.prepare(LIST)?;
                    let rows = statement.query_map((), |row| {
                        let (id, text) = (row.get(0)?, row.get(1)?);
                        Ok(Note { id, text })
                    })?;
                    rows.collect()
                },
                |notes: &Vec<Note>| DbEnd::new().returned_rows(notes.len() as u64),
            )
    }

    pub fn add(&self, text: String) -> Result<Note> {
        let id = Db::new("sqlite", "INSERT", "notes")
            .query_text(ADD)
            .run_blocking(
                || {
                    let connection = self.connection();
                    connection.execute(ADD, [&text])?;
                    Ok::<_, rusqlite::Error>(connection.last_insert_rowid())
                },
                |_| DbEnd::new().affected_rows(1),
            )?;
        Ok(Note { id, text })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic leaves no statement half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
