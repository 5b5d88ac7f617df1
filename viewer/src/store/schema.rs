//! The tables of a run, and how a file of an older version becomes one of this version.
//!
//! Spans are clustered by trace: the upper half of the key of a span is the number of its trace, the lower half comes from its
//! span id. Numbers of traces follow the order of arrival, so new spans go to the end of the table and the
//! oldest traces are at its beginning, where a range is removed without a search.
//!
//! What lists of traces are filtered by is a second time in blocks ([`super::blocks`]), and trace ids are indexed by stretches of numbers
//! ([`super::numbers`]).

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{Error, trace_row};

/// Brings a file to the next version.
type Migration = fn(&Transaction<'_>) -> Result<(), Error>;

/// Each brings a file from the version that is its index to the next one.
const MIGRATIONS: [Migration; 3] = [v1, v2, v3];

fn v1(transaction: &Transaction<'_>) -> Result<(), Error> {
    Ok(transaction.execute_batch(V1)?)
}

/// Blocks in place of a wide index, and trace ids by stretches in place of one index.
fn v2(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.execute_batch(V2)?;
    trace_row::make_blocks(transaction)
}

/// Errors by group and slot. An older version did not keep when they came, so all of a group are where the last one was.
fn v3(transaction: &Transaction<'_>) -> Result<(), Error> {
    Ok(transaction.execute_batch(V3)?)
}

const V1: &str = include_str!("schema/v1.sql");
const V2: &str = include_str!("schema/v2.sql");
const V3: &str = include_str!("schema/v3.sql");

/// Brings the file to the version of this program.
///
/// # Errors
/// [`Error::Newer`] if a newer program wrote the file; otherwise what SQLite says.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let version = version(connection)?;
    let Some(steps) = MIGRATIONS.get(version..) else {
        return Err(Error::Newer(version));
    };
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps {
        step(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    transaction.commit()?;
    Ok(())
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
