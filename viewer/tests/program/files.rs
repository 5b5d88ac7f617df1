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

use crate::viewer::{Program, export, span};

const LINE: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0000000000000000000000000000002a",
    "spanId":"000000000000002a","name":"from a line","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#;

/// A record of a spool as the plugin writes it.
fn record(body: &[u8]) -> Vec<u8> {
    let mut bytes = 1_700_000_000_000_u64.to_le_bytes().to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(body).to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn lines_and_a_spool_are_opened_and_what_is_damaged_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("traces.jsonl");
    fs::write(&lines, format!("{}\nno JSON\n", LINE.replace('\n', ""))).unwrap();
    let spool = folder.path().join("spool");
    let mut bytes = b"OTSPOOL\x02\x00\x00".to_vec();
    bytes.extend([0; 20]);
    bytes.extend(record(&export(vec![span(1, "kept")]).encode_to_vec()));
    let mut damaged = record(&export(vec![span(2, "damaged")]).encode_to_vec());
    *damaged.last_mut().unwrap() ^= 1;
    bytes.extend(damaged);
    bytes.extend(record(&export(vec![span(3, "kept too")]).encode_to_vec()));
    bytes.extend(b"torn");
    fs::write(&spool, bytes).unwrap();

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
    assert_eq!(names, ["from a line", "kept", "kept too"]);
    let status = program.get("/api/status");
    assert_eq!(status["run"]["name"], "traces.jsonl, spool", "{status}");
}

#[test]
fn a_file_without_a_request_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "hello\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tracepane"))
        .arg("open")
        .arg(&file)
        .arg("--folder")
        .arg(folder.path().join("runs"))
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("notes.txt, request 1: "), "{said}");
    assert!(said.contains("no OTLP request that can be read"), "{said}");
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
