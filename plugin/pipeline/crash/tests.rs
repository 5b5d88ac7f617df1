//! What one run writes, the next one finds, whatever the end was.

#[cfg(feature = "encrypted-spool")]
mod encrypted;

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use opentelemetry::{
    Context, InstrumentationScope,
    trace::{Span as _, Tracer, TracerProvider},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanProcessor},
};

use super::*;
use crate::{
    pipeline::gate::ConsentState,
    privacy::{Redaction, Replacement},
};

const LIMITS: Limits = Limits {
    attributes: 10,
    value_length: None,
};

fn journal(folder: &Path, consent: ConsentState) -> CrashJournal {
    journal_by(&Redaction::new(), folder, consent)
}

fn journal_by(redaction: &Redaction, folder: &Path, consent: ConsentState) -> CrashJournal {
    let limits = SpanLimits {
        span: LIMITS,
        events: 1,
        links: 1,
        attributes_per_event: 1,
        attributes_per_link: 1,
    };
    let redactor = Redactor::new(redaction, None).map(Arc::new);
    let resource = Resource::builder_empty().build();
    let encoder = EvidenceEncoder::new(&resource, limits, LIMITS, redactor);
    CrashJournal::start(folder.to_owned(), encoder, Arc::new(Gate::new(consent))).expect("a thread")
}

/// Tells a journal of spans as the queue of spans does.
#[derive(Debug)]
struct Told(CrashJournal);

impl SpanProcessor for Told {
    fn on_start(&self, span: &mut Span, _: &Context) {
        self.0.began(span);
    }

    fn on_end(&self, span: SpanData) {
        self.0.ended(span.span_context.span_id());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn provider(journal: &CrashJournal) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(Told(journal.clone()))
        .build()
}

fn log(body: &str) -> LogEntry {
    LogEntry {
        scope: InstrumentationScope::builder("test").build(),
        record: LogRecord {
            body: Some(AnyValue {
                value: Some(Value::StringValue(body.to_owned())),
            }),
            ..Default::default()
        },
    }
}

fn attribute(key: &str, value: &str) -> ProtoKeyValue {
    ProtoKeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..Default::default()
    }
}

/// Ends the run as a kill would: the file stays as it is, and the lock goes.
fn kill(journal: CrashJournal) {
    journal.write_now();
    journal.0.state.lock().has_ended = true;
    journal.0.changed.notify_one();
    journal.0.written.lock().file = None;
}

/// What the next run finds.
fn find(folder: &Path) -> (EarlierRuns, Vec<Evidence>) {
    let mut found = Vec::new();
    let files = RunFiles::in_folder(folder.to_owned());
    let runs = files.take_earlier(|evidence| found.push(evidence));
    (runs, found)
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).expect("a folder");
    files.next().expect("a file").expect("read").path()
}

fn text(evidence: &[Evidence]) -> String {
    format!("{evidence:?}")
}

#[test]
fn a_disk_that_takes_no_file_is_not_asked_at_every_write() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("folder");
    fs::write(&folder, "a file").expect("written");
    let journal = journal(&folder, ConsentState::Granted);
    journal.write_now();
    fs::remove_file(&folder).expect("removed");
    journal.write_now();
    assert!(!folder.exists());
    journal.0.written.lock().failed = None;
    journal.write_now();
    assert!(folder.exists());
}

#[test]
fn a_function_of_the_app_that_does_not_return_does_not_hold_up_the_end() {
    let (entered, is_entered) = std::sync::mpsc::channel();
    let (release, is_released) = std::sync::mpsc::channel::<()>();
    let is_released = Mutex::new(is_released);
    let stuck = Redaction::new().function(move |_| {
        let _ = entered.send(());
        let _ = is_released.lock().recv();
        None
    });
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal_by(&stuck, dir.path(), ConsentState::Granted);
    journal.logged(&log("anything"));
    is_entered.recv().expect("it is called");
    let (ended, has_ended) = std::sync::mpsc::channel();
    thread::spawn(move || {
        journal.end();
        let _ = ended.send(());
    });
    let deadline = 10 * LONGEST_WRITE;
    has_ended.recv_timeout(deadline).expect("the end");
    drop(release);
}

#[test]
fn a_run_that_was_killed_is_reported_with_its_open_spans_and_last_records() {
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal(dir.path(), ConsentState::Granted);
    let tracer = provider(&journal).tracer("test");
    let open = tracer.start("open alice@example.com");
    tracer.start("ended").end();
    journal.logged(&log("about to alice@example.com"));
    kill(journal);
    let (runs, found) = find(dir.path());
    assert_eq!(runs.crashed, 1);
    let text = text(&found);
    for expected in [
        "open [email]",
        "about to [email]",
        UNFINISHED,
        APP_CRASH,
        APP_CRASH_ID,
        BREADCRUMBS,
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("\"ended\""), "{text}");
    assert_eq!(find(dir.path()).0, EarlierRuns::default(), "reported once");
    drop(open);
}

#[test]
fn a_breadcrumb_is_redacted_by_its_keys_and_as_a_whole() {
    let redaction = Redaction::new()
        .deny("customer.*", Replacement::Mask)
        .replacement(Replacement::Drop);
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal_by(&redaction, dir.path(), ConsentState::Granted);
    // The breadcrumb ends after "alice@exam".
    let padding = "x".repeat(MAX_BREADCRUMB_BYTES - 39);
    journal.logged(&log(&format!("{padding} alice@example.com")));
    let mut entry = log("signed in");
    for (key, value) in [
        ("user.name", "Alice Smith"),
        ("customer.name", "Robert Jones"),
        ("token", "hunter2"),
    ] {
        entry.record.attributes.push(attribute(key, value));
    }
    journal.logged(&entry);
    kill(journal);
    let text = text(&find(dir.path()).1);
    for expected in ["signed in", "customer.name=[redacted]"] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    for secret in ["alice@", "Alice", "Jones", "hunter2"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn a_run_that_ended_by_a_shutdown_is_counted_and_not_reported() {
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal(dir.path(), ConsentState::Granted);
    journal.write_now();
    journal.end();
    journal.write_now();
    let (runs, found) = find(dir.path());
    assert_eq!((runs.clean, runs.crashed), (1, 0));
    assert_eq!(found, []);
}

#[test]
fn a_run_that_goes_on_is_left_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal(dir.path(), ConsentState::Granted);
    journal.write_now();
    assert_eq!(find(dir.path()).0, EarlierRuns::default());
    kill(journal);
    assert_eq!(find(dir.path()).0.crashed, 1);
}

#[test]
fn a_start_never_finds_the_file_that_another_run_is_creating() {
    let dir = tempfile::tempdir().expect("a folder");
    let files = RunFiles::in_folder(dir.path().to_owned());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let starts = scope.spawn(|| {
            let mut found = EarlierRuns::default();
            while !done.load(Ordering::Relaxed) && found == EarlierRuns::default() {
                found = find(dir.path()).0;
            }
            found
        });
        let running: Vec<_> = (0..300).map(|_| files.create()).collect();
        done.store(true, Ordering::Relaxed);
        assert_eq!(starts.join().expect("no panic"), EarlierRuns::default());
        assert!(running.iter().all(Option::is_some));
    });
}

#[test]
fn without_consent_there_is_no_file_and_a_denial_removes_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let pending = journal(dir.path(), ConsentState::Pending);
    pending.write_now();
    let files = || fs::read_dir(dir.path()).map_or(0, Iterator::count);
    assert_eq!(files(), 0);
    pending.0.gate.set(ConsentState::Granted);
    let mut entry = log("before");
    entry.record.attributes = vec![attribute(SESSION_ID, "session before")];
    pending.logged(&entry);
    pending.write_now();
    assert_eq!(files(), 1);
    pending.0.gate.set(ConsentState::Denied);
    pending.erase().expect("removed");
    pending.write_now();
    assert_eq!(files(), 0);
    pending.logged(&log("while denied"));
    pending.0.gate.set(ConsentState::Granted);
    kill(pending);
    let text = text(&find(dir.path()).1);
    assert!(text.contains(APP_CRASH), "{text}");
    for forgotten in ["while denied", "session before"] {
        assert!(!text.contains(forgotten), "{forgotten} is in {text}");
    }
}

#[test]
fn a_write_that_is_cut_off_leaves_what_was_written_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal(dir.path(), ConsentState::Granted);
    journal.logged(&log("first"));
    journal.write_now();
    journal.logged(&log("second"));
    kill(journal);
    let path = only_file(dir.path());
    let written = fs::read(&path).expect("a file");
    for slot in [0, file::SLOT_BYTES] {
        let mut damaged = written.clone();
        damaged[slot + 30] ^= 0x41;
        fs::write(&path, damaged).expect("written");
        let (runs, found) = find(dir.path());
        assert_eq!((runs.crashed, found.len()), (1, 1));
        assert!(text(&found).contains("first"), "{}", text(&found));
    }
}

#[test]
fn the_memory_of_the_journal_is_bounded() {
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal(dir.path(), ConsentState::Granted);
    let tracer = provider(&journal).tracer("test");
    let open: Vec<_> = (0..3 * MAX_OPEN_SPANS)
        .map(|index| tracer.start(format!("span {index}")))
        .collect();
    for _ in 0..3 * MAX_BREADCRUMBS {
        journal.logged(&log(&"x".repeat(10 * MAX_BREADCRUMB_BYTES)));
    }
    journal.write_now();
    let written = journal.0.written.lock();
    assert_eq!(written.breadcrumbs.len(), MAX_BREADCRUMBS);
    assert!(
        written
            .breadcrumbs
            .iter()
            .all(|crumb| crumb.len() <= MAX_BREADCRUMB_BYTES)
    );
    for _ in 0..3 * MAX_BREADCRUMBS {
        journal.logged(&log("not written yet"));
    }
    let state = journal.0.state.lock();
    assert_eq!(state.open.len(), MAX_OPEN_SPANS);
    assert_eq!(state.logged.len(), MAX_BREADCRUMBS);
    drop((state, written));
    drop(open);
    assert!(journal.0.state.lock().open.is_empty(), "they have ended");
    journal.end();
}

#[test]
fn the_thread_writes_by_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let journal = journal(dir.path(), ConsentState::Granted);
    let deadline = Instant::now() + Duration::from_secs(10);
    let wait_for = |expected: &[u8]| {
        let is_written = || {
            let files = fs::read_dir(dir.path()).into_iter().flatten().flatten();
            let mut texts = files.filter_map(|file| fs::read(file.path()).ok());
            texts.any(|text| text.windows(expected.len()).any(|found| found == expected))
        };
        while !is_written() {
            assert!(Instant::now() < deadline, "nothing was written");
            thread::yield_now();
        }
    };
    let tracer = provider(&journal).tracer("test");
    let _first = tracer.start("the first");
    wait_for(b"the first");
    let _later = tracer.start("a later one");
    wait_for(b"a later one");
    journal.end();
}
