//! Keeps the folder of the runs below its limit, at all times: damaged files and finished runs go first, as long as they
//! take room of the run that is being written, then its oldest items.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::{Error, blocks, folder::Folder, rollup::SLOT_NANOS, state::State, writer::SPAN_BITS};

/// The least limit that a run can be written with.
pub(crate) const MIN_LIMIT: u64 = 8 << 20;

/// SQLite's default size of a page.
const PAGE_BYTES: u64 = 4096;

/// The share of a table that one step removes, so that steps are rare and short.
const STEP: u64 = 16;

/// Rows that one step removes at most; a larger trace goes in one.
const MAX_STEP_ROWS: u64 = 20_000;

/// A reader is stopped after 5 s; then the write-ahead log can be emptied.
const READER_DEADLINE: Duration = Duration::from_secs(6);

/// The room that a run has.
pub(super) struct Room {
    folder: Folder,
    id: String,
    limit: u64,
    pruned_to: i64,
}

impl Room {
    /// # Errors
    /// If pinned and running runs leave too little.
    pub(super) fn new(folder: Folder, id: &str, limit: u64) -> Result<Self, Error> {
        let runs = folder.runs().into_iter();
        let used: u64 = runs
            .filter(|id| folder.is_pinned(id) || folder.is_running(id))
            .map(|id| folder.bytes(&id))
            .sum();
        if used + MIN_LIMIT / 2 > limit {
            return Err(Error::NoRoom { used, limit });
        }
        Ok(Self {
            folder,
            id: id.to_owned(),
            limit,
            pruned_to: 0,
        })
    }

    /// The most that a transaction may add, about.
    pub(super) fn transaction_bytes(&self) -> u64 {
        (self.limit / 64).clamp(128 << 10, 4 << 20)
    }

    /// The most that a step of pruning may add before it frees: the index of words merges its parts, which takes some 9 % of the file.
    fn prune_bytes(&self) -> u64 {
        self.limit / 8
    }

    /// The longer the write-ahead log, the more rarely the writer waits until the disk has all of it.
    fn wal_bytes(&self) -> u64 {
        (self.limit / 32).clamp(512 << 10, 64 << 20)
    }

    /// The number of the newest trace that was removed.
    pub(super) fn pruned_to(&self) -> i64 {
        self.pruned_to
    }

    /// Makes room for so many bytes more.
    pub(super) fn make(
        &mut self,
        connection: &mut Connection,
        state: &mut State,
        bytes: u64,
    ) -> Result<(), Error> {
        // Indexes, and pages that are not full.
        let pages = bytes * 3 / 2 / PAGE_BYTES;
        loop {
            let allowed = self.allowed_pages();
            let (all, free) = page_counts(connection)?;
            let has_room = all - free + pages <= allowed;
            if has_room || !self.free(connection, state)? {
                // SQLite itself holds the bound within a transaction.
                connection.pragma_update(None, "max_page_count", allowed.max(all))?;
                let checkpoint = self.wal_bytes() / 2 / PAGE_BYTES;
                connection.pragma_update(None, "wal_autocheckpoint", checkpoint)?;
                return Ok(());
            }
        }
    }

    /// Makes room after SQLite found none.
    pub(super) fn force(
        &mut self,
        connection: &mut Connection,
        state: &mut State,
    ) -> Result<(), Error> {
        self.free(connection, state)?;
        self.checkpoint(connection)
    }

    /// Keeps the write-ahead log short. It grows while a reader looks at an old state of the run.
    pub(super) fn checkpoint(&self, connection: &Connection) -> Result<(), Error> {
        let bytes = self.folder.wal_bytes(&self.id);
        if bytes > self.wal_bytes() {
            let is_urgent = bytes > 2 * self.wal_bytes();
            connection.busy_timeout(if is_urgent {
                READER_DEADLINE
            } else {
                Duration::ZERO
            })?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            connection.busy_timeout(READER_DEADLINE)?;
        }
        Ok(())
    }

    fn allowed_pages(&self) -> u64 {
        let reserve = 2 * self.wal_bytes() + 2 * self.transaction_bytes();
        let allowed = self.own_share().min(self.left_by_others());
        allowed.saturating_sub(reserve) / PAGE_BYTES
    }

    /// The most that this run takes. A quarter is left to a second program that writes to the same folder, and to pruning.
    fn own_share(&self) -> u64 {
        self.limit * 3 / 4
    }

    /// What the other files leave to this run, without what a step of pruning may add.
    fn left_by_others(&self) -> u64 {
        let own = self.folder.bytes(&self.id);
        let others = self.folder.total_bytes().saturating_sub(own);
        self.limit.saturating_sub(others + self.prune_bytes())
    }

    /// Removes the oldest of what keeps this run from growing, and says whether there was any. A finished run goes only if that
    /// leaves more to this one.
    fn free(&mut self, connection: &mut Connection, state: &mut State) -> Result<bool, Error> {
        let others_are_in_the_way = self.left_by_others() < self.own_share();
        Ok((others_are_in_the_way && self.remove_oldest()) || self.prune(connection, state)?)
    }

    /// Removes what was set aside, or the oldest finished run.
    fn remove_oldest(&self) -> bool {
        if self.folder.remove_damaged() {
            return true;
        }
        let runs = self.folder.runs();
        let others = runs.iter().rev().filter(|id| **id != self.id);
        others.into_iter().any(|id| self.folder.remove(id).is_ok())
    }

    /// Removes the oldest items of each signal, and says whether there were any.
    fn prune(&mut self, connection: &mut Connection, state: &mut State) -> Result<bool, Error> {
        let (all, _) = page_counts(connection)?;
        let most = all + self.prune_bytes() / PAGE_BYTES;
        connection.pragma_update(None, "max_page_count", most)?;
        let transaction = connection.transaction()?;
        let mut pruned = state.clone();
        if let Some(trace) = prune_traces(&transaction, &mut pruned)? {
            self.pruned_to = trace;
        }
        prune_logs(&transaction, &mut pruned)?;
        prune_points(&transaction, &mut pruned)?;
        let has_pruned = pruned != *state;
        pruned.save(&transaction)?;
        transaction.commit()?;
        *state = pruned;
        self.checkpoint(connection)?;
        Ok(has_pruned)
    }
}

/// Removes the oldest traces, and what is summed up of their time. Returns the number of the newest of them.
fn prune_traces(connection: &Connection, state: &mut State) -> Result<Option<i64>, Error> {
    let Some(last) = last_of_step(
        connection,
        "spans",
        state.spans.saturating_sub(state.pruned_spans),
    )?
    else {
        return Ok(None);
    };
    let trace = last >> SPAN_BITS;
    let (before, errors): (Option<i64>, u64) = connection.query_row(
        "SELECT max(start), coalesce(sum(errors), 0) FROM traces WHERE id <= ?",
        [trace],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let spans = connection.execute("DELETE FROM spans WHERE id < ?", [(trace + 1) << SPAN_BITS])?;
    let traces = connection.execute("DELETE FROM traces WHERE id <= ?", [trace])?;
    blocks::remove(connection, trace)?;
    // A removed trace can have a time from a wrong clock. The counts from the first kept trace on stay, whatever that time is.
    let kept = connection.query_row("SELECT min(first) FROM blocks", [], |row| {
        row.get::<_, Option<i64>>(0)
    })?;
    let before = before.unwrap_or_default().min(kept.unwrap_or(i64::MAX));
    state.pruned_before = before.max(state.pruned_before);
    let slot = state.pruned_before / SLOT_NANOS;
    connection.execute("DELETE FROM rollups WHERE slot < ?", [slot])?;
    connection.execute("DELETE FROM error_slots WHERE slot < ?", [slot])?;
    connection.execute("DELETE FROM losses WHERE time < ?", [state.pruned_before])?;
    state.pruned_spans += spans as u64;
    state.pruned_errors += errors;
    state.pruned_traces += traces as u64;
    Ok(Some(trace))
}

fn prune_logs(connection: &Connection, state: &mut State) -> Result<(), Error> {
    if let Some(last) = last_of_step(
        connection,
        "logs",
        state.logs.saturating_sub(state.pruned_logs),
    )? {
        connection.execute(
            "DELETE FROM log_words WHERE rowid IN (SELECT id FROM logs WHERE id <= ?)",
            [last],
        )?;
        state.pruned_logs += connection.execute("DELETE FROM logs WHERE id <= ?", [last])? as u64;
    }
    Ok(())
}

fn prune_points(connection: &Connection, state: &mut State) -> Result<(), Error> {
    if let Some(last) = last_of_step(
        connection,
        "points",
        state.points.saturating_sub(state.pruned_points),
    )? {
        let points = connection.execute("DELETE FROM points WHERE id <= ?", [last])?;
        state.pruned_points += points as u64;
    }
    Ok(())
}

/// The key of the last row that one step removes from a table of so many rows.
fn last_of_step(connection: &Connection, table: &str, rows: u64) -> Result<Option<i64>, Error> {
    nth(connection, table, (rows / STEP).clamp(1, MAX_STEP_ROWS))
}

/// The key of the row that is `n` rows after the first one, or of the last one.
fn nth(connection: &Connection, table: &str, n: u64) -> Result<Option<i64>, Error> {
    let by = |order| format!("SELECT id FROM {table} ORDER BY id {order} LIMIT 1 OFFSET ?");
    let found: Option<i64> = connection
        .query_row(&by("ASC"), [n as i64], |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(Some(id)),
        None => Ok(connection
            .query_row(&by("DESC"), [0], |row| row.get(0))
            .optional()?),
    }
}

/// All pages of the file, and those of them that are free.
fn page_counts(connection: &Connection) -> Result<(u64, u64), Error> {
    let all = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let free = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    Ok((all, free))
}
