//! What a run holds.

use std::collections::BTreeSet;

use super::params::QueryError;
use crate::{
    api::{Counts, Lost, Pruned, Receiver, Run, Status},
    store::{Reader, State, millis},
};

/// Commands, windows and services that are listed.
const MAX_NAMES: usize = 500;

/// What the state of a run counts, without what was removed.
pub(crate) fn counts(state: &State) -> Counts {
    Counts {
        traces: state.traces.saturating_sub(state.pruned_traces),
        spans: state.spans.saturating_sub(state.pruned_spans),
        errors: state.errors.saturating_sub(state.pruned_errors),
        logs: state.logs.saturating_sub(state.pruned_logs),
        metric_points: state.points.saturating_sub(state.pruned_points),
    }
}

/// The status of a run, apart from what only the program knows.
pub(crate) fn status(reader: &mut Reader, run: Run) -> Result<Status, QueryError> {
    let state = reader.state()?;
    let (mut services, mut windows, mut commands) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for operation in reader.operations()? {
        services.insert(operation.service.clone());
        windows.extend(operation.window.clone());
        commands.extend(operation.command.clone());
    }
    {
        let mut statement = reader
            .connection
            .prepare_cached("SELECT service FROM resources")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            services.insert(row.get(0)?);
        }
    }
    let ends = "SELECT min(first), max(last) FROM (SELECT min(first) AS first, max(last) AS last FROM blocks \
                UNION ALL SELECT (SELECT min(time) FROM logs), (SELECT max(time) FROM logs))";
    let (first, last): (Option<i64>, Option<i64>) = reader
        .connection
        .prepare_cached(ends)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let some = |names: BTreeSet<String>| names.into_iter().take(MAX_NAMES).collect();
    Ok(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now: millis(crate::store::now()),
        run,
        receiver: Receiver {
            http: None,
            grpc: None,
        },
        counts: counts(&state),
        first_time: first.map(millis),
        last_time: last.map(millis),
        bytes: 0,
        limit_bytes: 0,
        pruned: Pruned {
            traces: state.pruned_traces,
            spans: state.pruned_spans,
            logs: state.pruned_logs,
            metric_points: state.pruned_points,
            before: (state.pruned_traces > 0).then(|| millis(state.pruned_before)),
        },
        lost: Lost {
            refused_requests: 0,
            rejected_items: state.rejected,
            unwritten_items: state.unwritten,
            dropped_by_senders: state.dropped_by_senders,
        },
        services: some(services),
        windows: some(windows),
        commands: some(commands),
        messages: Vec::new(),
    })
}
