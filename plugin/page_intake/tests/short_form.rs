//! The form `{ name, duration, attributes }`.

use super::*;

#[test]
fn the_short_form_ends_now_below_its_parent() {
    let parent = SpanContext::new(
        TraceId::from_hex(TRACE).unwrap(),
        SpanId::from_hex(SPAN).unwrap(),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    let message = json!({ "name": "render", "duration": 250, "attributes": { "rows": 3 } });
    let (spans, answer) = read_bytes(message.to_string().as_bytes(), &parent);
    assert_eq!((answer.accepted, answer.dropped), (1, 0));
    let span = &spans[0];
    assert_eq!(span.name, "render");
    assert_eq!(span.span_context.trace_id(), parent.trace_id());
    assert_eq!(span.parent_span_id, parent.span_id());
    assert_eq!(
        span.end_time.duration_since(span.start_time).unwrap(),
        Duration::from_millis(250)
    );
    assert_eq!(attribute(span, "rows"), Some(&Value::I64(3)));
}

#[test]
fn the_short_form_is_a_trace_of_its_own_without_a_parent() {
    let (spans, _) = read(&json!({ "name": "render", "duration": 1 }));
    assert_ne!(spans[0].span_context.trace_id(), TraceId::INVALID);
    assert_eq!(spans[0].parent_span_id, SpanId::INVALID);
}

#[test]
fn the_short_form_is_sampled_like_other_traces_that_start_here() {
    let page_intake = page_intake();
    page_intake.sinks.ratio.set(0.0);
    let message = json!({ "name": "render", "duration": 1 }).to_string();
    let webview = StringValue::from("main");
    let read = page_intake.read(message.as_bytes(), &webview, &SpanContext::NONE);
    let answer = page_intake.pass_on(read, &webview);
    assert_eq!((answer.accepted, answer.dropped), (0, 0));
}

#[test]
fn the_short_form_with_a_duration_that_is_none_is_counted() {
    for duration in [json!(-1), json!(null), json!(1e300), json!("long")] {
        let (spans, answer) = read(&json!({ "name": "x", "duration": duration }));
        assert_eq!((spans.len(), answer.dropped), (0, 1), "{duration}");
    }
}
