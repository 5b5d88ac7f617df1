//! The tables of a run, and how a file of an older version becomes one of this version.
//!
//! Spans are clustered by trace: the upper half of the key of a span is the number of its trace, the lower half comes from its
//! span id. Numbers of traces follow the order of arrival, so new spans go to the end of the table and the
//! oldest traces are at its beginning, where a range is removed without a search.
//!
//! The index of the traces has all that a list is filtered by, attributes in short: a filter that lets few traces through looks at all of
//! them, and an entry of the index is a fourth of a row.

use rusqlite::{Connection, TransactionBehavior};

use super::Error;

/// Each entry brings a file from the version that is its index to the next one.
const MIGRATIONS: [&str; 1] = [V1];

const V1: &str = "
CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE resources (id INTEGER PRIMARY KEY, service TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE scopes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE operations (
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  command TEXT,
  window TEXT,
  page INTEGER NOT NULL
);
CREATE TABLE traces (
  id INTEGER PRIMARY KEY,
  trace_id BLOB NOT NULL UNIQUE,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  rooted INTEGER NOT NULL,
  operations BLOB NOT NULL,
  attribute_bits BLOB NOT NULL,
  folded_bits INTEGER NOT NULL,
  stands_for REAL NOT NULL
);
CREATE INDEX traces_by_start ON traces (start, end, errors, stands_for, operation, folded_bits, operations);
CREATE TABLE spans (
  id INTEGER PRIMARY KEY,
  span_id INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  status INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  rest BLOB NOT NULL
);
CREATE TABLE rollups (
  slot INTEGER NOT NULL,
  operation INTEGER NOT NULL,
  rollup BLOB NOT NULL,
  PRIMARY KEY (slot, operation)
) WITHOUT ROWID;
CREATE TABLE errors (
  id INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  place TEXT NOT NULL,
  service TEXT NOT NULL,
  count INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  message TEXT NOT NULL,
  stack TEXT,
  trace_id BLOB,
  span_id INTEGER
);
CREATE UNIQUE INDEX errors_by_group ON errors (type, place, service);
CREATE TABLE logs (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  trace_id BLOB,
  body TEXT,
  rest BLOB NOT NULL
);
CREATE INDEX logs_by_time ON logs (time);
CREATE INDEX logs_by_trace ON logs (trace_id) WHERE trace_id IS NOT NULL;
CREATE VIRTUAL TABLE log_words USING fts5 (body, content='', contentless_delete=1);
CREATE TABLE losses (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  service TEXT NOT NULL,
  cause TEXT NOT NULL,
  count INTEGER NOT NULL
);
CREATE TABLE metrics (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  bytes BLOB NOT NULL
);
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  metric INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  attributes BLOB NOT NULL
);
CREATE INDEX series_by_metric ON series (metric);
CREATE TABLE points (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,
  time INTEGER NOT NULL,
  rest BLOB NOT NULL
);
CREATE INDEX points_by_series ON points (series, time);
";

/// Brings the file to the version of this program.
///
/// # Errors
/// [`Error::Newer`] if a newer program wrote the file; otherwise what SQLite says.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    migrate_by(connection, &MIGRATIONS)
}

/// Whether the file has the version of this program.
pub(super) fn is_current(connection: &Connection) -> Result<bool, Error> {
    let version = version(connection)?;
    if version > MIGRATIONS.len() {
        return Err(Error::Newer(version));
    }
    Ok(version == MIGRATIONS.len())
}

fn version(connection: &Connection) -> Result<usize, Error> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn migrate_by(connection: &mut Connection, migrations: &[&str]) -> Result<(), Error> {
    let version = version(connection)?;
    let Some(steps) = migrations.get(version..) else {
        return Err(Error::Newer(version));
    };
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", migrations.len())?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: [&str; 2] = [V1, "ALTER TABLE losses ADD COLUMN signal TEXT"];

    #[test]
    fn an_older_file_is_brought_to_the_newest_version_with_its_content() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let insert =
            "INSERT INTO losses (time, service, cause, count) VALUES (1, 'app', 'queue_full', 2)";
        connection.execute(insert, []).unwrap();
        migrate_by(&mut connection, &NEXT).unwrap();
        let (count, signal): (i64, Option<String>) = connection
            .query_row("SELECT count, signal FROM losses", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        assert_eq!((count, signal), (2, None));
        assert_eq!(version(&connection).unwrap(), 2);
    }

    #[test]
    fn a_newer_file_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, &NEXT).unwrap();
        assert!(matches!(migrate(&mut connection), Err(Error::Newer(2))));
        assert!(matches!(is_current(&connection), Err(Error::Newer(2))));
    }
}
