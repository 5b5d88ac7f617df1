//! How far the clocks of the services of a trace may differ.

use std::collections::BTreeMap;

use super::{
    CLIENT, SERVER,
    tree::{Place, Tree},
};
use crate::{
    api::{ClockBound, Lane},
    store::Operation,
};
use std::sync::Arc;

/// A bound for each two lanes of which one sends requests to the other.
///
/// If the server's clock is ahead by `d`, its span took place at `start - d` to `end - d` of the client's clock, which is
/// within the client's span. So `d` is between the distance of the ends and that of the starts.
pub(super) fn clocks(
    places: &[Place],
    operations: &[Arc<Operation>],
    lanes: (&[Lane], &[u32]),
    tree: &Tree,
) -> Vec<ClockBound> {
    let mut bounds: BTreeMap<(u32, u32), ClockBound> = BTreeMap::new();
    for (index, parent) in tree.parent.iter().enumerate() {
        let Some(parent) = *parent else {
            continue;
        };
        let (client, server) = (&places[parent], &places[index]);
        let key = (lanes.1[parent], lanes.1[index]);
        if operations[parent].kind != CLIENT || operations[index].kind != SERVER || key.0 == key.1 {
            continue;
        }
        let min = distance(client.end, server.end);
        let max = distance(client.start, server.start);
        let bound = bounds.entry(key).or_insert_with(|| ClockBound {
            service: lanes.0[key.1 as usize].label.clone(),
            reference: lanes.0[key.0 as usize].label.clone(),
            min_ahead: i64::MIN,
            max_ahead: i64::MAX,
            requests: 0,
        });
        bound.min_ahead = bound.min_ahead.max(min);
        bound.max_ahead = bound.max_ahead.min(max);
        bound.requests += 1;
    }
    bounds.into_values().collect()
}

/// How long after `from` the time `to` is. Times that no clock shows can be further apart than fits.
fn distance(from: u64, to: u64) -> i64 {
    let distance = i128::from(to) - i128::from(from);
    distance.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// The most that any clock may be off, if its bounds are met in the middle.
pub(super) fn uncertainty(bounds: &[ClockBound]) -> Option<u64> {
    bounds
        .iter()
        .map(|bound| bound.max_ahead.abs_diff(bound.min_ahead) / 2)
        .max()
}
