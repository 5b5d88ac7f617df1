//! What the lists of traces are filtered and ordered by, for many traces in one row.
//!
//! A filter that lets few traces through has to look at all of them. Reading a block costs as much as one or
//! two rows. A block is skipped if its time range and longest duration exclude all of its traces.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Error,
    sketch::{read_varint, write_varint},
};
use crate::intake::FoldedBits;

/// Traces whose numbers differ in these bits only share a block. It is written anew whenever one of them grows: some ten kilobytes.
const BLOCK_BITS: u32 = 7;

/// What is known about the traces of a block without a look at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) id: i64,
    /// The earliest and the latest start, and the longest duration.
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) longest: i64,
}

/// One trace in a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Entry<'a> {
    pub(crate) number: i64,
    pub(crate) start: i64,
    pub(crate) duration: i64,
    /// The operation that the trace is named after.
    pub(crate) operation: i64,
    pub(crate) errors: u64,
    pub(crate) stands_for: f64,
    pub(crate) bits: FoldedBits,
    /// Encoded as in the row of the trace.
    pub(crate) facets: &'a [u8],
}

impl Block {
    /// All blocks, in the order of arrival.
    pub(crate) fn all(connection: &Connection) -> Result<Vec<Self>, Error> {
        let mut statement =
            connection.prepare_cached("SELECT id, first, last, longest FROM blocks ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            Ok(Self {
                id: row.get(0)?,
                first: row.get(1)?,
                last: row.get(2)?,
                longest: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The block of the trace with this number.
    pub(crate) fn of(number: i64) -> i64 {
        number >> BLOCK_BITS
    }
}

impl<'a> Entry<'a> {
    /// Appends the place in the block, numbers of a fixed size, and what has a length of its own.
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push((self.number & ((1 << BLOCK_BITS) - 1)) as u8);
        bytes.extend_from_slice(&self.start.to_le_bytes());
        bytes.extend_from_slice(&self.duration.to_le_bytes());
        bytes.extend_from_slice(&self.stands_for.to_le_bytes());
        bytes.extend_from_slice(&self.bits.encode());
        for number in [self.operation as u64, self.errors, self.facets.len() as u64] {
            write_varint(bytes, number);
        }
        bytes.extend_from_slice(self.facets);
    }

    /// Takes an entry off the front; `None` at the end or when it is damaged.
    fn decode(block: i64, bytes: &mut &'a [u8]) -> Option<Self> {
        let [place] = *take(bytes)?;
        Some(Self {
            number: block << BLOCK_BITS | i64::from(place),
            start: i64::from_le_bytes(*take(bytes)?),
            duration: i64::from_le_bytes(*take(bytes)?),
            stands_for: f64::from_le_bytes(*take(bytes)?),
            bits: FoldedBits::decode(take(bytes)?),
            operation: read_varint(bytes)? as i64,
            errors: read_varint(bytes)?,
            facets: {
                let length = read_varint(bytes)?;
                bytes.split_off(..usize::try_from(length).ok()?)?
            },
        })
    }
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    bytes.split_off(..N)?.try_into().ok()
}

/// The traces of a block by number.
pub(crate) fn entries(block: i64, mut bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || Entry::decode(block, &mut bytes))
}

/// Puts traces that have changed, by number, into their blocks.
pub(super) fn save(connection: &Connection, changed: &[Entry<'_>]) -> Result<(), Error> {
    for changed in changed.chunk_by(|a, b| Block::of(a.number) == Block::of(b.number)) {
        let id = Block::of(changed[0].number);
        let before = load(connection, id)?;
        let is_changed = |number| {
            changed
                .binary_search_by_key(&number, |entry| entry.number)
                .is_ok()
        };
        let mut all: Vec<Entry<'_>> = entries(id, &before)
            .filter(|entry| !is_changed(entry.number))
            .chain(changed.iter().copied())
            .collect();
        all.sort_unstable_by_key(|entry| entry.number);
        write(connection, id, &all)?;
    }
    Ok(())
}

/// Removes the traces up to this number.
pub(super) fn remove(connection: &Connection, last: i64) -> Result<(), Error> {
    let id = Block::of(last);
    connection.execute("DELETE FROM blocks WHERE id < ?", [id])?;
    let before = load(connection, id)?;
    let left: Vec<Entry<'_>> = entries(id, &before)
        .filter(|entry| entry.number > last)
        .collect();
    write(connection, id, &left)
}

fn load(connection: &Connection, id: i64) -> Result<Vec<u8>, Error> {
    let found = connection
        .prepare_cached("SELECT entries FROM blocks WHERE id = ?")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn write(connection: &Connection, id: i64, all: &[Entry<'_>]) -> Result<(), Error> {
    let starts = || all.iter().map(|entry| entry.start);
    let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
        connection
            .prepare_cached("DELETE FROM blocks WHERE id = ?")?
            .execute([id])?;
        return Ok(());
    };
    let longest = all.iter().map(|entry| entry.duration).max();
    let mut bytes = Vec::new();
    for entry in all {
        entry.encode(&mut bytes);
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?)")?
        .execute(params![id, first, last, longest, bytes])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::schema;

    fn entry(number: i64, start: i64, duration: i64) -> Entry<'static> {
        Entry {
            number,
            start,
            duration,
            operation: number % 300,
            errors: number as u64 % 2,
            stands_for: 1.5,
            bits: FoldedBits::default(),
            facets: &[1, 0x80, 2],
        }
    }

    fn file() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        connection
    }

    fn stored(connection: &Connection) -> Vec<(Block, Vec<i64>)> {
        let blocks = Block::all(connection).unwrap().into_iter();
        blocks
            .map(|block| {
                let bytes = load(connection, block.id).unwrap();
                let numbers = entries(block.id, &bytes).map(|entry| entry.number);
                (block, numbers.collect())
            })
            .collect()
    }

    #[test]
    fn a_block_says_what_its_traces_are_at_most() {
        let connection = file();
        save(
            &connection,
            &[entry(127, 50, 3), entry(128, 10, 9), entry(130, 20, 5)],
        )
        .unwrap();
        save(&connection, &[entry(128, 8, 11), entry(129, 30, 1)]).unwrap();
        let block = |id, first, last, longest| Block {
            id,
            first,
            last,
            longest,
        };
        assert_eq!(
            stored(&connection),
            [
                (block(0, 50, 50, 3), vec![127]),
                (block(1, 8, 30, 11), vec![128, 129, 130]),
            ]
        );
        remove(&connection, 128).unwrap();
        assert_eq!(stored(&connection), [(block(1, 20, 30, 5), vec![129, 130])]);
        remove(&connection, 130).unwrap();
        assert_eq!(stored(&connection), []);
    }

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(start in any::<i64>(), duration in 0..i64::MAX, operation in 0..i64::from(u32::MAX), facets in prop::collection::vec(any::<u8>(), 0..300)) {
            let written = Entry { operation, facets: &facets, ..entry(1 << 20, start, duration) };
            let mut bytes = Vec::new();
            written.encode(&mut bytes);
            let block = Block::of(written.number);
            prop_assert_eq!(entries(block, &bytes).collect::<Vec<_>>(), [written]);
            bytes.pop();
            prop_assert_eq!(entries(block, &bytes).count(), 0);
        }
    }
}
