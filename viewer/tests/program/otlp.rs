//! The receiver of OTLP.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use futures_util::stream;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_client::TraceServiceClient,
    },
    trace::v1::Span,
};
use prost::Message;
use serde_json::json;
use tonic::codegen::Service as _;

use crate::viewer::{Answer, DEADLINE, Program, export, span};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

#[test]
fn protobuf_and_json_plain_and_packed_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let body = |id| export(vec![span(id, "work")]).encode_to_vec();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&body(1)).unwrap();
    let json = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{
        "traceId": "00000000000000000000000000000004", "spanId": "0000000000000004", "name": "by json",
        "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000001000",
    }] }] }] });
    for (headers, body) in [
        (
            vec![PROTOBUF, ("content-encoding", "gzip")],
            gzip.finish().unwrap(),
        ),
        (
            vec![PROTOBUF, ("content-encoding", "zstd")],
            zstd::encode_all(body(2).as_slice(), 1).unwrap(),
        ),
        (vec![PROTOBUF], body(3)),
        (
            vec![("content-type", "application/json; charset=utf-8")],
            json.to_string().into_bytes(),
        ),
    ] {
        let answer = program.request("POST", "/v1/traces", &headers, &body);
        assert_eq!(
            answer.status,
            200,
            "{headers:?} {:?}",
            String::from_utf8_lossy(&answer.body)
        );
        let same = headers[0].1.split(';').next().unwrap();
        assert_eq!(answer.headers["content-type"], same);
    }
    program.until_spans(4);
}

#[test]
fn spans_that_are_not_valid_are_a_partial_success() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let mut wrong = span(2, "wrong");
    wrong.trace_id = vec![0; 16];
    let answer = program.send(vec![span(1, "right"), wrong]);
    assert_eq!(answer.status, 200);
    let partial = ExportTraceServiceResponse::decode(answer.body.as_slice())
        .unwrap()
        .partial_success
        .unwrap();
    assert_eq!(
        (partial.rejected_spans, partial.error_message.as_str()),
        (1, "an id must not be zero")
    );
    program.until_spans(1);
    assert_eq!(program.get("/api/status")["lost"]["rejectedItems"], 1);
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}"#;
    let headers = [("content-type", "application/json")];
    let answer = program.request("POST", "/v1/traces", &headers, json);
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "1", "{partial}");
}

#[test]
fn what_is_no_request_is_refused_and_never_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    // 80 MiB of zeros in less than one.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..80 {
        bomb.write_all(&[0; 1 << 20]).unwrap();
    }
    for (status, headers, body) in [
        (400, vec![PROTOBUF], b"garbage".to_vec()),
        (
            400,
            vec![("content-type", "application/json")],
            b"{".to_vec(),
        ),
        (
            400,
            vec![PROTOBUF, ("content-encoding", "gzip")],
            b"no gzip".to_vec(),
        ),
        (415, vec![("content-type", "text/plain")], Vec::new()),
        (415, vec![PROTOBUF, ("content-encoding", "br")], Vec::new()),
        (
            413,
            vec![PROTOBUF, ("content-encoding", "gzip")],
            bomb.finish().unwrap(),
        ),
        (413, vec![PROTOBUF], vec![0; 17 << 20]),
        (
            413,
            vec![PROTOBUF],
            export(vec![Span::default(); 600_000]).encode_to_vec(),
        ),
    ] {
        let answer = program.request("POST", "/v1/traces", &headers, &body);
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(refusal(&answer).code, INVALID_ARGUMENT, "{headers:?}");
        if status != 415 {
            assert_eq!(answer.headers["content-type"], headers[0].1);
        }
    }
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Refusal {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

const INVALID_ARGUMENT: i32 = 3;

/// What an answer that is no success has in its body.
fn refusal(answer: &Answer) -> Refusal {
    let refusal = if answer.headers["content-type"] == PROTOBUF.1 {
        Refusal::decode(answer.body.as_slice()).expect("a google.rpc.Status")
    } else {
        assert_eq!(answer.headers["content-type"], "application/json");
        let body = answer.json();
        Refusal {
            code: body["code"].as_i64().expect("a google.rpc.Status") as i32,
            message: body["message"]
                .as_str()
                .expect("a google.rpc.Status")
                .to_owned(),
        }
    };
    assert!(!refusal.message.is_empty());
    refusal
}

#[test]
fn a_refusal_has_the_encoding_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    for content_type in [PROTOBUF, ("content-type", "application/json")] {
        let foreign = [content_type, ("origin", "http://evil.example")];
        for (method, headers, status, code) in [
            ("POST", foreign.as_slice(), 403, 7),
            ("GET", &[content_type], 405, 12),
        ] {
            let answer = program.request(method, "/v1/traces", headers, b"");
            assert_eq!(answer.status, status);
            assert_eq!(answer.headers["content-type"], content_type.1);
            assert_eq!(refusal(&answer).code, code);
        }
    }
}

/// Senders that stop in the middle of a request which the program has begun to read, as many as it reads at once.
fn stopped_senders(program: &Program) -> Vec<TcpStream> {
    let address = program.url.strip_prefix("http://").expect("a URL");
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: {address}\r\ncontent-type: {}\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n",
        PROTOBUF.1
    );
    let senders = (0..4).map(|_| {
        let mut sender = TcpStream::connect(address).expect("it listens");
        sender.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        sender.write_all(head.as_bytes()).expect("it is sent");
        let mut goes_on = [0; 25];
        sender.read_exact(&mut goes_on).expect("an answer");
        assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        sender
    });
    senders.collect()
}

#[test]
fn senders_that_stop_in_the_middle_of_a_request_keep_no_query_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let stopped = stopped_senders(&program);
    program.get("/api/status");
    for mut sender in stopped {
        sender.set_nonblocking(true).unwrap();
        let still_read = sender.read(&mut [0; 12]).unwrap_err();
        assert_eq!(still_read.kind(), std::io::ErrorKind::WouldBlock);
    }
}

#[test]
fn senders_that_stop_in_the_middle_of_a_request_keep_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let stopped = stopped_senders(&program);
    for mut sender in stopped {
        let mut answer = String::new();
        sender.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    }
    assert_eq!(program.send(Vec::new()).status, 200);
}

/// The address of OTLP over gRPC, and a runtime for its client.
fn over_grpc(program: &Program) -> (String, tokio::runtime::Runtime) {
    let status = program.get("/api/status");
    let url = status["receiver"]["grpc"]
        .as_str()
        .expect("an address")
        .to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    (url, runtime)
}

#[test]
fn a_sender_over_grpc_that_stops_in_the_middle_of_a_request_is_told_to_send_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let (url, runtime) = over_grpc(&program);
    let code = runtime.block_on(async {
        let endpoint = tonic::transport::Endpoint::from_shared(url.clone()).unwrap();
        let mut channel = endpoint.connect().await.unwrap();
        let never = stream::pending::<Result<Vec<u8>, std::convert::Infallible>>();
        let request = http::Request::post(format!(
            "{url}/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        ))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(tonic::body::Body::new(axum::body::Body::from_stream(never)))
        .unwrap();
        std::future::poll_fn(|context| channel.poll_ready(context))
            .await
            .unwrap();
        let answer = tokio::time::timeout(DEADLINE, channel.call(request)).await;
        answer.unwrap().unwrap().headers()["grpc-status"].clone()
    });
    assert_eq!(code, (tonic::Code::Unavailable as i32).to_string().as_str());
}

#[test]
fn requests_over_one_connection_of_grpc_do_not_keep_each_other_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let (url, runtime) = over_grpc(&program);
    runtime.block_on(async {
        let endpoint = tonic::transport::Endpoint::from_shared(url).unwrap();
        let client = TraceServiceClient::new(endpoint.connect().await.unwrap());
        let name = "n".repeat(400_000);
        let exports = (1..=10).map(|id| {
            let (mut client, name) = (client.clone(), name.as_str());
            async move { client.export(export(vec![span(id, name)])).await }
        });
        for answer in futures_util::future::join_all(exports).await {
            answer.unwrap();
        }
    });
    program.until_spans(10);
}

#[test]
fn grpc_has_a_limit_of_connections() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let status = program.get("/api/status");
    let url = status["receiver"]["grpc"].as_str().unwrap();
    let connect = || {
        let connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        connection.set_read_timeout(Some(DEADLINE)).unwrap();
        connection
    };
    // A server of HTTP/2 speaks first.
    let is_served = |connection: &mut TcpStream| connection.read(&mut [0; 9]);
    let mut first: Vec<_> = (0..128).map(|_| connect()).collect();
    for connection in &mut first {
        assert_eq!(is_served(connection).unwrap(), 9);
    }
    let mut others: Vec<_> = (0..50).map(|_| connect()).collect();
    // It answers while they wait.
    program.get("/api/status");
    for connection in &mut others {
        connection.set_nonblocking(true).unwrap();
        let waits = is_served(connection).unwrap_err();
        assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
        connection.set_nonblocking(false).unwrap();
    }
    drop(first);
    for connection in &mut others {
        assert_eq!(is_served(connection).unwrap(), 9);
    }
}

#[test]
fn grpc_arrives_with_gzip_and_zstd_and_too_many_values_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), &[]);
    let (url, runtime) = over_grpc(&program);
    runtime.block_on(async {
        let channel = tonic::transport::Endpoint::from_shared(url)
            .unwrap()
            .connect()
            .await
            .unwrap();
        let client = TraceServiceClient::new(channel);
        for (id, encoding) in [
            (1, None),
            (2, Some(tonic::codec::CompressionEncoding::Gzip)),
            (3, Some(tonic::codec::CompressionEncoding::Zstd)),
        ] {
            let mut client = client.clone();
            if let Some(encoding) = encoding {
                client = client.send_compressed(encoding);
            }
            let request: ExportTraceServiceRequest = export(vec![span(id, "work")]);
            client.export(request).await.unwrap();
        }
        let too_many = export(vec![Span::default(); 600_000]);
        let refused = client.clone().export(too_many).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    });
    program.until_spans(3);
}
