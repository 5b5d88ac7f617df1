//! Starts and ends one pipeline for each signal: sampler → queue → encoder → collector, file or console.
//!
//! Knows nothing of Tauri's windows. Telemetry is lost or late in three cases: a full queue drops items; requests that
//! cannot be delivered are kept on disk within limits; and at exit, what is not delivered within [`SENDING_TIMEOUT`] is kept
//! on disk as well. Everything that is lost is counted ([`health`]).

#[cfg(benching)]
pub(crate) mod bench;
mod consent;
mod crash;
mod gate;
pub(crate) mod health;
mod keeping;
mod losses;
mod places;
mod sending;
mod signals;
mod start;
#[cfg(test)]
mod tests;

#[cfg(fuzzing)]
pub(crate) mod fuzz {
    pub(crate) use super::{keeping::spool::fuzz as spool, sending::fuzz_answer as answer};
}

pub(crate) use crash::EarlierRuns;
pub(crate) use gate::Choices;
pub use gate::{ConsentState, Purpose};
pub(crate) use keeping::private;
pub(crate) use sending::{Breaker, ViewerFeed};
pub(crate) use signals::{
    entry::{LogEntry, severity_text, unix_nanos},
    logs::LogQueue,
    resource::AppIdentity,
    sampling,
    spans::SpanQueue,
};

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use opentelemetry::KeyValue;
use opentelemetry_sdk::{
    logs::SdkLoggerProvider, metrics::SdkMeterProvider, trace::SdkTracerProvider,
};

use self::{
    crash::CrashJournal,
    gate::Gates,
    health::Health,
    keeping::{InstallationId, spool::Spool},
    losses::Losses,
    sending::{Drain, Outlets, Wake, unrecorded},
    signals::{log_file::LogFileWriter, sampling::RootRatio},
};
use crate::{
    config::{LogLevel, Signal},
    names,
    privacy::Redactor,
};

/// How long the exit of the app waits until the queues are delivered. Without it, a collector that accepts requests and
/// never answers would hold the app for as long as an export may take. The rest of a second is for writing what was not
/// delivered to disk.
const SENDING_TIMEOUT: Duration = Duration::from_millis(800);

/// How long the exit of the app then waits until the viewer has stored what it was given.
const STORING_TIMEOUT: Duration = Duration::from_millis(200);

/// The longest time that a flush waits. A deadline after `Duration::MAX` cannot be represented.
const LONGEST_FLUSH: Duration = Duration::from_secs(24 * 3600);

/// The number of items of each signal in a preview, which a person is to read.
const PREVIEWED: usize = 50;

/// The running pipelines.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) tracer_provider: SdkTracerProvider,
    pub(crate) logger_provider: SdkLoggerProvider,
    pub(crate) meter_provider: SdkMeterProvider,
    spans: Option<SpanQueue>,
    logs: Option<LogQueue>,
    log_file: Option<LogFileWriter>,
    /// By `Signal as usize`.
    signals: [SignalPipeline; 3],
    wake: Arc<Wake>,
    losses: Arc<Losses>,
    viewer: Option<Arc<dyn ViewerFeed>>,
    gates: Gates,
    ratio: Arc<RootRatio>,
    redactor: Option<Arc<Redactor>>,
    /// `None` if crashes are not reported.
    crash: Option<CrashReports>,
    /// Whether any value is hashed, and the folder for the key by which that is done.
    hashes: bool,
    key_folder: Option<PathBuf>,
    /// `None` if the resource has none.
    installation_id: Option<InstallationId>,
    /// The deadline of the shutdown, once it has begun.
    end: OnceLock<Instant>,
}

/// How a crash is reported: a way out beside that of the signals, because a person can agree to the one and not to the other.
#[derive(Debug, Clone)]
struct CrashReports {
    journal: CrashJournal,
    spans: Arc<Outlets>,
    logs: Arc<Outlets>,
}

impl CrashReports {
    fn outlets(&self) -> [&Arc<Outlets>; 2] {
        [&self.spans, &self.logs]
    }

    /// Keeps for delivery what runs have left that crashed, and counts how all earlier ones ended. Waits for the keyring first,
    /// if the spool is encrypted.
    fn report_earlier_runs(&self) {
        let spools = self
            .outlets()
            .into_iter()
            .filter_map(|outlets| outlets.spool());
        spools.for_each(Spool::wait_for_key);
        let mut reported = Vec::new();
        self.journal.report_earlier(|evidence| {
            if !evidence.spans.resource_spans.is_empty() {
                self.spans.report(&evidence.spans);
            }
            self.logs.report(&evidence.logs);
            reported.push(evidence);
        });
        // Only now: a change of the consent waits for the reports, and must not wait for a console that nobody reads.
        for evidence in reported {
            self.spans.print(&evidence.spans);
            self.logs.print(&evidence.logs);
        }
    }
}

/// The pipeline of one signal.
#[derive(Debug)]
pub(crate) struct SignalPipeline {
    pub(crate) health: Arc<Health>,
    outlets: Arc<Outlets>,
    /// `None` if the signal is not exported.
    lane: Option<Arc<dyn Drain>>,
}

impl SignalPipeline {
    /// The places that the signal is exported to.
    pub(crate) fn destinations(&self) -> Vec<String> {
        self.outlets.shown()
    }

    /// The exporter in the health metrics. If there is a collector it is the exporter that sends to it, because that one
    /// counts the items.
    pub(crate) fn exporter(&self) -> Vec<KeyValue> {
        let uplink = self.outlets.uplink();
        uplink.map_or_else(
            || names::component("tauri_plugin_opentelemetry::Exporter").to_vec(),
            |uplink| uplink.attributes().to_vec(),
        )
    }

    /// Bytes that are kept on disk until they can be delivered.
    pub(crate) fn spool_bytes(&self) -> u64 {
        self.outlets.spool().map_or(0, Spool::bytes)
    }

    /// The circuit breaker of the signal's collector, if it is sent to one.
    pub(crate) fn breaker(&self) -> Option<Breaker> {
        let uplink = self.outlets.uplink()?;
        Some(uplink.collector().breaker())
    }
}

impl Pipeline {
    /// The queue for finished spans that no tracer made, such as those of a page. `None` if traces are not exported.
    pub(crate) fn spans(&self) -> Option<&SpanQueue> {
        self.spans.as_ref()
    }

    /// Whether spans that end now are exported. Only then is a server told of their trace: with a `traceparent` that is not sampled, the server would
    /// not record its own spans.
    pub(crate) fn exports_spans(&self) -> bool {
        self.spans.is_some() && self.gates.of(Purpose::Diagnostics).is_open()
    }

    /// The queue for log records that no logger made, such as those of a page. `None` if logs are not exported.
    pub(crate) fn logs(&self) -> Option<&LogQueue> {
        self.logs.as_ref()
    }

    /// Whether log records are exported, or written to the log file.
    pub(crate) fn takes_logs(&self) -> bool {
        self.signal(Signal::Logs).lane.is_some() || self.log_file.is_some()
    }

    /// Whether metrics are exported.
    pub(crate) fn takes_metrics(&self) -> bool {
        self.signal(Signal::Metrics).lane.is_some()
    }

    pub(crate) fn signal(&self, signal: Signal) -> &SignalPipeline {
        &self.signals[signal as usize]
    }

    /// The number of items of a signal that wait to be exported.
    pub(crate) fn queued(&self, signal: Signal) -> usize {
        let lane = self.signal(signal).lane.as_ref();
        lane.map_or(0, |lane| lane.len())
    }

    /// Everything that has a queue.
    fn drains(&self) -> impl Iterator<Item = &dyn Drain> {
        Purpose::ALL
            .iter()
            .flat_map(move |purpose| self.drains_of(*purpose))
    }

    /// The queues of what is recorded for a purpose.
    fn drains_of(&self, purpose: Purpose) -> impl Iterator<Item = &dyn Drain> {
        let signals = Signal::ALL
            .into_iter()
            .filter(move |signal| Purpose::of(*signal) == purpose);
        let lanes = signals.filter_map(move |signal| self.signal(signal).lane.as_deref());
        let file = self.log_file.as_ref().map(|file| file as &dyn Drain);
        file.filter(|_| purpose == Purpose::Diagnostics)
            .into_iter()
            .chain(lanes)
    }

    /// Begins to report crashes, those of earlier runs first.
    fn report_crashes(&self) {
        let Some(crash) = self.crash.clone() else {
            return;
        };
        crash.journal.begin();
        let wake = self.wake.clone();
        let thread = thread::Builder::new().name("OpenTelemetry.Reports".to_owned());
        let report = move || {
            crash.report_earlier_runs();
            wake.answered();
        };
        // If there is no thread, the next start reports them.
        let _ = thread.spawn(|| unrecorded(report));
    }

    /// How the earlier runs ended that this one has found.
    pub(crate) fn earlier_runs(&self) -> EarlierRuns {
        let crash = self.crash.as_ref();
        crash.map_or_else(EarlierRuns::default, |crash| crash.journal.earlier_runs())
    }

    /// For a process that is about to end: exports what is queued, and keeps on disk what is not exported within `timeout`.
    /// Spans that are open are reported by the next start of the app.
    pub(crate) fn rescue(&self, timeout: Duration) {
        if let Some(crash) = &self.crash {
            crash.journal.write_now();
        }
        if !self.flush(timeout) {
            let deadline = Instant::now();
            self.drains().for_each(|drain| drain.keep(deadline));
        }
    }

    /// What is exported next, redacted: an object of OTLP JSON for each signal that has something queued.
    pub(crate) fn preview(&self) -> Vec<serde_json::Value> {
        let drains = self.drains();
        drains
            .filter_map(|drain| drain.preview(PREVIEWED))
            .collect()
    }

    /// The share of traces that are recorded among those that start here.
    pub(crate) fn ratio(&self) -> f64 {
        if self.gates.of(Purpose::Diagnostics).refuses() {
            0.0
        } else {
            self.ratio.get()
        }
    }

    pub(crate) fn root_ratio(&self) -> &Arc<RootRatio> {
        &self.ratio
    }

    pub(crate) fn set_ratio(&self, ratio: f64) {
        self.ratio.set(ratio);
    }

    /// Changes the lowest level of log records that are exported at once.
    pub(crate) fn set_log_level(&self, level: LogLevel) {
        if let Some(logs) = &self.logs {
            logs.floor.set(level);
        }
    }

    /// Exports everything that was recorded so far. Returns whether that was done within `timeout`, not whether it
    /// arrived.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout.min(LONGEST_FLUSH);
        if let Some(spans) = &self.spans {
            spans.release_held();
        }
        // All queues begin at once, so that a silent collector delays only its own signal.
        self.drains().for_each(Drain::begin_flush);
        // All of them, also after one that is too late.
        let done: Vec<_> = self.drains().map(|drain| drain.flush(deadline)).collect();
        done.into_iter().all(|done| done)
    }

    /// Exports the queued items for [`SENDING_TIMEOUT`], then encodes the remaining ones and writes them to disk, and stops.
    /// An exit may call this twice; both calls share one deadline.
    pub(crate) fn shutdown(&self) {
        let deadline = *self.end.get_or_init(|| Instant::now() + SENDING_TIMEOUT);
        self.wake.end();
        self.losses.report_now();
        if let Some(spans) = &self.spans {
            spans.release_held();
        }
        self.drains().for_each(Drain::close);
        self.drains().for_each(|drain| drain.finish(deadline));
        if let Some(viewer) = &self.viewer {
            viewer.close(deadline.max(Instant::now()) + STORING_TIMEOUT);
        }
        if let Some(crash) = &self.crash {
            crash.journal.end();
        }
    }
}
