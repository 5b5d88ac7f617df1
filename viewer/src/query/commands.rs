//! The table of commands.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

use super::{
    SERVER, blob,
    params::{Params, QueryError, hex, span_hex},
};
use crate::{
    api::{CommandRow, CommandsAnswer},
    store::{Reader, Rollup, SLOT_NANOS, millis, now},
};

/// Buckets of a sparkline at most.
const SPARKLINE: i64 = 30;

/// The commands with the calls of each, by calls.
pub(crate) fn commands(reader: &mut Reader, params: &Params) -> Result<CommandsAnswer, QueryError> {
    let period = params.period()?;
    let (service, command) = (params.text("service"), params.text("command"));
    let wanted: BTreeMap<i64, (String, String)> = reader
        .operations()?
        .iter()
        .filter(|operation| {
            operation.kind == SERVER && service.is_none_or(|service| operation.service == service)
        })
        .filter_map(|operation| {
            let own = operation.command.clone()?;
            let is_wanted = command.is_none_or(|command| command == own);
            is_wanted.then(|| (operation.id, (operation.service.clone(), own)))
        })
        .collect();
    let mut found: BTreeMap<(String, String), Vec<(i64, Rollup)>> = BTreeMap::new();
    {
        let mut statement = reader.connection.prepare_cached(
            "SELECT slot, operation, rollup FROM rollups WHERE slot >= ? AND slot <= ?",
        )?;
        let mut rows = statement.query(period.slots())?;
        while let Some(row) = rows.next()? {
            let Some(key) = wanted.get(&row.get(1)?) else {
                continue;
            };
            found
                .entry(key.clone())
                .or_default()
                .push((row.get(0)?, Rollup::decode(blob(row, 2)?)));
        }
    }
    let all = || found.values().flatten().map(|(slot, _)| *slot);
    let (Some(first), Some(last)) = (all().min(), all().max()) else {
        return Ok(CommandsAnswer {
            items: Vec::new(),
            start: 0.0,
            step: 0.0,
        });
    };
    let slots_per_bucket = ((last - first + 1) as u64).div_ceil(SPARKLINE as u64) as i64;
    let buckets = (last - first) / slots_per_bucket + 1;
    // Without a start it is as long as there were calls, so that the rates of a finished run do not fall.
    let asked = period.slots();
    let (from, to) = match (period.start, period.end) {
        (i64::MIN, i64::MAX) => (first, last),
        (i64::MIN, _) => (first, asked[1]),
        (_, i64::MAX) => (asked[0], (now() / SLOT_NANOS).max(last)),
        _ => (asked[0], asked[1]),
    };
    let seconds = (to - from + 1) as f64 * (SLOT_NANOS / 1_000_000_000) as f64;
    let mut items = Vec::new();
    for ((service, command), slots) in found {
        let mut sum = Rollup::default();
        let mut sparkline = vec![0; buckets as usize];
        for (slot, rollup) in &slots {
            sum.merge(rollup);
            sparkline[((slot - first) / slots_per_bucket) as usize] += rollup.calls;
        }
        let slowest = trace_id(reader, sum.slowest_trace as i64)?;
        items.push(CommandRow {
            command,
            service,
            calls: sum.calls,
            rate: sum.calls as f64 / seconds,
            p50: sum.durations.quantile(0.5).min(sum.max),
            p95: sum.durations.quantile(0.95).min(sum.max),
            p99: sum.durations.quantile(0.99).min(sum.max),
            max: sum.max,
            errors: sum.errors,
            request_bytes: sum.request_bytes,
            response_bytes: sum.response_bytes,
            sparkline,
            slowest_span_id: slowest.is_some().then(|| span_hex(sum.slowest_span as i64)),
            slowest_trace_id: slowest,
        });
    }
    items.sort_by_key(|row| std::cmp::Reverse(row.calls));
    let (start, step) = (
        // The first slot there is begins before the first time there is.
        millis(first.saturating_mul(SLOT_NANOS)),
        millis(slots_per_bucket * SLOT_NANOS),
    );
    Ok(CommandsAnswer { items, start, step })
}

/// The id of a trace by its number, unless it was removed.
fn trace_id(reader: &Reader, number: i64) -> Result<Option<String>, QueryError> {
    let mut statement = reader
        .connection
        .prepare_cached("SELECT trace_id FROM traces WHERE id = ?")?;
    let id: Option<[u8; 16]> = statement.query_row([number], |row| row.get(0)).optional()?;
    Ok(id.map(|id| hex(&id)))
}
