//! A pipeline of its own for each test, without an app.

use std::{fs, io, net::TcpListener, path::Path, sync::mpsc, thread};

use opentelemetry::{
    Context, KeyValue,
    logs::{LogRecord as _, Logger as _, LoggerProvider as _},
    trace::{Span as _, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};

use super::{health::Loss, places::FOLDER, *};
use crate::config::{Config, LogFile, Settings, TailSampling};

/// The pipeline of an app whose files all lie in `folder`.
pub(super) fn pipeline(
    env: &[(&str, &str)],
    settings: Settings,
    folder: Option<&Path>,
) -> Pipeline {
    let env = |name: &str| {
        let value = env.iter().find(|(key, _)| *key == name);
        value.map(|(_, value)| (*value).to_owned())
    };
    let decision = Config::resolve(&env, settings, Settings::default());
    let config = decision.config.expect("telemetry is on");
    let identity = AppIdentity {
        name: "test".to_owned(),
        version: String::new(),
        identifier: String::new(),
        home_folder: None,
        log_folder: folder.map(Path::to_owned),
        config_folder: folder.map(Path::to_owned),
        data_folder: folder.map(Path::to_owned),
    };
    Pipeline::start(
        &config,
        &identity,
        None,
        Choices::all(ConsentState::Granted),
    )
    .expect("threads")
}

pub(super) const TO_FILES: [(&str, &str); 3] = [
    ("OTEL_TRACES_EXPORTER", "file"),
    ("OTEL_METRICS_EXPORTER", "file"),
    ("OTEL_LOGS_EXPORTER", "file"),
];

#[test]
fn without_folders_of_the_app_nothing_is_written_anywhere() {
    let settings = Settings {
        log_file: Some(LogFile::new()),
        ..Settings::default()
    };
    let files = pipeline(&TO_FILES, settings, None);
    for signal in Signal::ALL {
        assert_eq!(files.signal(signal).destinations(), [""; 0]);
    }
    assert!(files.spans().is_none());
    assert!(!files.takes_metrics());
    assert!(!files.takes_logs(), "neither exported nor in a log file");

    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let sent = pipeline(&endpoint, Settings::default(), None);
    assert!(sent.spans().is_some());
    assert!(sent.signal(Signal::Traces).outlets.spool().is_none());
}

#[test]
fn the_id_of_the_installation_is_kept_while_there_is_consent() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join(FOLDER).join("installation.id");
    let settings = Settings {
        installation_id: Some(true),
        ..Settings::default()
    };
    let first = pipeline(&TO_FILES, settings.clone(), Some(dir.path()));
    let id = |pipeline: &Pipeline| pipeline.installation_id.as_ref().map(InstallationId::get);
    assert!(file.exists());
    let second = pipeline(&TO_FILES, settings, Some(dir.path()));
    assert_eq!(id(&second), id(&first));

    for &purpose in Purpose::ALL {
        assert!(file.exists(), "something may still leave");
        let denied = second.set_consent(purpose, ConsentState::Denied);
        denied.expect("removed");
    }
    assert!(!file.exists());
    let without = pipeline(&TO_FILES, Settings::default(), Some(dir.path()));
    assert_eq!(id(&without), None);
    assert!(!file.exists());
}

#[test]
fn a_flush_after_the_end_returns_at_once_however_long_it_may_take() {
    let dir = tempfile::tempdir().expect("a folder");
    let pipeline = pipeline(&TO_FILES, Settings::default(), Some(dir.path()));
    pipeline.shutdown();
    let (done, flushed) = mpsc::channel();
    thread::spawn(move || done.send(pipeline.flush(Duration::MAX)));
    assert_eq!(flushed.recv_timeout(Duration::from_secs(10)), Ok(true));
}

#[test]
fn a_console_that_nobody_reads_does_not_hold_the_end_of_the_app() {
    let dir = tempfile::tempdir().expect("a folder");
    let env = [
        ("OTEL_TRACES_EXPORTER", "console,file"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "1"),
    ];
    let pipeline = Arc::new(pipeline(&env, Settings::default(), Some(dir.path())));
    // Whoever prints waits for this as for a pipe that is full.
    let unread = io::stdout().lock();
    let tracer = pipeline.tracer_provider.tracer("test");
    let logger = pipeline.logger_provider.logger("test");
    for name in ["printing", "queued"] {
        tracer.start(name).end();
        let mut record = logger.create_log_record();
        record.set_body(name.into());
        logger.emit(record);
    }
    let (done, ended) = mpsc::channel();
    thread::spawn({
        let pipeline = pipeline.clone();
        move || {
            pipeline.shutdown();
            done.send(())
        }
    });
    // A batch that is not handed over holds the end for longer.
    let ended = ended.recv_timeout(Duration::from_secs(5));
    drop(unread);
    ended.expect("the app ends");
    let traces = fs::read_to_string(dir.path().join("telemetry-traces.jsonl")).expect("a file");
    assert!(traces.contains("printing") && traces.contains("queued"));
    let logs = &pipeline.signal(Signal::Logs).health;
    assert_eq!(logs.total_exported(), 1, "what is being printed");
    assert_eq!(logs.total_lost(Loss::Unreachable), 1, "what was queued");
}

#[test]
fn a_collector_that_does_not_answer_delays_no_flush_of_another_signal() {
    let dir = tempfile::tempdir().expect("a folder");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_LOGS_EXPORTER", "file"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "3600000"),
    ];
    let pipeline = pipeline(&env, Settings::default(), Some(dir.path()));
    pipeline.tracer_provider.tracer("test").start("sent").end();
    let logger = pipeline.logger_provider.logger("test");
    let mut record = logger.create_log_record();
    record.set_body("written".into());
    logger.emit(record);
    assert!(!pipeline.flush(Duration::from_secs(1)), "nobody answers");
    let logs = fs::read_to_string(dir.path().join("telemetry-logs.jsonl"));
    assert!(logs.expect("a file").contains("written"));
}

#[test]
fn what_is_erased_is_neither_in_memory_nor_on_disk() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        installation_id: Some(true),
        ..Settings::default()
    };
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let pipeline = pipeline(&endpoint, settings, Some(dir.path()));
    let id = dir.path().join(FOLDER).join("installation.id");
    assert!(id.exists());
    let traces = pipeline.signal(Signal::Traces);
    assert!(traces.outlets.spool().expect("a spool").store(b"kept", 1));
    for &purpose in Purpose::ALL {
        let pending = pipeline.set_consent(purpose, ConsentState::Pending);
        pending.expect("nothing to remove");
    }
    let tracer = pipeline.tracer_provider.tracer("test");
    tracer.start("queued").end();
    assert_eq!(pipeline.queued(Signal::Traces), 1);

    pipeline.erase().expect("removed");
    assert_eq!(pipeline.queued(Signal::Traces), 0);
    assert_eq!(traces.spool_bytes(), 0);
    assert!(!id.exists());
}

#[test]
fn a_limit_cuts_no_secret_so_that_it_is_not_recognised() {
    let dir = tempfile::tempdir().expect("a folder");
    let limit = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "24");
    let env = [&TO_FILES[..], &[limit]].concat();
    let pipeline = pipeline(&env, Settings::default(), Some(dir.path()));
    let text = "postgres://app:s3cretpass@database.example.com";
    let mut span = pipeline.tracer_provider.tracer("test").start("connect");
    span.set_attribute(KeyValue::new("told", text));
    span.end();
    let logger = pipeline.logger_provider.logger("test");
    let mut record = logger.create_log_record();
    record.add_attribute("told", text);
    logger.emit(record);
    pipeline.shutdown();
    for signal in ["traces", "logs"] {
        let file = dir.path().join(format!("telemetry-{signal}.jsonl"));
        let exported = fs::read_to_string(file).expect("a file");
        assert!(exported.contains("postgres://"), "{exported}");
        assert!(!exported.contains("s3cret"), "{exported}");
        assert!(!exported.contains("example"), "{exported}");
    }
}

#[test]
fn a_large_trace_that_tail_sampling_keeps_is_queued_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        tail_sampling: Some(TailSampling::new().ratio(1.0)),
        ..Settings::default()
    };
    let env = [TO_FILES[0], ("OTEL_BSP_MAX_QUEUE_SIZE", "10")];
    let pipeline = pipeline(&env, settings, Some(dir.path()));
    let pending = pipeline.set_consent(Purpose::Diagnostics, ConsentState::Pending);
    pending.expect("nothing to remove");
    let tracer = pipeline.tracer_provider.tracer("test");
    let root = Context::new().with_span(tracer.start("root"));
    for _ in 0..100 {
        tracer.start_with_context("child", &root).end();
    }
    root.span().end();
    assert_eq!(pipeline.queued(Signal::Traces), 101);
}

#[test]
fn what_tail_sampling_holds_at_the_end_is_decided_then() {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = Settings {
        tail_sampling: Some(TailSampling::new().ratio(0.0)),
        ..Settings::default()
    };
    let pipeline = pipeline(&TO_FILES, settings, Some(dir.path()));
    let tracer = pipeline.tracer_provider.tracer("test");
    let held = |name: &'static str, status: Status| {
        let root = Context::new().with_span(tracer.start("not over"));
        let mut span = tracer.start_with_context(name, &root);
        span.set_status(status);
        span.end();
        root
    };
    let _fine = held("fine", Status::Ok);
    let _failed = held("failed", Status::error("as asked"));
    assert_eq!(pipeline.queued(Signal::Traces), 0, "they are held");
    pipeline.shutdown();
    let file = dir.path().join("telemetry-traces.jsonl");
    let exported = fs::read_to_string(file).expect("a file");
    assert!(exported.contains("failed"), "{exported}");
    assert!(!exported.contains("fine"), "{exported}");
}
