//! What a run knows about itself, in its table `state`.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::Error;

/// Counts of a run. They are written in the transaction of what they count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// Nanoseconds since the Unix epoch.
    pub(crate) started: i64,
    /// When the last item came.
    pub(crate) touched: i64,
    pub(crate) name: String,
    pub(crate) traces: u64,
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    pub(crate) logs: u64,
    pub(crate) points: u64,
    pub(crate) pruned_traces: u64,
    pub(crate) pruned_spans: u64,
    pub(crate) pruned_errors: u64,
    pub(crate) pruned_logs: u64,
    pub(crate) pruned_points: u64,
    /// Traces that started before this instant are gone.
    pub(crate) pruned_before: i64,
    /// Items that could not be written.
    pub(crate) unwritten: u64,
    /// Items of which there are too many kinds.
    pub(crate) rejected: u64,
    pub(crate) dropped_by_senders: u64,
}

const KEY: &str = "state";

impl State {
    pub(crate) fn load(connection: &Connection) -> Result<Self, Error> {
        let text: Option<String> = connection
            .query_row("SELECT value FROM state WHERE key = ?", [KEY], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    pub(super) fn save(&self, connection: &Connection) -> Result<(), Error> {
        let text = serde_json::to_string(self).expect("a struct of numbers and texts is JSON");
        connection
            .prepare_cached("INSERT OR REPLACE INTO state VALUES (?, ?)")?
            .execute(params![KEY, text])?;
        Ok(())
    }
}
