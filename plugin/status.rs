//! Whether telemetry is on, and for each signal where it goes and how many items are queued, exported and lost.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    config::Signal,
    pipeline::{Breaker, ConsentState},
    telemetry::Telemetry,
};

/// Whether telemetry is on, and for each signal where it goes and how many items are queued, exported and lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Status {
    /// Whether telemetry is on.
    pub enabled: bool,
    /// What the person who uses the app has decided, as [`Handle::consent`](crate::Handle::consent) has it; `None` if the app asks for no
    /// consent.
    pub consent: Option<ConsentState>,
    /// Spans.
    pub traces: SignalStatus,
    /// Points of metrics.
    pub metrics: SignalStatus,
    /// Log records.
    pub logs: SignalStatus,
}

/// What is known of one signal, since the app was started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignalStatus {
    /// Where it goes: endpoints without user and password, files, `console`. Empty if nowhere.
    pub destinations: Vec<String>,
    /// What waits to be exported.
    pub queued: usize,
    /// What was exported.
    pub exported: u64,
    /// What was lost, by reason. The reasons that begin with `page_` are about what pages sent.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Attributes of what pages sent that were left out, or whose value was shortened, because of a limit or a type
    /// that attributes do not have.
    pub cut_attributes: u64,
    /// Bytes on disk that wait to be delivered.
    pub spool_bytes: u64,
    /// Files on disk that could not be read, or not to their end.
    pub corrupt_files: u64,
    /// The circuit breaker of the collector: `closed`, `open` or `half_open`. `None` if it goes to none.
    pub breaker: Option<&'static str>,
}

impl Status {
    /// The status of `telemetry`, which is `None` while it is off.
    pub(crate) fn of(telemetry: Option<&Telemetry>) -> Self {
        let of = |signal| telemetry.map(|telemetry| SignalStatus::of(telemetry, signal));
        Self {
            enabled: telemetry.is_some(),
            consent: telemetry
                .and_then(Telemetry::consent)
                .map(|choices| choices.most_open()),
            traces: of(Signal::Traces).unwrap_or_default(),
            metrics: of(Signal::Metrics).unwrap_or_default(),
            logs: of(Signal::Logs).unwrap_or_default(),
        }
    }
}

impl SignalStatus {
    fn of(telemetry: &Telemetry, signal: Signal) -> Self {
        let pipeline = telemetry.pipeline.signal(signal);
        let health = &pipeline.health;
        let lost = health.losses().map(|(loss, count)| (loss.name(), count));
        Self {
            destinations: pipeline.destinations(),
            queued: telemetry.pipeline.queued(signal),
            exported: health.total_exported(),
            dropped: lost.collect(),
            spool_bytes: pipeline.spool_bytes(),
            cut_attributes: health.total_cut_attributes(),
            corrupt_files: health.total_corrupt_files(),
            breaker: pipeline.breaker().map(Breaker::name),
        }
    }
}
