//! What the viewer can take and how fast it answers: `cargo bench -p tracepane --bench viewer -- 3000000`.
//!
//! The program runs as a process of its own and is sent OTLP over HTTP by two connections. Every figure is of one run on this machine.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use prost::Message;

/// As much as an exporter sends at once by default.
const BATCH: u64 = 512;
const SPANS_PER_TRACE: u64 = 8;
const SENDERS: u64 = 2;
/// The run covers an hour, whatever its number of spans.
const RUN_NANOS: u64 = 3_600_000_000_000;
const START: u64 = 1_700_000_000_000_000_000;
/// Each query is asked so often.
const ROUNDS: usize = 40;

fn main() {
    let spans = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let begun = Instant::now();
    let mut viewer = Viewer::start(&folder);
    println!("start: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    ingest(&viewer, spans);
    println!(
        "resident after ingest: {} MiB (peak {} MiB)",
        viewer.memory("VmRSS"),
        viewer.memory("VmHWM")
    );
    let bytes: u64 = std::fs::read_dir(folder.path())
        .expect("the folder")
        .flatten()
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .sum();
    println!(
        "on disk: {} MiB, {} bytes per span",
        bytes >> 20,
        bytes / spans
    );
    queries(&viewer, spans);
    println!(
        "resident after queries: {} MiB (peak {} MiB)",
        viewer.memory("VmRSS"),
        viewer.memory("VmHWM")
    );
    let _ = viewer.process.kill();
    let _ = viewer.process.wait();
}

struct Viewer {
    process: Child,
    address: String,
    token: String,
}

impl Viewer {
    fn start(folder: &tempfile::TempDir) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tracepane"))
            .arg("--folder")
            .arg(folder.path())
            .args([
                "--http-port",
                "0",
                "--grpc-port",
                "0",
                "--limit",
                "16000000000",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let said = lines.next().expect("it says its link").expect("it is text");
        let (url, token) = said.split_once("/#token=").expect("a link");
        let address = url.split_once("//").expect("a URL").1.to_owned();
        let token = token.to_owned();
        thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            address,
            token,
        }
    }

    fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse::<u64>().ok())
            .unwrap_or_default()
            >> 10
    }
}

/// A connection that stays open.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the viewer listens");
        stream.set_nodelay(true).expect("a socket");
        Self(BufReader::new(stream))
    }

    fn request(&mut self, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let stream = self.0.get_mut();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body))
            .expect("the viewer reads");
        let mut status = String::new();
        self.0.read_line(&mut status).expect("the viewer answers");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a header");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
        (status[9..12].parse().expect("a status"), body)
    }

    fn get(&mut self, viewer: &Viewer, path: &str) -> Vec<u8> {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n",
            viewer.address, viewer.token
        );
        let (status, body) = self.request(&head, b"");
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        body
    }
}

fn ingest(viewer: &Viewer, spans: u64) {
    let (refused, next) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let mut connection = Connection::open(&viewer.address);
                let head = format!("POST /v1/traces HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-protobuf\r\n", viewer.address);
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    if from >= spans {
                        return;
                    }
                    let body = batch(from, spans).encode_to_vec();
                    while connection.request(&head, &body).0 != 200 {
                        refused.fetch_add(1, Ordering::Relaxed);
                        thread::park_timeout(Duration::from_millis(5));
                    }
                }
            });
        }
    });
    let sent = begun.elapsed();
    let mut connection = Connection::open(&viewer.address);
    loop {
        let status: serde_json::Value =
            serde_json::from_slice(&connection.get(viewer, "/api/status")).expect("JSON");
        if status["counts"]["spans"] == spans {
            break;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    let stored = begun.elapsed();
    println!(
        "ingest of {spans} spans: accepted {:.0} spans/s, stored {:.0} spans/s, {} requests sent again",
        spans as f64 / sent.as_secs_f64(),
        spans as f64 / stored.as_secs_f64(),
        refused.into_inner()
    );
}

fn queries(viewer: &Viewer, spans: u64) {
    let mut connection = Connection::open(&viewer.address);
    let end = (START + RUN_NANOS) / 1_000_000;
    let ten_minutes = format!("start={}&end={end}", end - 600_000);
    let traces = spans / SPANS_PER_TRACE;
    let queries: Vec<(&str, String)> = vec![
        ("status", "/api/status".to_owned()),
        ("newest traces", "/api/traces".to_owned()),
        (
            "traces of a service",
            "/api/traces?service=relay".to_owned(),
        ),
        ("traces with errors", "/api/traces?error=true".to_owned()),
        (
            "traces that no filter lets through",
            "/api/traces?minDuration=1h&minDuration=900s".to_owned(),
        ),
        ("slowest traces", "/api/traces?sort=slowest".to_owned()),
        (
            "traces by a rare attribute",
            "/api/traces?attribute=message.id%3D77".to_owned(),
        ),
        ("histogram of all", "/api/traces/histogram".to_owned()),
        (
            "histogram of ten minutes",
            format!("/api/traces/histogram?{ten_minutes}"),
        ),
        ("commands", "/api/commands".to_owned()),
        (
            "commands of ten minutes",
            format!("/api/commands?{ten_minutes}"),
        ),
        ("errors", "/api/errors".to_owned()),
        ("map", "/api/map".to_owned()),
        ("compare with itself", "/api/compare".to_owned()),
        ("fields", "/api/fields".to_owned()),
    ];
    for (name, path) in queries {
        measure(name, || drop(connection.get(viewer, &path)));
    }
    let mut n = 0;
    measure("trace by id", || {
        n = (n + 7919) % traces;
        drop(connection.get(viewer, &format!("/api/traces/{:032x}", id(n))));
    });
}

fn measure(name: &str, mut ask: impl FnMut()) {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            ask();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{name}: p50 {:.1} ms, p95 {:.1} ms",
        times[ROUNDS / 2],
        times[ROUNDS * 95 / 100]
    );
}

/// Random as ids are: a trace is found by an index in no order.
fn id(trace: u64) -> u128 {
    u128::from((trace + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(trace + 1)
}

fn text(key: &str, value: String) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value)),
        }),
        ..KeyValue::default()
    }
}

/// Traces as an app makes them: a click, its invoke, the command, and a server, with 190 bytes of attributes each.
fn batch(from: u64, spans: u64) -> ExportTraceServiceRequest {
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    for n in from..(from + BATCH).min(spans) {
        let (trace, place) = (n / SPANS_PER_TRACE, n % SPANS_PER_TRACE);
        let start = START + (RUN_NANOS / spans) * trace * SPANS_PER_TRACE + place * 20_000;
        let (name, kind, list) = match place {
            0 => ("click", 1, 0),
            1 => ("send_message", 3, 0),
            2 => ("send_message", 2, 1),
            3 => ("send_message", 1, 1),
            6 => ("POST /messages", 2, 2),
            _ => ("work", 1, 1),
        };
        let command = format!("command_{}", trace % 20);
        let mut attributes = vec![
            text("tauri.webview.label", "main".to_owned()),
            text("code.function.name", format!("messenger::commands::{name}")),
            text("message.id", trace.to_string()),
            text("filler", "x".repeat(80)),
        ];
        if place == 1 || place == 2 {
            attributes.push(text("rpc.system.name", "tauri".to_owned()));
            attributes.push(text("rpc.method", command));
        }
        let failed = place == 6 && trace % 50 == 0;
        lists[list].push(Span {
            trace_id: id(trace).to_be_bytes().to_vec(),
            span_id: (n + 1)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .to_be_bytes()
                .to_vec(),
            parent_span_id: if place == 0 {
                Vec::new()
            } else {
                n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().to_vec()
            },
            name: name.to_owned(),
            kind,
            start_time_unix_nano: start,
            end_time_unix_nano: start + 1_000_000 + (trace * 7919 % 1000) * 3000 - place * 100_000,
            status: failed.then(|| Status {
                code: 2,
                message: "not connected".to_owned(),
            }),
            attributes,
            ..Span::default()
        });
    }
    let groups = [
        ("messenger", "tauri-plugin-opentelemetry-api"),
        ("messenger", "messenger"),
        ("relay", "axum"),
    ];
    let resource_spans = groups
        .into_iter()
        .zip(lists)
        .map(|((service, scope), spans)| ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", service.to_owned())],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: scope.to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        });
    ExportTraceServiceRequest {
        resource_spans: resource_spans.collect(),
    }
}
