//! The numbers of traces by their ids.
//!
//! Trace ids are random, so that in one index each new trace would touch a page of its own. The index is by stretches of numbers: the writer
//! touches the last one only, and a reader looks into each. The writer itself asks memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use rusqlite::{Connection, OptionalExtension, params};

use super::Error;

/// Numbers of a stretch differ in these bits only; the index `traces_by_id` has the same number.
const STRETCH_BITS: u32 = 13;

/// The number of a trace.
pub(crate) fn number_of(connection: &Connection, trace_id: &[u8]) -> Result<Option<i64>, Error> {
    let ends = "SELECT (SELECT min(id) FROM traces), (SELECT max(id) FROM traces)";
    let ends: (Option<i64>, Option<i64>) = connection
        .prepare_cached(ends)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((first, last)) = ends.0.zip(ends.1) else {
        return Ok(None);
    };
    let mut statement =
        connection.prepare_cached("SELECT id FROM traces WHERE id >> 13 = ? AND trace_id = ?")?;
    for stretch in (first >> STRETCH_BITS..=last >> STRETCH_BITS).rev() {
        let found = statement
            .query_row(params![stretch, trace_id], |row| row.get(0))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The traces that the writer knows, in some ten bytes each.
#[derive(Default)]
pub(super) struct Numbers {
    /// By a hash of the id, the last number with it.
    by_hash: HashMap<u32, u32>,
    hasher: RandomState,
}

impl Numbers {
    /// Reads what a file has.
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let mut own = Self::default();
        let mut statement = connection.prepare("SELECT trace_id, id FROM traces ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            own.add(&row.get(0)?, row.get(1)?);
        }
        Ok(own)
    }

    pub(super) fn add(&mut self, trace_id: &[u8; 16], number: i64) {
        self.by_hash.insert(self.hash(trace_id), number as u32);
    }

    /// The number of a trace that is stored.
    pub(super) fn find(
        &self,
        connection: &Connection,
        trace_id: &[u8; 16],
    ) -> Result<Option<i64>, Error> {
        let Some(number) = self.by_hash.get(&self.hash(trace_id)) else {
            return Ok(None);
        };
        let number = i64::from(*number);
        let own: Option<[u8; 16]> = connection
            .prepare_cached("SELECT trace_id FROM traces WHERE id = ?")?
            .query_row([number], |row| row.get(0))
            .optional()?;
        if own.as_ref() == Some(trace_id) {
            return Ok(Some(number));
        }
        // Another trace with the same hash.
        number_of(connection, trace_id)
    }

    /// Forgets the traces up to a number.
    pub(super) fn forget(&mut self, last: i64) {
        self.by_hash.retain(|_, number| i64::from(*number) > last);
    }

    fn hash(&self, trace_id: &[u8; 16]) -> u32 {
        self.hasher.hash_one(trace_id) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    fn file(traces: std::ops::Range<u32>) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        for number in traces {
            connection
                .execute(
                    "INSERT INTO traces VALUES (?, ?, 0, 0, 0, 0, 0, 0, x'', x'', 1)",
                    params![number, id(number)],
                )
                .unwrap();
        }
        connection
    }

    fn id(number: u32) -> [u8; 16] {
        u128::from(number).to_be_bytes()
    }

    #[test]
    fn a_trace_is_found_in_whichever_stretch_it_is_by_the_index() {
        let connection = file(8000..8400);
        for number in [8000, 8191, 8192, 8399] {
            assert_eq!(
                number_of(&connection, &id(number)).unwrap(),
                Some(number.into())
            );
        }
        assert_eq!(number_of(&connection, &id(1)).unwrap(), None);
        let plan: String = connection
            .query_row(
                "EXPLAIN QUERY PLAN SELECT id FROM traces WHERE id >> 13 = 1 AND trace_id = x'00'",
                [],
                |row| row.get(3),
            )
            .unwrap();
        assert!(plan.contains("traces_by_id"), "{plan}");
    }

    #[test]
    fn of_traces_with_one_hash_each_is_found() {
        let connection = file(1..4);
        let mut numbers = Numbers::load(&connection).unwrap();
        // As if the ids had the hash of the last one.
        for number in 1..4 {
            numbers.by_hash.insert(numbers.hash(&id(number)), 3);
            assert_eq!(
                numbers.find(&connection, &id(number)).unwrap(),
                Some(number.into())
            );
        }
        numbers.forget(3);
        assert_eq!(numbers.find(&connection, &id(3)).unwrap(), None);
    }
}
