//! Reports what was lost in a log record, once a minute at most.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime},
};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::{LogRecord, SeverityNumber},
};
use parking_lot::Mutex;

use super::{
    health::{Health, Loss},
    sending::DropPriority,
    signals::{entry::LogEntry, logs::LogLane},
};
use crate::config::Signal;

/// At most one record in this time.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Losses {
    health: [Arc<Health>; 3],
    /// Where the record goes, once there is one, and if logs go anywhere.
    lane: OnceLock<LogLane>,
    last_report: Mutex<LastReport>,
}

/// What the last record counted, and when it was made.
#[derive(Debug, Default)]
struct LastReport {
    at: Option<Instant>,
    totals: [[u64; Loss::ALL.len()]; 3],
}

impl Losses {
    pub(super) fn new(health: [Arc<Health>; 3]) -> Self {
        Self {
            health,
            lane: OnceLock::new(),
            last_report: Mutex::default(),
        }
    }

    pub(super) fn report_to(&self, lane: LogLane) {
        self.lane
            .set(lane)
            .expect("there is one lane for log records");
    }

    /// Makes a record of what was lost since the last one, if that was long enough ago.
    pub(super) fn report_if_due(&self) {
        self.report(REPORT_INTERVAL);
    }

    /// Makes a record of what was lost since the last one.
    pub(super) fn report_now(&self) {
        self.report(Duration::ZERO);
    }

    fn report(&self, interval: Duration) {
        let Some(lane) = self.lane.get() else {
            return;
        };
        let mut last = self.last_report.lock();
        if last.at.is_some_and(|at| at.elapsed() < interval) {
            return;
        }
        let totals = self.totals();
        let attributes = lost_between(&last.totals, &totals);
        if attributes.is_empty() {
            return;
        }
        *last = LastReport {
            at: Some(Instant::now()),
            totals,
        };
        drop(last);
        lane.push(entry(attributes), DropPriority::Last);
    }

    fn totals(&self) -> [[u64; Loss::ALL.len()]; 3] {
        std::array::from_fn(|signal| Loss::ALL.map(|loss| self.health[signal].total_lost(loss)))
    }
}

/// An attribute such as `traces.queue_full` for every reason that has grown.
fn lost_between(
    before: &[[u64; Loss::ALL.len()]; 3],
    now: &[[u64; Loss::ALL.len()]; 3],
) -> Vec<KeyValue> {
    let mut attributes = Vec::new();
    for signal in Signal::ALL {
        for loss in Loss::ALL {
            let [before, now] = [before, now].map(|totals| totals[signal as usize][loss as usize]);
            if now > before {
                attributes.push(KeyValue {
                    key: format!("{}.{}", signal.name(), loss.name()),
                    value: Some(AnyValue {
                        value: Some(Value::IntValue((now - before) as i64)),
                    }),
                    ..Default::default()
                });
            }
        }
    }
    attributes
}

fn entry(attributes: Vec<KeyValue>) -> LogEntry {
    let record = LogRecord {
        body: Some(AnyValue {
            value: Some(Value::StringValue("telemetry was lost".to_owned())),
        }),
        attributes,
        ..Default::default()
    };
    LogEntry::of_plugin(SystemTime::now(), SeverityNumber::Warn, record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Settings,
        pipeline::tests::{TO_FILES, pipeline},
    };

    #[test]
    fn losses_are_told_once_a_minute_and_at_the_end() {
        let dir = tempfile::tempdir().expect("a folder");
        let pipeline = pipeline(&TO_FILES, Settings::default(), Some(dir.path()));
        let losses = pipeline.losses.clone();
        let told_ago = |seconds| {
            let at = Instant::now().checked_sub(Duration::from_secs(seconds));
            losses.last_report.lock().at = Some(at.expect("a long uptime"));
        };
        let lose = |items| {
            let health = &pipeline.signal(Signal::Traces).health;
            health.lost(Loss::QueueFull, items);
            losses.report_if_due();
        };
        lose(1);
        told_ago(59);
        lose(2);
        told_ago(61);
        lose(4);
        lose(8);
        pipeline.shutdown();

        let exported = std::fs::read_to_string(dir.path().join("telemetry-logs.jsonl"));
        let exported = exported.expect("it is written");
        let counts: Vec<_> = exported
            .split(r#"{"key":"traces.queue_full","value":{"intValue":""#)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(counts, ["1", "6", "8"], "{exported}");
    }
}
