//! Errors by type and place.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::Error;
use crate::intake::ErrorFact;

/// The most groups of a run. Errors of further groups are still in their spans and records.
const MAX_GROUPS: usize = 10_000;

type Key = (String, String, String);

#[derive(Default)]
pub(super) struct ErrorGroups(HashMap<Key, Group>);

struct Group {
    count: i64,
    first: i64,
    last: i64,
    /// The newest error, if it came since the last save.
    newest: Option<Newest>,
    is_changed: bool,
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
            connection.prepare("SELECT type, place, service, count, first, last FROM errors")?;
        let mut rows = statement.query([])?;
        let mut groups = HashMap::new();
        while let Some(row) = rows.next()? {
            let key = (row.get(0)?, row.get(1)?, row.get(2)?);
            let group = Group {
                count: row.get(3)?,
                first: row.get(4)?,
                last: row.get(5)?,
                newest: None,
                is_changed: false,
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
            count: 0,
            first: i64::MAX,
            last: i64::MIN,
            newest: None,
            is_changed: false,
        });
        group.count += 1;
        group.is_changed = true;
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
        for ((error_type, place, service), group) in &mut self.0 {
            if !std::mem::take(&mut group.is_changed) {
                continue;
            }
            let Some(newest) = group.newest.take() else {
                connection
                    .prepare_cached(
                        "UPDATE errors SET count = ?, first = ? WHERE type = ? AND place = ? AND service = ?",
                    )?
                    .execute(params![group.count, group.first, error_type, place, service])?;
                continue;
            };
            connection
                .prepare_cached(
                    "INSERT INTO errors (count, first, last, message, stack, trace_id, span_id, type, place, service) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
                     ON CONFLICT (type, place, service) DO UPDATE SET count = excluded.count, first = excluded.first, \
                     last = excluded.last, message = excluded.message, stack = excluded.stack, \
                     trace_id = excluded.trace_id, span_id = excluded.span_id",
                )?
                .execute(params![
                    group.count, group.first, group.last, newest.message, newest.stack,
                    newest.trace_id.as_ref().map(<[u8; 16]>::as_slice), newest.span_id, error_type, place, service
                ])?;
        }
        Ok(())
    }
}
