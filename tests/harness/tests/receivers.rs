//! What is sent to a receiver is what a test reads back, whichever receiver it is.

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::SpanKind, status::StatusCode},
};
use otel_harness::{Collector, Kind, Node, Receiver, Source, Trace, Viewer, traces, until};
use prost::Message;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// A root and its failed child, with an attribute of each type that changes on its way through JSON.
fn request() -> ExportTraceServiceRequest {
    let root = Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        name: "click".into(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: 1_700_000_000_000_000_001,
        end_time_unix_nano: 1_700_000_000_001_500_001,
        attributes: vec![
            attribute("text", Value::StringValue("hello".into())),
            attribute("big", Value::IntValue(i64::MAX)),
            attribute("half", Value::DoubleValue(0.5)),
            attribute("yes", Value::BoolValue(true)),
            attribute("nothing", Value::ArrayValue(ArrayValue::default())),
            attribute("not a number", Value::DoubleValue(f64::NAN)),
        ],
        ..Span::default()
    };
    let child = Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0xef; 8],
        parent_span_id: vec![0xcd; 8],
        name: "greet".into(),
        kind: SpanKind::Client.into(),
        start_time_unix_nano: 1_700_000_000_000_000_002,
        end_time_unix_nano: 1_700_000_000_001_000_000,
        attributes: vec![attribute("error.type", Value::StringValue("error".into()))],
        status: Some(Status {
            message: "refused".into(),
            code: StatusCode::Error.into(),
        }),
        ..Span::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute("service.name", Value::StringValue("app".into()))],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "by hand".into(),
                    version: "1.2.3".into(),
                    ..InstrumentationScope::default()
                }),
                spans: vec![child, root],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// Posts as an exporter does, and returns the status line of the answer.
async fn post(endpoint: &str, body: &[u8]) -> Result<String> {
    let address = endpoint
        .strip_prefix("http://")
        .context("an endpoint is a URL")?;
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-protobuf\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

async fn check_round_trip(endpoint: &str, source: &impl Source) -> Result<()> {
    let status = post(endpoint, &request().encode_to_vec()).await?;
    ensure!(status == "HTTP/1.1 200 OK", "{status}");

    let trace = source
        .trace("two spans", 2, |span| span.name == "greet")
        .await?;
    check(&trace)
        // JSON has no word for it; that the span arrives at all is the point.
        .has("not a number", json!(null));
    Ok(())
}

/// Checks the trace of [`request`], and returns its root.
fn check(trace: &Trace) -> Node<'_> {
    let root = trace
        .root("click")
        .kind(Kind::Internal)
        .scope("by hand")
        .ok()
        .has("text", "hello")
        .has("big", i64::MAX)
        .has("half", 0.5)
        .has("yes", true)
        .has("nothing", json!([]));
    assert_eq!(root.trace_id, "ab".repeat(16));
    assert_eq!(root.span_id, "cd".repeat(8));
    assert_eq!(root.start, 1_700_000_000_000_000_001);
    assert_eq!(root.millis(), 1.5);
    assert_eq!(root.scope_version, "1.2.3");
    assert_eq!(root.resource.get("service.name"), Some(&json!("app")));
    root.child("greet").kind(Kind::Client).error("error").leaf();
    root
}

#[tokio::test]
async fn the_collector_gives_back_what_was_sent() -> Result<()> {
    let collector = Collector::start().await?;
    check_round_trip(collector.endpoint(), &collector).await
}

#[tokio::test]
async fn the_receiver_in_this_process_gives_back_what_was_sent() -> Result<()> {
    let receiver = Receiver::start().await?;
    check_round_trip(receiver.endpoint(), &receiver).await?;
    assert_eq!(receiver.requests(), 1);
    Ok(())
}

#[tokio::test]
async fn the_viewer_gives_back_what_was_sent() -> Result<()> {
    let viewer = Viewer::start().await?;
    let mut request = request();
    for span in &mut request.resource_spans[0].scope_spans[0].spans {
        // The harness reads JSON, which has no word for it.
        span.attributes.retain(|pair| pair.key != "not a number");
    }
    let status = post(&viewer.endpoint(), &request.encode_to_vec()).await?;
    ensure!(status == "HTTP/1.1 200 OK", "{status}");
    let trace = until("the trace of two spans", async || {
        let spans = viewer.spans().await.ok()?;
        let found = traces(&spans).into_iter().next()?;
        (found.spans().len() == 2).then_some(found)
    })
    .await?;
    check(&trace);
    let status = viewer.get("/api/status").await?;
    assert_eq!(status["counts"]["spans"], 2, "{status}");
    assert_eq!(status["receiver"]["grpc"], viewer.grpc_endpoint());
    Ok(())
}

#[tokio::test]
async fn the_receiver_refuses_what_it_cannot_read() -> Result<()> {
    let receiver = Receiver::start().await?;
    let status = post(receiver.endpoint(), b"not protobuf").await?;
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    assert_eq!(receiver.spans().len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_receiver_takes_the_largest_batch_of_an_exporter() -> Result<()> {
    let receiver = Receiver::start().await?;
    let mut request = request();
    let big = attribute("big", Value::StringValue("x".repeat(3 << 20)));
    request.resource_spans[0].scope_spans[0].spans[0]
        .attributes
        .push(big);
    let status = post(receiver.endpoint(), &request.encode_to_vec()).await?;
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert_eq!(receiver.spans().len(), 2);
    Ok(())
}
