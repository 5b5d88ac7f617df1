//! Log records, measurements, and what a batch says of all its items.

use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;

use super::*;
use crate::{
    config::Signal,
    page_intake::Permitted,
    pipeline::{LogEntry, health::Loss},
};

const FIXTURE: &[u8] = include_bytes!("../../../tests/fixtures/page-signals.json");

pub(super) fn fixture() -> ReadBatch {
    page_intake().read(FIXTURE, &StringValue::from("main"), &SpanContext::NONE)
}

/// A batch with nothing but these log records.
fn logs(logs: &[Json]) -> ReadBatch {
    let mut message = batch(&[]);
    message["logs"] = json!(logs);
    read_batch(&message)
}

/// A batch with nothing but these measurements.
fn metrics(metrics: &[Json]) -> ReadBatch {
    let mut message = batch(&[]);
    message["metrics"] = json!(metrics);
    read_batch(&message)
}

fn text<'a>(entry: &'a LogEntry, key: &str) -> Option<&'a str> {
    let attributes = &entry.record.attributes;
    let value = attributes.iter().find(|pair| pair.key == key)?;
    match value.value.as_ref()?.value.as_ref()? {
        ProtoValue::StringValue(text) => Some(text),
        _ => None,
    }
}

#[test]
fn what_a_page_may_not_send_is_dropped_and_counted_and_its_spans_stay() {
    for (logs, metrics, refused) in [
        (true, true, vec![]),
        (true, false, vec![Signal::Metrics]),
        (false, true, vec![Signal::Logs]),
        (false, false, vec![Signal::Logs, Signal::Metrics]),
    ] {
        let mut read = fixture();
        assert_eq!(read.refuse(Permitted { logs, metrics }), refused);
        let kept = [2, 2 * u32::from(logs), 4 * u32::from(metrics)];
        let accepted = kept.into_iter().sum();
        let answer = read.answer();
        assert_eq!((answer.accepted, answer.dropped), (accepted, 8 - accepted));
        let page_intake = page_intake();
        page_intake.pass_on(read, &StringValue::from("main"));
        let lost =
            |signal| page_intake.sinks.health[signal as usize].total_lost(Loss::PageNotPermitted);
        assert_eq!(lost(Signal::Logs), if logs { 0 } else { 2 });
        assert_eq!(lost(Signal::Metrics), if metrics { 0 } else { 4 });
    }
}

#[test]
fn the_batch_of_all_signals_that_both_suites_share_arrives_whole() {
    let read = fixture();
    let answer = read.answer();
    assert_eq!((answer.accepted, answer.dropped), (8, 0));
    let [click, store] = read.spans.items.as_slice() else {
        panic!("two spans");
    };
    assert_eq!(click.instrumentation_scope.name(), "app.ui");
    assert_eq!(click.instrumentation_scope.version(), None);
    assert_eq!(
        store.instrumentation_scope.name(),
        "tauri-plugin-opentelemetry-api"
    );
    for (span, screen) in [(click, "settings"), (store, "inbox")] {
        assert_eq!(attribute(span, "screen"), Some(&Value::from(screen)));
        assert_eq!(attribute(span, "session.id"), Some(&Value::from("2f8d")));
        assert_eq!(span.attributes.len(), 3, "its own, and no other twice");
    }
}

#[test]
fn a_log_record_arrives_with_everything_it_has() {
    let read = fixture();
    let [failed, plain] = read.logs.items.as_slice() else {
        panic!("two records");
    };
    assert_eq!(failed.scope.name(), "app.ui");
    assert_eq!(failed.scope.version(), None);
    let record = &failed.record;
    assert_eq!(record.severity_number, 17);
    assert_eq!(record.severity_text, "ERROR");
    assert_eq!(record.event_name, "exception");
    let body = record.body.clone().and_then(|body| body.value);
    assert_eq!(body, Some(ProtoValue::StringValue("it failed ß😀".into())));
    assert_eq!(
        record.trace_id,
        TraceId::from_hex(TRACE).unwrap().to_bytes()
    );
    assert_eq!(record.span_id, SpanId::from_hex(SPAN).unwrap().to_bytes());
    assert_eq!(text(failed, "exception.type"), Some("TypeError"));
    assert_eq!(text(failed, "tauri.webview.label"), Some("main"));
    assert_eq!(text(failed, "session.id"), Some("2f8d"));
    assert!(record.observed_time_unix_nano >= record.time_unix_nano);

    assert_eq!(plain.scope.name(), "tauri-plugin-opentelemetry-api");
    assert_eq!(plain.scope.version(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(plain.record.severity_text, "INFO");
    assert_eq!(plain.record.body, None);
    assert!(plain.record.trace_id.is_empty() && plain.record.span_id.is_empty());
    let between = record.time_unix_nano.abs_diff(plain.record.time_unix_nano);
    // Each is rounded to a microsecond.
    assert!((9_498_000..=9_502_000).contains(&between), "{between} ns");
}

#[test]
fn a_log_record_that_is_none_is_counted_and_the_others_arrive() {
    let good = json!({ "time": NOW, "severity": 24 });
    let with = |key: &str, value: Json| {
        let mut log = good.clone();
        log[key] = value;
        log
    };
    for bad in [
        json!(null),
        json!({ "time": NOW }),
        json!({ "severity": 9 }),
        with("severity", json!(0)),
        with("severity", json!(25)),
        with("severity", json!("ERROR")),
        with("time", json!(-1)),
        with("body", json!({})),
        with("traceId", json!("0af7")),
        with("spanId", json!(SPAN)),
        with("scope", json!(0)),
        with("scope", json!(-1)),
        with("attributes", json!([])),
        with("eventName", json!(1)),
        with("body", json!("x".repeat(70_000))),
    ] {
        let read = logs(&[good.clone(), bad.clone(), good.clone()]);
        let answer = read.answer();
        assert_eq!((answer.accepted, answer.dropped), (2, 1), "{bad:.80}");
        assert_eq!(read.logs.items[0].record.severity_text, "FATAL4");
    }
}

#[test]
fn long_texts_of_a_log_record_are_cut() {
    let read = logs(&[json!({
        "time": NOW, "severity": 1, "eventName": "e".repeat(2_000), "body": "b".repeat(40_000),
    })]);
    let record = &read.logs.items[0].record;
    assert_eq!(record.event_name.len(), 1024);
    let body = record.body.clone().and_then(|body| body.value);
    assert_eq!(body, Some(ProtoValue::StringValue("b".repeat(16 * 1024))));
}

#[test]
fn a_measurement_that_is_none_is_counted_and_the_others_arrive() {
    let good = json!({ "kind": "gauge", "name": "a.B_c-d/1", "value": -1.5 });
    let with = |key: &str, value: Json| {
        let mut metric = good.clone();
        metric[key] = value;
        metric
    };
    for bad in [
        json!([]),
        with("kind", json!("summary")),
        with("name", json!("")),
        with("name", json!("1a")),
        with("name", json!("a b")),
        with("name", json!("é")),
        with("name", json!("a".repeat(256))),
        with("value", json!(null)),
        with("value", json!("1")),
        with("kind", json!("counter")),
        with("unit", json!("x".repeat(64))),
        with("unit", json!("µs")),
        with("scope", json!(7)),
    ] {
        let answer = metrics(&[good.clone(), bad.clone(), good.clone()]).answer();
        assert_eq!((answer.accepted, answer.dropped), (2, 1), "{bad:.80}");
    }
    let huge = r#"{"drift":1,"spans":[],"metrics":[{"kind":"gauge","name":"a","value":1e999}]}"#;
    let (_, answer) = read_bytes(huge.as_bytes(), &SpanContext::NONE);
    assert_eq!((answer.accepted, answer.dropped), (0, 1));
}

#[test]
fn a_scope_without_a_name_is_the_default_one_and_a_long_one_is_cut() {
    let scoped = |index: u32| with_field("scope", json!(index));
    let mut message = batch(&[
        scoped(0),
        scoped(1),
        scoped(2),
        scoped(3),
        scoped(4),
        good(),
    ]);
    message["scopes"] = json!([
        { "name": "a", "version": "1" }, { "name": "" }, { "name": "é".repeat(200), "version": "1".repeat(300) }, 7,
    ]);
    let read = read_batch(&message);
    let names = read.spans.items.iter();
    let names: Vec<_> = names
        .map(|span| span.instrumentation_scope.name())
        .collect();
    let (cut, default) = ("é".repeat(128), "tauri-plugin-opentelemetry-api");
    assert_eq!(names, ["a", default, &cut, default]);
    let version = read.spans.items[2].instrumentation_scope.version();
    assert_eq!(version, Some("1".repeat(256).as_str()));
    assert_eq!(read.answer().dropped, 2);
}

#[test]
fn the_attributes_of_a_batch_are_limited_as_a_whole() {
    let mut message = batch(&[good()]);
    message["attributes"] = json!({ "big": "x".repeat(5_000) });
    let read = read_batch(&message);
    assert_eq!(attribute(&read.spans.items[0], "big"), None);
    assert_eq!(read.spans.cut_attributes, 1);
    message["attributes"] = json!({ "tauri.webview.label": "admin", "null": null });
    let read = super::read_batch(&message);
    assert_eq!(read.spans.items[0].attributes.len(), 1, "the label");
    assert_eq!(read.spans.cut_attributes, 2);
}

#[test]
fn every_attribute_that_is_left_out_or_shortened_is_counted() {
    let attributes =
        json!({ "null": null, "long": "x".repeat(5_000), "list": vec![1; 200], "a": 1 });
    let part = json!({ "name": "e", "time": NOW, "attributes": { "null": null } });
    let link = json!({ "traceId": TRACE, "spanId": SPAN, "attributes": { "null": null } });
    let span = with(|span| {
        span.insert("attributes".into(), attributes.clone());
        span.insert("events".into(), json!([part]));
        span.insert("links".into(), json!([link]));
    });
    assert_eq!(read_batch(&batch(&[span])).spans.cut_attributes, 5);
    let log = json!({ "time": NOW, "severity": 1, "attributes": attributes });
    assert_eq!(logs(&[log]).logs.cut_attributes, 3);
}
