//! A context as a part of a message.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tracebaton::TraceContext;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[derive(Serialize, Deserialize)]
struct Message {
    text: String,
    #[serde(flatten)]
    trace: TraceContext,
}

fn message(value: serde_json::Value) -> Message {
    serde_json::from_value(value).expect("the message is sound, whatever its context is")
}

#[test]
fn a_context_comes_back_from_a_message() {
    let sent = json!({
        "text": "hello",
        "traceparent": PARENT,
        "tracestate": "foo=1,bar@@x=2",
        "baggage": "user=1",
    });
    let received = message(sent.clone());
    assert_eq!(serde_json::to_value(&received).unwrap(), sent);
}

#[test]
fn an_empty_context_adds_nothing_to_a_message() {
    let received = message(json!({ "text": "hello" }));
    assert!(received.trace.is_empty());
    assert_eq!(
        serde_json::to_value(&received).unwrap(),
        json!({ "text": "hello" })
    );
}

#[test]
fn a_broken_context_never_costs_the_message() {
    let broken = [
        json!(1),
        json!(-1),
        json!(1.5),
        json!(true),
        json!(null),
        json!([1, [2]]),
        json!({ "a": { "b": 1 } }),
        json!("00-0-0-00"),
        json!("x".repeat(100_000)),
    ];
    for value in broken {
        let received = message(json!({
            "text": "hello",
            "traceparent": value,
            "tracestate": value,
            "baggage": value,
        }));
        assert_eq!(received.text, "hello");
        assert!(received.trace.is_empty(), "{value}");
    }
}

#[test]
fn whatever_stands_in_place_of_the_context_the_message_is_sound() {
    #[derive(Deserialize)]
    struct Nested {
        text: String,
        trace: TraceContext,
    }
    let valid = json!({ "traceparent": PARENT });
    for (context, is_valid) in [
        (valid, true),
        // As a sender writes it whose telemetry is off.
        (json!(null), false),
        (json!(PARENT), false),
        (json!([PARENT]), false),
        (json!(7), false),
    ] {
        let nested = json!({ "text": "hello", "trace": context });
        let nested: Nested = serde_json::from_value(nested).expect("the message is sound");
        assert_eq!(nested.text, "hello");
        assert_eq!(!nested.trace.is_empty(), is_valid, "{context}");
    }
    let twice = format!(r#"{{"text":"","trace":{{"traceparent":"{PARENT}","traceparent":"b"}}}}"#);
    let twice: Nested = serde_json::from_str(&twice).expect("the message is sound");
    assert!(twice.trace.is_empty());
}

#[test]
fn what_is_ignored_is_counted() {
    let before = tracebaton::ignored();
    message(json!({ "text": "", "traceparent": "nonsense" }));
    message(json!({ "text": "", "traceparent": 1 }));
    assert!(tracebaton::ignored() >= before + 2);
}
