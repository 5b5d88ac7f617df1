//! SQLite, with a span for each statement.
//!
//! <https://opentelemetry.io/docs/specs/semconv/db/sqlite/>

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Result};
use tracing::{Span, field::Empty, info_span};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, public_key TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, recipient TEXT NOT NULL, envelope TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS waiting ON messages (recipient);
    CREATE TABLE IF NOT EXISTS blobs (id TEXT PRIMARY KEY, content BLOB NOT NULL);
";

/// A statement: what it does, to which table, and its text, which holds no values.
#[derive(Clone, Copy)]
pub struct Statement {
    /// `SELECT`, `INSERT`, …
    pub operation: &'static str,
    /// The table.
    pub table: &'static str,
    /// The SQL, with parameters.
    pub sql: &'static str,
}

/// The database of the server.
#[derive(Clone)]
pub struct Database(Arc<Mutex<Connection>>);

impl Database {
    /// Opens a file, or `:memory:`.
    pub fn open(file: &str) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(TABLES)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs a statement in a span, on a thread that may block.
    pub async fn run<T: Send + 'static>(
        &self,
        statement: Statement,
        work: impl FnOnce(&Connection, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let span = start(statement);
        let connection = self.0.clone();
        let work = move || {
            let _entered = span.enter();
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&connection, statement.sql).inspect_err(|error| fail(&span, error))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

fn start(statement: Statement) -> Span {
    let Statement {
        operation,
        table,
        sql,
    } = statement;
    info_span!(
        "statement",
        otel.name = %format_args!("{operation} {table}"),
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "sqlite",
        db.operation.name = operation,
        db.collection.name = table,
        db.query.text = sql,
        db.response.status_code = Empty,
        "error.type" = Empty,
    )
}

fn fail(span: &Span, error: &rusqlite::Error) {
    let code = error
        .sqlite_error()
        .map_or("_OTHER".to_owned(), |error| error.extended_code.to_string());
    span.record("db.response.status_code", &code);
    span.record("error.type", &code);
    span.record("otel.status_code", "ERROR");
}
