//! What is missing from a trace, and why.

use std::collections::BTreeMap;

use super::{
    params::QueryError,
    tree::{Place, Tree},
};
use crate::{
    api::{Gap, GapKind},
    store::Reader,
};

/// The plugin says once a minute what it lost, so the loss happened within the minute before.
const LOSS_NANOS: i64 = 60_000_000_000;

/// A span that comes this long after its end is late: exporters send every 5 s, and try again for some 10 s.
const LATE_NANOS: i64 = 30_000_000_000;

/// The start of the trace and its length in nanoseconds.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) start: i64,
    pub(super) duration: u64,
}

/// What senders said they lost at about the time of the trace.
pub(super) fn losses(
    reader: &Reader,
    extent: Extent,
    services: &[String],
) -> Result<Vec<Gap>, QueryError> {
    let end = extent.start.saturating_add_unsigned(extent.duration);
    let mut statement = reader.connection.prepare_cached(
        "SELECT service, cause, total(count), min(time), max(time) FROM losses WHERE time >= ? AND time <= ? GROUP BY service, cause",
    )?;
    let mut rows = statement.query([extent.start, end.saturating_add(LOSS_NANOS)])?;
    let mut gaps = Vec::new();
    while let Some(row) = rows.next()? {
        let service: String = row.get(0)?;
        if !services.contains(&service) {
            continue;
        }
        // The counts are of the sender: an integer would be too small for the sum of the largest ones.
        let (cause, count, first, last): (String, f64, i64, i64) =
            (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let count = count as u64;
        let (signal, reason) = cause.split_once('.').unwrap_or(("items", &cause));
        let from = first.saturating_sub(LOSS_NANOS).max(extent.start);
        let to = last.min(end).max(from);
        gaps.push(Gap {
            kind: GapKind::Dropped,
            offset: from.abs_diff(extent.start),
            duration: to.abs_diff(from),
            count: Some(count),
            cause: format!(
                "{count} {} dropped: {}",
                what(signal),
                reason.replace('_', " ")
            ),
            service: Some(service),
        });
    }
    Ok(gaps)
}

/// Traces like this one that sampling has left out, of which each that is kept stands for so many.
pub(super) fn sampled(stands_for: f64) -> Option<Gap> {
    (stands_for > 1.0).then(|| Gap {
        kind: GapKind::Sampled,
        offset: 0,
        duration: 0,
        count: None,
        service: None,
        cause: format!("sampling keeps 1 of {stands_for:.0} traces like this one"),
    })
}

fn what(signal: &str) -> &str {
    match signal {
        "traces" => "spans",
        "logs" => "log records",
        "metrics" => "data points",
        other => other,
    }
}

/// Spans that name a parent which is not there, and spans that came late, by service.
pub(super) fn of_spans(
    places: &[Place],
    tree: &Tree,
    services: &[String],
    arrived: &[i64],
    extent: Extent,
) -> Vec<Gap> {
    let mut gaps: BTreeMap<(u8, &str), Gap> = BTreeMap::new();
    let mut add = |kind: GapKind, service, place: &Place| {
        let key = (u8::from(kind == GapKind::Late), service);
        let gap = gaps.entry(key).or_insert_with(|| Gap {
            kind,
            offset: place.start,
            duration: 0,
            count: Some(0),
            service: Some(String::from(service)),
            cause: String::new(),
        });
        let end = (gap.offset + gap.duration).max(place.end);
        gap.offset = gap.offset.min(place.start);
        gap.duration = end - gap.offset;
        gap.count = gap.count.map(|count| count + 1);
    };
    for (index, place) in places.iter().enumerate() {
        let service = services[index].as_str();
        if place.parent != 0 && tree.parent[index].is_none() {
            add(GapKind::MissingParent, service, place);
        }
        let end = extent.start.saturating_add_unsigned(place.end);
        if arrived[index].saturating_sub(end) > LATE_NANOS {
            add(GapKind::Late, service, place);
        }
    }
    let mut gaps: Vec<Gap> = gaps.into_values().collect();
    for gap in &mut gaps {
        let count = gap.count.unwrap_or_default();
        gap.cause = match gap.kind {
            GapKind::Late => format!("{count} spans arrived more than 30 s after they ended"),
            _ => format!(
                "{count} spans name a parent that has not arrived: it still runs, was not sampled, or was lost"
            ),
        };
    }
    gaps
}
