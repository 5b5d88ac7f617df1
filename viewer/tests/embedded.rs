//! The viewer inside a program, as an app has it: fed in the process, asked without a socket.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use serde_json::Value;
use tracepane::{Options, Signal, Viewer};

fn request(id: u64) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: u128::from(id).to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        name: "click".to_owned(),
        start_time_unix_nano: 1_000_000 * id,
        end_time_unix_nano: 2_000_000 * id,
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans {
        spans: vec![span],
        ..ScopeSpans::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans,
            ..ResourceSpans::default()
        }],
    }
}

fn ask(viewer: &Viewer, path: &str) -> http::Response<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let request = http::Request::builder()
        .uri(format!("viewer://localhost{path}"))
        .body(Vec::new())
        .expect("a request");
    runtime.block_on(viewer.respond(request))
}

fn json(viewer: &Viewer, path: &str) -> Value {
    serde_json::from_slice(ask(viewer, path).body()).expect("JSON")
}

#[test]
fn it_is_fed_and_asked_without_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path());
    options.http_port = None;
    let viewer = Viewer::start(options).unwrap();
    assert_eq!(
        (
            viewer.link(),
            viewer.http_endpoint(),
            viewer.grpc_endpoint()
        ),
        (None, None, None)
    );
    viewer.ingest_traces(request(1)).unwrap();
    viewer.ingest_encoded(Signal::Traces, request(2).encode_to_vec());
    // It waits for the next transaction, as the page of a window does.
    let deadline = Instant::now() + Duration::from_secs(30);
    while json(&viewer, "/api/status")["counts"]["spans"] != 2 {
        assert!(Instant::now() < deadline, "the spans were not stored");
        viewer.flush();
    }
    let traces = json(&viewer, "/api/traces");
    assert_eq!(traces["items"].as_array().unwrap().len(), 2, "{traces}");
    let page = ask(&viewer, "/");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.headers().contains_key("content-security-policy"));
    assert_eq!(ask(&viewer, "/api/session").status(), 204);
    assert_eq!(ask(&viewer, "/api/nothing").status(), 404);
    assert_eq!(json(&viewer, "/api/traces?limit=0")["field"], "limit");
}

#[test]
fn an_event_is_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path());
    options.http_port = None;
    let viewer = Viewer::start(options).unwrap();
    std::thread::scope(|scope| {
        let listening = scope.spawn(|| ask(&viewer, "/api/live"));
        let mut id = 0;
        // It hears what comes after it began to listen.
        while !listening.is_finished() {
            id += 1;
            viewer.ingest_traces(request(id)).unwrap();
            viewer.flush();
            assert!(id < 10_000, "nothing was heard of {id} spans");
        }
        let event = String::from_utf8(listening.join().unwrap().into_body()).unwrap();
        let data = event.strip_prefix("event: stored\ndata: ").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["traces"][0]["name"], "click", "{data}");
    });
}

#[test]
fn everything_is_stored_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let viewer = Viewer::start(Options::new(folder.path())).unwrap();
    for id in 1..=100 {
        viewer.ingest_traces(request(id)).unwrap();
    }
    drop(viewer);
    let again = Viewer::start(Options::new(folder.path())).unwrap();
    let runs = json(&again, "/api/runs");
    assert_eq!(runs[1]["spans"], 100, "{runs}");
}

#[test]
fn a_start_that_fails_at_a_port_leaves_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut options = Options::new(folder.path());
    options.http_port = Some(taken.local_addr().unwrap().port());
    assert!(Viewer::start(options).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
