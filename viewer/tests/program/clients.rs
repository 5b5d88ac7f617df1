//! Clients that are not ours: those of MCP in Python and JavaScript ask the tools, and the SDKs of OpenTelemetry and the Collector
//! send.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use otel_harness::cache;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::viewer::{Program, span, text};

/// As many bytes as four thousand tokens have at least.
const USUAL_ANSWER_BYTES: usize = 4000 * 3;

/// As many bytes as three thousand tokens of JSON have at least.
const CATALOGUE_BYTES: usize = 3000 * 3;

const TOOLS: [&str; 7] = [
    "status",
    "query_logs",
    "get_traces",
    "query_metrics",
    "get_fields",
    "find_errors",
    "compare",
];

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name)
}

fn python(name: &str) -> Command {
    let program = cache::python();
    assert!(
        program.exists(),
        "the Python of the tests is missing; `cargo xtask backends` installs it"
    );
    let mut command = Command::new(program);
    command.arg(script(name));
    command
}

fn node(name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(script(name));
    command
}

fn read(mut command: Command) -> Vec<u8> {
    let output = command.stderr(Stdio::piped()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output.stdout
}

#[test]
fn clients_of_mcp_are_told_what_the_database_has() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let spans = (1..=600).map(|id| {
        let mut span = span(id, "work");
        span.attributes.push(text("message.id", &id.to_string()));
        if id % 100 == 0 {
            span.status = Some(opentelemetry_proto::tonic::trace::v1::Status {
                code: 2,
                message: "not connected".to_owned(),
            });
        }
        span
    });
    program.send(spans.collect());
    program.until_spans(600);
    let status = program.get("/api/status");
    let run = status["run"]["id"].as_str().unwrap();
    let database = Connection::open(folder.path().join(format!("{run}.db"))).unwrap();
    let ids = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let newest = ids("SELECT lower(hex(trace_id)) FROM traces ORDER BY start DESC LIMIT 400");
    let failed =
        ids("SELECT lower(hex(trace_id)) FROM traces WHERE errors > 0 ORDER BY start DESC");
    assert_eq!((newest.len(), failed.len()), (400, 6));

    let calls = json!([
        ["status", {}],
        ["get_traces", { "limit": 400 }],
        ["get_traces", { "error": true }],
        ["get_traces", { "traceId": failed[0] }],
        ["find_errors", {}],
        ["get_fields", {}],
        ["query_logs", {}],
        ["query_metrics", {}],
        ["compare", {}],
        ["get_traces", { "minDuration": "soon" }],
    ]);
    let tracepane = env!("CARGO_BIN_EXE_tracepane");
    let stdio = json!({ "command": [tracepane, "mcp", "--folder", folder.path()], "calls": calls });
    let http =
        json!({ "url": format!("{}/mcp", program.url), "token": program.token, "calls": calls });
    for task in [stdio, http] {
        for mut client in [python("mcp_client.py"), node("mcp_client.mjs")] {
            client.arg(task.to_string());
            let said: Value = serde_json::from_slice(&read(client)).unwrap();
            let tools = said["tools"].as_array().unwrap();
            let names: Vec<&str> = tools
                .iter()
                .map(|tool| tool["name"].as_str().unwrap())
                .collect();
            assert_eq!(names, TOOLS);
            let size = said["tools"].to_string().len();
            assert!(size <= CATALOGUE_BYTES, "{size} bytes");

            let answers: Vec<&str> = said["answers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|answer| answer["text"].as_str().unwrap())
                .collect();
            for answer in &answers {
                assert!(
                    answer.len() <= USUAL_ANSWER_BYTES,
                    "{} bytes: {answer}",
                    answer.len()
                );
            }
            let [status, all, with_errors, whole, errors, fields, .., refused] = answers.as_slice()
            else {
                panic!("{answers:?}");
            };
            assert!(
                status.contains("600 traces with 600 spans (6 failed)"),
                "{status}"
            );
            // Cut in words, and the rest is told where to go on.
            let shown = newest
                .iter()
                .take_while(|id| all.contains(id.as_str()))
                .count();
            assert!(shown > 50 && shown < 400, "{shown}");
            assert!(all.contains(&format!("\"nextOffset\":{shown}")), "{all}");
            assert_eq!(all.matches("services=app").count(), shown, "{all}");
            assert!(
                failed.iter().all(|id| with_errors.contains(id.as_str())),
                "{with_errors}"
            );
            assert!(with_errors.starts_with("6 traces"), "{with_errors}");
            assert!(whole.contains("ERROR not connected"), "{whole}");
            assert!(errors.starts_with("6 errors in 1 groups"), "{errors}");
            assert!(fields.contains("600 message.id"), "{fields}");
            assert!(refused.contains("minDuration"), "{refused}");
            assert_eq!(said["answers"][answers.len() - 1]["isError"], true);
        }
    }
}

/// Waits for the span, the log record and the data point that each of the senders sends.
fn until_all_signals(program: &Program, senders: u64) {
    program.until("all signals of all senders", |status| {
        let counts = &status["counts"];
        ["spans", "logs", "metricPoints"]
            .iter()
            .all(|signal| counts[*signal].as_u64() == Some(senders))
    });
}

#[test]
fn the_sdks_of_python_and_javascript_send_all_signals_by_each_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let receiver = program.get("/api/status")["receiver"].clone();
    let address = |name: &str| receiver[name].as_str().unwrap().to_owned();
    let (http, grpc) = (address("http"), address("grpc"));
    let mut names = Vec::new();
    for (language, protocol, compression) in [
        ("python", "http/protobuf", "none"),
        ("python", "http/protobuf", "gzip"),
        ("python", "grpc", "gzip"),
        ("javascript", "http/json", "gzip"),
        ("javascript", "http/protobuf", "none"),
        ("javascript", "grpc", "none"),
    ] {
        let is_grpc = protocol == "grpc";
        let mut sender = match language {
            "python" => {
                let mut sender = python("send.py");
                sender.arg(if is_grpc { "grpc" } else { "http" });
                sender
            }
            _ => node("send.mjs"),
        };
        let name = format!("{language} {protocol} {compression}");
        sender.envs([
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                if is_grpc { &grpc } else { &http }.as_str(),
            ),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
            ("OTEL_SERVICE_NAME", &name),
            ("OTEL_LOGS_EXPORTER", "otlp"),
            ("OTEL_METRICS_EXPORTER", "otlp"),
        ]);
        read(sender);
        names.push(name);
        until_all_signals(&program, names.len() as u64);
    }
    for name in &names {
        let service = name.replace(' ', "%20").replace('/', "%2F");
        let traces = program.get(&format!("/api/traces?service={service}"));
        assert_eq!(traces["items"][0]["name"], "work", "{name}: {traces}");
        let logs = program.get(&format!("/api/logs?service={service}"));
        assert_eq!(logs["items"][0]["body"], "it works", "{name}: {logs}");
        assert_eq!(
            logs["items"][0]["traceId"], traces["items"][0]["traceId"],
            "{name}"
        );
    }
    let metrics = program.get("/api/metrics");
    assert_eq!(metrics[0]["name"], "work.size", "{metrics}");
    assert_eq!(metrics[0]["series"], names.len(), "{metrics}");
}

/// A running Collector; it ends when dropped.
struct Collector(Child);

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_collector_sends_all_signals_with_zstd() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let status = program.get("/api/status");
    let grpc = status["receiver"]["grpc"].as_str().unwrap();
    let port = otel_harness::free_port().unwrap();
    let config = folder.path().join("config.yaml");
    fs::write(
        &config,
        format!(
            "receivers: {{ otlp: {{ protocols: {{ http: {{ endpoint: '127.0.0.1:{port}' }} }} }} }}\n\
             exporters: {{ otlp: {{ endpoint: '{grpc}', compression: zstd, tls: {{ insecure: true }} }} }}\n\
             service:\n\
             \x20 telemetry: {{ metrics: {{ level: none }} }}\n\
             \x20 pipelines:\n\
             \x20   traces: {{ receivers: [otlp], exporters: [otlp] }}\n\
             \x20   logs: {{ receivers: [otlp], exporters: [otlp] }}\n\
             \x20   metrics: {{ receivers: [otlp], exporters: [otlp] }}\n"
        ),
    )
    .unwrap();
    let collector = cache::collector();
    assert!(
        collector.exists(),
        "the Collector is missing; `cargo xtask backends` builds it"
    );
    let _collector = Collector(
        Command::new(collector)
            .arg("--config")
            .arg(&config)
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap(),
    );
    // The SDK tries again until the Collector listens.
    let mut sender = python("send.py");
    sender.arg("http").envs([
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://127.0.0.1:{port}").as_str(),
        ),
        ("OTEL_SERVICE_NAME", "behind a Collector"),
    ]);
    read(sender);
    until_all_signals(&program, 1);
    let services = program.get("/api/status")["services"].clone();
    assert_eq!(services, json!(["behind a Collector"]));
}
