//! What arrives of a sound batch.

use super::*;

#[test]
fn the_batch_that_both_suites_share_arrives_whole() {
    let body = include_bytes!("../../../tests/fixtures/page-batch.json");
    let (spans, answer) = read_bytes(body, &SpanContext::NONE);
    let sent: Json = serde_json::from_slice(body).unwrap();
    let sent = sent["spans"].as_array().unwrap();
    assert_eq!((spans.len(), answer.dropped), (sent.len(), 0));
    for (span, sent) in spans.iter().zip(sent) {
        assert_eq!(span.span_context.trace_id().to_string(), sent["traceId"]);
        assert_eq!(span.span_context.span_id().to_string(), sent["spanId"]);
        assert_eq!(span.name, sent["name"].as_str().unwrap());
    }
}

#[test]
fn a_span_arrives_with_everything_it_has() {
    let span = json!({
        "traceId": TRACE, "spanId": SPAN, "parentSpanId": "00f067aa0ba902b7", "traceState": "a=b",
        "name": "click", "kind": "client", "startTime": NOW, "endTime": NOW + 0.25,
        "status": { "code": "error", "message": "no" },
        "attributes": { "s": "x", "i": 7, "f": 0.5, "b": true, "l": ["a", "b"], "n": [1, 2.5] },
        "events": [{ "name": "e", "time": NOW + 0.125, "attributes": { "k": 1 } }],
        "links": [{ "traceId": TRACE, "spanId": SPAN }],
    });
    let (spans, _) = read(&batch(&[span]));
    let [span] = spans.as_slice() else {
        panic!("one span");
    };
    assert_eq!(
        span.span_context.trace_id(),
        TraceId::from_hex(TRACE).unwrap()
    );
    assert_eq!(span.span_context.span_id(), SpanId::from_hex(SPAN).unwrap());
    assert!(span.span_context.is_sampled());
    assert_eq!(span.span_context.trace_state().header(), "a=b");
    assert_eq!(
        span.parent_span_id,
        SpanId::from_hex("00f067aa0ba902b7").unwrap()
    );
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(span.status, Status::error("no"));
    assert_eq!(
        span.end_time.duration_since(span.start_time).unwrap(),
        Duration::from_micros(250)
    );
    assert_eq!(attribute(span, "s"), Some(&Value::from("x")));
    assert_eq!(attribute(span, "i"), Some(&Value::I64(7)));
    assert_eq!(attribute(span, "f"), Some(&Value::F64(0.5)));
    assert_eq!(attribute(span, "b"), Some(&Value::Bool(true)));
    assert_eq!(
        attribute(span, "l"),
        Some(&Value::Array(Array::String(vec!["a".into(), "b".into()])))
    );
    assert_eq!(
        attribute(span, "n"),
        Some(&Value::Array(Array::F64(vec![1.0, 2.5])))
    );
    assert_eq!(
        attribute(span, "tauri.webview.label"),
        Some(&Value::from("main"))
    );
    assert_eq!(span.events.len(), 1);
    assert_eq!(span.links.len(), 1);
    assert_eq!(
        span.instrumentation_scope.name(),
        "tauri-plugin-opentelemetry-api"
    );
}

#[test]
fn the_span_of_an_invoke_gets_what_all_of_them_have() {
    let failed = with(|span| {
        span.insert("invoke".into(), json!(true));
        span.insert("attributes".into(), json!({ "error.type": "TypeError" }));
    });
    let (spans, _) = read(&batch(&[with_field("invoke", json!(true)), failed]));
    for span in &spans {
        assert_eq!(span.span_kind, SpanKind::Client);
        let rpc = [
            ("rpc.system.name", &Value::from("tauri")),
            ("rpc.method", &Value::from("good")),
        ];
        for (name, value) in rpc {
            assert_eq!(attribute(span, name), Some(value));
        }
    }
    assert_eq!(spans[0].status, Status::Unset);
    assert_eq!(spans[1].status, Status::error(""));
}

#[test]
fn bytes_that_came_as_an_array_of_numbers_are_bytes() {
    let sent = br#"{"name":"x","duration":1}"#;
    assert_eq!(as_bytes(&json!(sent)).unwrap(), sent);
    assert_eq!(as_bytes(&json!([1, 256, 2])).unwrap(), [1]);
}

#[test]
fn the_drift_of_the_page_is_taken_out_and_the_time_on_the_way_is_not() {
    let start = |message: &Json| read(message).0[0].start_time;
    let mut message = batch(&[good()]);
    // These spans are years old when they are received.
    let sent = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW as u64);
    assert_eq!(start(&message), sent);
    message["drift"] = json!(3_600_000);
    assert_eq!(start(&message), sent + Duration::from_secs(3600));
}

#[test]
fn what_the_page_dropped_is_counted_too() {
    let mut message = batch(&[good()]);
    message["dropped"] = json!(5);
    let (_, answer) = read(&message);
    assert_eq!((answer.accepted, answer.dropped), (1, 5));
}
