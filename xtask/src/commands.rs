//! What the commands of an app did, as a table: calls, durations and failures of each.

use std::{collections::BTreeMap, fmt};

use otel_harness::{Kind, Span};
use serde_json::{Value, json};

/// The commands by name.
pub struct Commands<'a>(BTreeMap<&'a str, Command>);

/// What one command did.
#[derive(Default)]
struct Command {
    millis: Vec<f64>,
    errors: usize,
}

impl Command {
    fn total(&self) -> f64 {
        self.millis.iter().sum()
    }

    fn mean(&self) -> f64 {
        self.total() / self.millis.len().max(1) as f64
    }

    fn p95(&self) -> f64 {
        let mut millis = self.millis.clone();
        millis.sort_by(f64::total_cmp);
        let rank = (millis.len() as f64 * 0.95).ceil() as usize;
        millis
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }
}

impl<'a> Commands<'a> {
    /// Those that the SERVER spans of invokes are of.
    pub fn of(spans: impl IntoIterator<Item = &'a Span>) -> Self {
        let mut commands = BTreeMap::<_, Command>::new();
        for span in spans {
            let name = span.text("rpc.method");
            if span.kind == Kind::Server && !name.is_empty() {
                let command = commands.entry(name).or_default();
                command.millis.push(span.millis());
                command.errors += usize::from(span.is_error());
            }
        }
        Self(commands)
    }

    pub fn as_json(&self) -> Vec<Value> {
        let rows = self.0.iter();
        rows.map(|(name, command)| {
            json!({
                "command": name,
                "count": command.millis.len(),
                "totalMs": command.total(),
                "meanMs": command.mean(),
                "p95Ms": command.p95(),
                "errors": command.errors,
            })
        })
        .collect()
    }
}

impl fmt::Display for Commands<'_> {
    /// The one that took the longest in total first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<20} {:>6} {:>10} {:>10} {:>10} {:>7}",
            "command", "count", "total", "mean", "p95", "errors"
        )?;
        let mut rows: Vec<_> = self.0.iter().collect();
        rows.sort_by(|(_, a), (_, b)| b.total().total_cmp(&a.total()));
        for (name, command) in rows {
            writeln!(
                f,
                "{name:<20} {:>6} {:>7.2} ms {:>7.2} ms {:>7.2} ms {:>7}",
                command.millis.len(),
                command.total(),
                command.mean(),
                command.p95(),
                command.errors
            )?;
        }
        Ok(())
    }
}
