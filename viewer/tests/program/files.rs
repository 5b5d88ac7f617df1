//! `open` and `tail`: files and lines.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::{AnyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
};
use prost::Message;

use crate::viewer::{Program, span};

const LINE: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0000000000000000000000000000002a",
    "spanId":"000000000000002a","name":"from a line","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#;

/// A spool file of two requests, as the plugin writes it: its own tests compare.
const SPOOL: &[u8] = include_bytes!("../../../tests/fixtures/spool");
const SPOOL_HEADER_BYTES: usize = 37;

#[test]
fn lines_and_a_spool_are_opened_and_what_is_damaged_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("traces.jsonl");
    fs::write(&lines, format!("{}\nno JSON\n", LINE.replace('\n', ""))).unwrap();
    let spool = folder.path().join("spool");
    let records = &SPOOL[SPOOL_HEADER_BYTES..];
    // Both have names of four letters.
    let (first, second) = records.split_at(records.len() / 2);
    let mut damaged = first.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    let header = &SPOOL[..SPOOL_HEADER_BYTES];
    fs::write(&spool, [header, first, &damaged, second, b"torn"].concat()).unwrap();

    let runs = folder.path().join("runs");
    let files = [&lines, &spool].map(|path| path.to_str().unwrap());
    let program = Program::start(&runs, &["open", files[0], files[1]]);
    program.until_spans(3);
    let traces = program.get("/api/traces");
    let mut names: Vec<_> = traces["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trace| trace["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["from a line", "kept", "sent"]);
    let status = program.get("/api/status");
    assert_eq!(status["run"]["name"], "traces.jsonl, spool", "{status}");
}

/// What `tracepane open` says of a file that it cannot show.
fn refusal(name: &str, content: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, content).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_tracepane"))
        .arg("open")
        .arg(&file)
        .arg("--folder")
        .arg(folder.path().join("runs"))
        .output()
        .expect("the program runs");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_file_without_a_request_is_an_error_that_names_it() {
    let said = refusal("notes.txt", b"hello\n");
    assert!(said.contains("notes.txt, request 1: "), "{said}");
    assert!(said.contains("no OTLP request that can be read"), "{said}");
}

#[test]
fn a_spool_that_is_encrypted_is_said_to_be() {
    let mut spool = SPOOL.to_vec();
    spool[17] = 7;
    let said = refusal("spool", &spool);
    assert!(
        said.contains("spool, request 1: the spool file is encrypted"),
        "{said}"
    );
}

#[test]
fn tail_prints_the_traces_and_log_records_of_the_running_viewer() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    program.send(vec![span(1, "click")]);
    let body = Some(AnyValue {
        value: Some(Value::StringValue("the relay is away".to_owned())),
    });
    let record = LogRecord {
        time_unix_nano: 1_700_000_000_000_000_000,
        severity_number: 17,
        severity_text: "ERROR".to_owned(),
        body,
        ..LogRecord::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            scope_logs: vec![ScopeLogs {
                log_records: vec![record],
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    };
    let headers = [("content-type", "application/x-protobuf")];
    let answer = program.request("POST", "/v1/logs", &headers, &request.encode_to_vec());
    assert_eq!(answer.status, 200);
    let mut tail = Command::new(env!("CARGO_BIN_EXE_tracepane"))
        .arg("tail")
        .arg("--folder")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let (mut trace, mut log) = (false, false);
    while !(trace && log) {
        let line = lines.next().expect("it goes on").unwrap();
        trace |= line.contains("click") && line.contains("app");
        log |= line.contains("ERROR") && line.contains("the relay is away");
    }
    tail.kill().unwrap();
    tail.wait().unwrap();
}
