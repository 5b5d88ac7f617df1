//! Errors by type and place.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};

use super::{Error, SLOT_NANOS};
use crate::intake::ErrorFact;

/// The most groups of a run. Errors of further groups are still in their spans and records.
const MAX_GROUPS: usize = 10_000;

type Key = (String, String, String);

#[derive(Default)]
pub(super) struct ErrorGroups(HashMap<Key, Group>);

struct Group {
    first: i64,
    last: i64,
    /// The newest error, if it came since the last save.
    newest: Option<Newest>,
    /// How many came since the last save, by slot.
    added: BTreeMap<i64, i64>,
}

struct Newest {
    message: String,
    stack: Option<String>,
    trace_id: Option<[u8; 16]>,
    span_id: Option<i64>,
}

impl ErrorGroups {
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let mut statement =
            connection.prepare("SELECT type, place, service, first, last FROM errors")?;
        let mut rows = statement.query([])?;
        let mut groups = HashMap::new();
        while let Some(row) = rows.next()? {
            let key = (row.get(0)?, row.get(1)?, row.get(2)?);
            let group = Group {
                first: row.get(3)?,
                last: row.get(4)?,
                newest: None,
                added: BTreeMap::new(),
            };
            groups.insert(key, group);
        }
        Ok(Self(groups))
    }

    pub(super) fn add(
        &mut self,
        error: &ErrorFact,
        place: &str,
        service: &str,
        time: i64,
        trace_id: Option<&[u8; 16]>,
        span_id: Option<i64>,
    ) {
        let key = (
            error.error_type.clone(),
            place.to_owned(),
            service.to_owned(),
        );
        if self.0.len() >= MAX_GROUPS && !self.0.contains_key(&key) {
            return;
        }
        let group = self.0.entry(key).or_insert(Group {
            first: i64::MAX,
            last: i64::MIN,
            newest: None,
            added: BTreeMap::new(),
        });
        *group.added.entry(time.div_euclid(SLOT_NANOS)).or_default() += 1;
        group.first = group.first.min(time);
        if time >= group.last {
            group.newest = Some(Newest {
                message: error.message.clone(),
                stack: error.stack.clone(),
                trace_id: trace_id.copied(),
                span_id,
            });
        }
        group.last = group.last.max(time);
    }

    pub(super) fn save(&mut self, connection: &Connection) -> Result<(), Error> {
        let changed = self
            .0
            .iter_mut()
            .filter(|(_, group)| !group.added.is_empty());
        for ((error_type, place, service), group) in changed {
            match group.newest.take() {
                None => connection
                    .prepare_cached(
                        "UPDATE errors SET first = ? WHERE type = ? AND place = ? AND service = ?",
                    )?
                    .execute(params![group.first, error_type, place, service])?,
                Some(newest) => connection
                    .prepare_cached(
                        "INSERT INTO errors (first, last, message, stack, trace_id, span_id, type, place, service) \
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
                         ON CONFLICT (type, place, service) DO UPDATE SET first = excluded.first, \
                         last = excluded.last, message = excluded.message, stack = excluded.stack, \
                         trace_id = excluded.trace_id, span_id = excluded.span_id",
                    )?
                    .execute(params![
                        group.first, group.last, newest.message, newest.stack,
                        newest.trace_id.as_ref().map(<[u8; 16]>::as_slice), newest.span_id, error_type, place, service
                    ])?,
            };
            for (slot, count) in std::mem::take(&mut group.added) {
                connection
                    .prepare_cached(
                        "INSERT INTO error_slots SELECT ?, id, ? FROM errors WHERE type = ? AND place = ? AND service = ? \
                         ON CONFLICT (slot, error) DO UPDATE SET count = count + excluded.count",
                    )?
                    .execute(params![slot, count, error_type, place, service])?;
            }
        }
        Ok(())
    }
}
