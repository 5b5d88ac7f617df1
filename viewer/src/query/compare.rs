//! Two sides by operation, and whether they differ by more than noise.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    SERVER, blob,
    params::{Params, QueryError},
    stats::{Shift, holm, rank_test, share_test},
};
use crate::{
    api::{Change, ComparedSide, Comparison, ComparisonRow},
    store::{Reader, Rollup},
};

/// The share of comparisons of equal sides that may be said to differ.
const ALPHA: f64 = 0.01;

/// Rows that an answer has at most.
const MAX_ROWS: usize = 500;

/// Service and operation.
pub(crate) type Key = (String, String);

/// The sum of each operation of one side. A command counts where the core answers it, anything else by its name.
pub(crate) fn operations(
    reader: &mut Reader,
    params: &Params,
) -> Result<BTreeMap<Key, Rollup>, QueryError> {
    let period = params.period()?;
    let (service, command) = (params.text("service"), params.text("command"));
    let (window, search) = (params.text("window"), params.text("search"));
    let search = search.map(str::to_lowercase);
    let is = |wanted: Option<&str>, own: Option<&str>| wanted.is_none() || wanted == own;
    let keys: BTreeMap<i64, Key> = reader
        .operations()?
        .iter()
        .filter(|operation| {
            is(service, Some(&operation.service))
                && is(command, operation.command.as_deref())
                && is(window, operation.window.as_deref())
        })
        .filter(|operation| operation.command.is_none() || operation.kind == SERVER)
        .map(|operation| {
            let name = operation.command.as_ref().unwrap_or(&operation.name);
            (operation.id, (operation.service.clone(), name.clone()))
        })
        .filter(|(_, (_, name))| {
            let search = search.as_ref();
            search.is_none_or(|search| name.to_lowercase().contains(search))
        })
        .collect();
    let mut sums: BTreeMap<Key, Rollup> = BTreeMap::new();
    let mut statement = reader
        .connection
        .prepare_cached("SELECT operation, rollup FROM rollups WHERE slot >= ? AND slot <= ?")?;
    let mut rows = statement.query(period.slots())?;
    while let Some(row) = rows.next()? {
        if let Some(key) = keys.get(&row.get(0)?) {
            sums.entry(key.clone())
                .or_default()
                .merge(&Rollup::decode(blob(row, 1)?));
        }
    }
    Ok(sums)
}

/// An operation on both sides, and what the tests say of it.
struct Pair<'a> {
    key: &'a Key,
    a: Option<&'a Rollup>,
    b: Option<&'a Rollup>,
    shift: Option<Shift>,
    error_p_value: Option<f64>,
}

impl<'a> Pair<'a> {
    fn new(key: &'a Key, a: Option<&'a Rollup>, b: Option<&'a Rollup>) -> Self {
        let both = a.zip(b);
        Self {
            key,
            a,
            b,
            shift: both.and_then(|(a, b)| rank_test(&a.durations, &b.durations)),
            error_p_value: both
                .and_then(|(a, b)| share_test((a.errors, a.calls), (b.errors, b.calls))),
        }
    }

    fn duration_p_value(&self) -> Option<f64> {
        self.shift.map(|shift| shift.probability)
    }

    fn row(&self, durations_differ: bool, errors_differ: bool) -> ComparisonRow {
        let (service, operation) = self.key;
        let shift = self.shift.filter(|_| durations_differ);
        let change = change(self.a, self.b, shift, errors_differ);
        let (duration_p_value, error_p_value) = (self.duration_p_value(), self.error_p_value);
        ComparisonRow {
            operation: operation.clone(),
            service: service.clone(),
            a: self.a.map(side),
            b: self.b.map(side),
            change,
            duration_p_value,
            error_p_value,
            statement: statement(self.a, self.b, change, duration_p_value, error_p_value),
        }
    }
}

/// Compares the sums of two sides.
pub(crate) fn compare(a: &BTreeMap<Key, Rollup>, b: &BTreeMap<Key, Rollup>) -> Comparison {
    let keys: BTreeSet<&Key> = a.keys().chain(b.keys()).collect();
    let pairs = keys
        .into_iter()
        .map(|key| Pair::new(key, a.get(key), b.get(key)));
    let pairs: Vec<Pair<'_>> = pairs.collect();
    // One family of tests: each more row is another chance to be wrong.
    let durations = pairs.iter().map(Pair::duration_p_value);
    let errors = pairs.iter().map(|pair| pair.error_p_value);
    let differ = holm(&durations.chain(errors).collect::<Vec<_>>(), ALPHA);
    let (durations_differ, errors_differ) = differ.split_at(pairs.len());
    let differ = durations_differ.iter().zip(errors_differ);
    let mut items: Vec<ComparisonRow> = pairs
        .iter()
        .zip(differ)
        .map(|(pair, (durations, errors))| pair.row(*durations, *errors))
        .collect();
    let calls = |row: &ComparisonRow| {
        [&row.a, &row.b]
            .into_iter()
            .flatten()
            .map(|side| side.calls)
            .sum::<u64>()
    };
    items.sort_by_key(|row| (row.change == Change::Same, std::cmp::Reverse(calls(row))));
    let statement = summary(&items);
    items.truncate(MAX_ROWS);
    Comparison { items, statement }
}

fn change(
    a: Option<&Rollup>,
    b: Option<&Rollup>,
    shift: Option<Shift>,
    errors_differ: bool,
) -> Change {
    let share = |side: &Rollup| side.errors as f64 / side.calls.max(1) as f64;
    match (a, b) {
        (None, _) => Change::New,
        (_, None) => Change::Gone,
        (Some(a), Some(b)) if errors_differ => {
            if share(b) > share(a) {
                Change::MoreErrors
            } else {
                Change::FewerErrors
            }
        }
        _ => match shift {
            Some(shift) if shift.is_up => Change::Slower,
            Some(_) => Change::Faster,
            None => Change::Same,
        },
    }
}

fn side(rollup: &Rollup) -> ComparedSide {
    ComparedSide {
        calls: rollup.calls,
        p50: rollup.durations.quantile(0.5).min(rollup.max),
        p95: rollup.durations.quantile(0.95).min(rollup.max),
        errors: rollup.errors,
    }
}

fn statement(
    a: Option<&Rollup>,
    b: Option<&Rollup>,
    change: Change,
    duration: Option<f64>,
    errors: Option<f64>,
) -> String {
    let (Some(a), Some(b)) = (a, b) else {
        let (word, calls) = match (a, b) {
            (Some(a), _) => ("gone", a.calls),
            (_, Some(b)) => ("new", b.calls),
            _ => ("gone", 0),
        };
        return format!("{word}: {calls} calls");
    };
    let times = || {
        let of = |side: &Rollup, q| time(side.durations.quantile(q).min(side.max));
        format!(
            "p50 {} to {}, p95 {} to {}",
            of(a, 0.5),
            of(b, 0.5),
            of(a, 0.95),
            of(b, 0.95)
        )
    };
    let shares = || {
        format!(
            "errors {} of {} to {} of {}",
            a.errors, a.calls, b.errors, b.calls
        )
    };
    match change {
        Change::Slower => format!(
            "slower: {}, more than noise ({})",
            times(),
            probability(duration)
        ),
        Change::Faster => format!(
            "faster: {}, more than noise ({})",
            times(),
            probability(duration)
        ),
        Change::MoreErrors => format!(
            "fails more often: {}, more than noise ({})",
            shares(),
            probability(errors)
        ),
        Change::FewerErrors => format!(
            "fails less often: {}, more than noise ({})",
            shares(),
            probability(errors)
        ),
        _ if duration.is_none() => format!(
            "too few calls to tell ({} and {}; 8 are needed): {}",
            a.calls,
            b.calls,
            times()
        ),
        _ => format!(
            "no difference beyond noise: {} ({})",
            times(),
            probability(duration)
        ),
    }
}

fn probability(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "p < 0.001".to_owned(),
        Some(p) => format!("p = {p:.3}"),
        None => "p unknown".to_owned(),
    }
}

fn summary(rows: &[ComparisonRow]) -> String {
    let count = |change| rows.iter().filter(|row| row.change == change).count();
    let parts: Vec<String> = [
        (count(Change::Slower), "slower"),
        (count(Change::Faster), "faster"),
        (count(Change::MoreErrors), "failing more often"),
        (count(Change::FewerErrors), "failing less often"),
        (count(Change::New), "new"),
        (count(Change::Gone), "gone"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let changed = if parts.is_empty() {
        "none differs by more than noise".to_owned()
    } else {
        parts.join(", ")
    };
    format!(
        "Of {} operations {changed} (rank and proportion tests, 1 % for all together).",
        rows.len()
    )
}

/// Nanoseconds for people.
pub(crate) fn time(nanos: u64) -> String {
    let nanos = nanos as f64;
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.0} µs", n / 1e3),
        n if n < 1e8 => format!("{:.1} ms", n / 1e6),
        n if n < 1e9 => format!("{:.0} ms", n / 1e6),
        n => format!("{:.1} s", n / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Rollup;

    fn rollup(durations: impl Iterator<Item = u64>, errors: u64) -> Rollup {
        let mut rollup = Rollup::default();
        for duration in durations {
            rollup.calls += 1;
            rollup.max = rollup.max.max(duration);
            rollup.durations.add(duration);
        }
        rollup.errors = errors;
        rollup
    }

    #[test]
    fn what_differs_is_said_and_noise_is_not() {
        let key = |name: &str| ("app".to_owned(), name.to_owned());
        let even = || (1..=200).map(|n| 1_000_000 + n * 5_000);
        let a = BTreeMap::from([
            (key("same"), rollup(even(), 0)),
            (key("slow"), rollup(even(), 0)),
            (
                key("quicker"),
                rollup([1_000, 1_100].repeat(500).into_iter(), 0),
            ),
            (key("fails"), rollup(even(), 10)),
            (key("gone"), rollup(even(), 0)),
            (key("rare"), rollup([1].into_iter(), 0)),
        ]);
        let b = BTreeMap::from([
            (key("same"), rollup(even(), 0)),
            (key("slow"), rollup(even().map(|n| n * 2), 0)),
            // The median stays where it is.
            (
                key("quicker"),
                rollup([900, 1_000, 1_000, 1_100].repeat(250).into_iter(), 0),
            ),
            (key("fails"), rollup(even(), 90)),
            (key("new"), rollup(even(), 0)),
            (key("rare"), rollup([100].into_iter(), 0)),
        ]);
        let comparison = compare(&a, &b);
        let change = |name| {
            comparison
                .items
                .iter()
                .find(|row| row.operation == name)
                .unwrap()
                .change
        };
        assert_eq!(change("same"), Change::Same);
        assert_eq!(change("slow"), Change::Slower);
        assert_eq!(change("quicker"), Change::Faster);
        assert_eq!(change("fails"), Change::MoreErrors);
        assert_eq!(change("gone"), Change::Gone);
        assert_eq!(change("new"), Change::New);
        assert_eq!(change("rare"), Change::Same);
        assert_eq!(
            comparison.statement,
            "Of 7 operations 1 slower, 1 faster, 1 failing more often, 1 new, 1 gone (rank and proportion tests, 1 % for all together)."
        );
    }
}
