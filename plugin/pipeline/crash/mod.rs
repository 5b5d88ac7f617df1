//! Records what the app is doing, so that the next start can report an abort, a kill, a native crash or a failed allocation.
//!
//! While the app runs, a thread keeps a file up to date with the spans that are open and the last log records, as the
//! requests that would report them. The shutdown replaces them by a mark. The next start of the app finds the file of a run
//! that ended without the mark, and exports the requests, with the resource of that run.
//!
//! Recording a span takes a lock and no system call. The thread writes at once after a change, and then rests for
//! [`PAUSE`], so what happened in the last milliseconds before the end can be missing. A power cut can lose the file.

mod file;

use std::{
    collections::VecDeque,
    fmt, io, mem,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use opentelemetry::{KeyValue, SpanId, trace::Status};
use opentelemetry_proto::{
    tonic::{
        collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
        common::v1::{AnyValue, ArrayValue, KeyValue as ProtoKeyValue, any_value::Value},
        logs::v1::{LogRecord, SeverityNumber},
    },
    transform::common::tonic::ResourceAttributesWithSchema,
};
use opentelemetry_sdk::{
    Resource,
    trace::{Span, SpanData},
};
use opentelemetry_semantic_conventions::attribute::{APP_CRASH_ID, SESSION_ID};
use parking_lot::{Condvar, Mutex};
use uuid::Uuid;

use self::file::{RunFile, RunFiles};
use super::{
    gate::Gate,
    sending::{console, unrecorded},
    signals::{entry::LogEntry, logs, spans},
};
use crate::{
    config::{Limits, SpanLimits},
    names::truncate,
    privacy::{Redact, Redactor},
};

/// The event of the semantic conventions:
/// <https://opentelemetry.io/docs/specs/semconv/app/app-events/#event-appcrash>.
const APP_CRASH: &str = "app.crash";

/// The last log records before the crash, a text for each.
const BREADCRUMBS: &str = "tauri.crash.breadcrumbs";

/// Marks a span that had not ended, as the kernel of the pages does.
const UNFINISHED: &str = "span.unfinished";

/// The time between two writes: 20 a second.
const PAUSE: Duration = Duration::from_millis(50);

/// How long the end of the app, or of a thread that panics, waits for a write that is under way. A disk that hangs, or a function of the app that
/// redacts and does not return, takes longer. The file then stays, and the next start reports a crash that was none.
const LONGEST_WRITE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// The time after which a disk that took no file is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// When more spans are open, the oldest are left out: what was begun last tells most of a crash.
const MAX_OPEN_SPANS: usize = 64;

const MAX_BREADCRUMBS: usize = 32;

/// A breadcrumb is to remind of a log record and not to replace it.
const MAX_BREADCRUMB_BYTES: usize = 256;

/// How the earlier runs of the app ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EarlierRuns {
    pub(crate) clean: u64,
    pub(crate) crashed: u64,
}

/// What the next run reports if this one ends without a shutdown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) spans: ExportTraceServiceRequest,
    pub(crate) logs: ExportLogsServiceRequest,
}

/// Keeps the evidence of this run. Clones share it.
#[derive(Clone)]
pub(crate) struct CrashJournal(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    files: RunFiles,
    written: Mutex<Written>,
    encoder: EvidenceEncoder,
    gate: Arc<Gate>,
    /// Locked as well while earlier runs are reported.
    earlier_runs: Mutex<EarlierRuns>,
}

/// Makes the requests of the evidence: with the resource, within the limits, and redacted.
pub(crate) struct EvidenceEncoder {
    pub(crate) resource: ResourceAttributesWithSchema,
    pub(crate) span_limits: SpanLimits,
    pub(crate) log_limits: Limits,
    pub(crate) redactor: Option<Arc<Redactor>>,
    id: String,
}

#[derive(Default)]
struct State {
    open: VecDeque<SpanData>,
    /// The log records since the last write. Writing redacts them, so that no thread waits that records.
    logged: VecDeque<LogEntry>,
    has_changed: bool,
    has_ended: bool,
}

/// What one write leaves to the next. Locked as long as a write takes, and before [`State`].
#[derive(Default)]
struct Written {
    file: Option<RunFile>,
    /// When the disk did not take the file.
    failed: Option<Instant>,
    /// The texts of the last log records, redacted.
    breadcrumbs: VecDeque<String>,
    /// The session of the last log record.
    session: Option<ProtoKeyValue>,
}

impl fmt::Debug for CrashJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashJournal").finish_non_exhaustive()
    }
}

impl EvidenceEncoder {
    pub(crate) fn new(
        resource: &Resource,
        span_limits: SpanLimits,
        log_limits: Limits,
        redactor: Option<Arc<Redactor>>,
    ) -> Self {
        Self {
            resource: resource.into(),
            span_limits,
            log_limits,
            redactor,
            id: Uuid::new_v4().to_string(),
        }
    }

    /// The text of a log record, redacted.
    fn breadcrumb(&self, mut entry: LogEntry) -> String {
        // First the record: its text has no keys, and a secret that was cut in two is not found.
        if let Some(redactor) = &self.redactor {
            entry.record.redact(redactor);
        }
        let text = console::log(entry.scope.name(), &entry.record);
        let mut text = truncate(text.trim_end(), MAX_BREADCRUMB_BYTES).to_owned();
        // A match in it would be one in the attribute of all breadcrumbs, which `Replacement::Drop` then removes.
        if let Some(redactor) = &self.redactor {
            redactor.text(&mut text);
        }
        text
    }

    fn evidence(
        &self,
        mut open: Vec<SpanData>,
        breadcrumbs: Vec<String>,
        session: Option<ProtoKeyValue>,
    ) -> Evidence {
        let now = SystemTime::now();
        for span in &mut open {
            span.end_time = now;
            span.attributes.push(KeyValue::new(UNFINISHED, true));
            span.status = Status::error("the app ended first");
        }
        let mut evidence = Evidence {
            spans: if open.is_empty() {
                ExportTraceServiceRequest::default()
            } else {
                spans::request(open, &self.resource)
            },
            logs: logs::request(vec![self.record(now, breadcrumbs, session)], &self.resource),
        };
        if let Some(redactor) = &self.redactor {
            evidence.spans.redact(redactor);
            evidence.logs.redact(redactor);
        }
        self.span_limits.apply(&mut evidence.spans);
        self.log_limits.apply_to_logs(&mut evidence.logs);
        evidence
    }

    fn record(
        &self,
        now: SystemTime,
        breadcrumbs: Vec<String>,
        session: Option<ProtoKeyValue>,
    ) -> LogEntry {
        let text = |text: String| AnyValue {
            value: Some(Value::StringValue(text)),
        };
        let attribute = |key: &str, value: AnyValue| ProtoKeyValue {
            key: key.to_owned(),
            value: Some(value),
            ..Default::default()
        };
        let values = breadcrumbs.into_iter().map(text).collect();
        let breadcrumbs = AnyValue {
            value: Some(Value::ArrayValue(ArrayValue { values })),
        };
        let attributes = [
            attribute(APP_CRASH_ID, text(self.id.clone())),
            attribute(BREADCRUMBS, breadcrumbs),
        ];
        let record = LogRecord {
            event_name: APP_CRASH.to_owned(),
            body: Some(text("the app ended without a shutdown".to_owned())),
            attributes: attributes.into_iter().chain(session).collect(),
            ..Default::default()
        };
        LogEntry::of_plugin(now, SeverityNumber::Fatal, record)
    }
}

impl CrashJournal {
    /// Starts the thread. It writes into `folder` while `gate` is open.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(crate) fn start(
        folder: PathBuf,
        encoder: EvidenceEncoder,
        gate: Arc<Gate>,
    ) -> io::Result<Self> {
        let journal = Self(Arc::new(Shared {
            state: Mutex::new(State {
                // A run without a span can crash as well.
                has_changed: true,
                ..State::default()
            }),
            changed: Condvar::new(),
            files: RunFiles::in_folder(folder),
            written: Mutex::default(),
            encoder,
            gate,
            earlier_runs: Mutex::default(),
        }));
        let shared = journal.0.clone();
        let thread = thread::Builder::new().name("OpenTelemetry.Crash".to_owned());
        thread.spawn(move || unrecorded(|| shared.run()))?;
        Ok(journal)
    }

    /// Takes note of a span that begins.
    pub(crate) fn began(&self, span: &Span) {
        if self.0.gate.refuses() {
            return;
        }
        let Some(data) = span.exported_data() else {
            return;
        };
        self.0
            .change(|state| push(&mut state.open, MAX_OPEN_SPANS, data));
    }

    /// Takes note of a span that ends.
    pub(crate) fn ended(&self, id: SpanId) {
        self.0.change(|state| {
            // Most spans end soon after they began.
            let place = state
                .open
                .iter()
                .rposition(|open| open.span_context.span_id() == id);
            place.and_then(|place| state.open.remove(place));
        });
    }

    /// Takes note of a log record.
    pub(crate) fn logged(&self, entry: &LogEntry) {
        if self.0.gate.refuses() {
            return;
        }
        let entry = entry.clone();
        self.0
            .change(|state| push(&mut state.logged, MAX_BREADCRUMBS, entry));
    }

    /// Writes what is known now. For a process that is about to end.
    pub(crate) fn write_now(&self) {
        self.0.write();
    }

    /// Notes that this run ends as it should.
    pub(crate) fn end(&self) {
        self.0.state.lock().has_ended = true;
        self.0.changed.notify_one();
        let written = self.0.written.try_lock_for(LONGEST_WRITE);
        if let Some(file) = written.and_then(|mut written| written.file.take()) {
            file.end();
        }
    }

    /// Begins to write: there is consent now.
    pub(crate) fn begin(&self) {
        self.0.change(|_| {});
    }

    /// Deletes what is known of this run and of earlier ones.
    pub(crate) fn erase(&self) -> io::Result<()> {
        let mut state = self.0.state.lock();
        state.open.clear();
        state.logged.clear();
        drop(state);
        // Held, so that nothing is reported and no write recreates what is being removed.
        let _reported = self.0.earlier_runs.lock();
        let mut written = self.0.written.lock();
        *written = Written::default();
        self.0.files.purge()
    }

    /// Hands the evidence of each earlier run that crashed to `report`, removes the files of all earlier runs, and counts how
    /// these ended. Without consent the files stay.
    pub(crate) fn report_earlier(&self, report: impl FnMut(Evidence)) {
        let mut runs = self.0.earlier_runs.lock();
        if self.0.gate.is_open() {
            let ended = self.0.files.take_earlier(report);
            runs.clean += ended.clean;
            runs.crashed += ended.crashed;
        }
    }

    /// How the earlier runs ended that this one has found.
    pub(crate) fn earlier_runs(&self) -> EarlierRuns {
        *self.0.earlier_runs.lock()
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        if !mem::replace(&mut state.has_changed, true) {
            self.changed.notify_one();
        }
    }

    fn run(&self) {
        let mut state = self.state.lock();
        while !state.has_ended {
            if !state.has_changed {
                self.changed.wait(&mut state);
                continue;
            }
            state.has_changed = false;
            drop(state);
            self.write();
            let due = Instant::now() + PAUSE;
            state = self.state.lock();
            while !state.has_ended && !self.changed.wait_until(&mut state, due).timed_out() {}
        }
    }

    fn write(&self) {
        let Some(mut written) = self.written.try_lock_for(LONGEST_WRITE) else {
            return;
        };
        let Some(_pass) = self.gate.pass() else {
            return;
        };
        if self.state.lock().has_ended || !written.has_file(&self.files) {
            return;
        }
        let mut state = self.state.lock();
        let open: Vec<_> = state.open.iter().cloned().collect();
        let logged = mem::take(&mut state.logged);
        drop(state);
        for entry in logged {
            let mut attributes = entry.record.attributes.iter();
            written.session = attributes
                .find(|attribute| attribute.key == SESSION_ID)
                .cloned();
            let text = self.encoder.breadcrumb(entry);
            push(&mut written.breadcrumbs, MAX_BREADCRUMBS, text);
        }
        let breadcrumbs = written.breadcrumbs.iter().cloned().collect();
        let evidence = self
            .encoder
            .evidence(open, breadcrumbs, written.session.clone());
        if let Some(file) = &mut written.file {
            file.write(&evidence);
        }
    }
}

impl Written {
    /// Creates the file, if there is none. Returns whether there is one.
    fn has_file(&mut self, files: &RunFiles) -> bool {
        if self.file.is_none() && self.failed.is_none_or(|at| at.elapsed() >= RETRY) {
            self.file = files.create();
            self.failed = self.file.is_none().then(Instant::now);
        }
        self.file.is_some()
    }
}

/// Adds the newest item. Without room for it the oldest one goes.
fn push<T>(items: &mut VecDeque<T>, room: usize, item: T) {
    if items.len() == room {
        items.pop_front();
    }
    items.push_back(item);
}

#[cfg(test)]
mod tests;
