//! What a page may send that does not hold to anything, and what it costs: itself, and no other.

use super::*;

/// The bad span between two good ones: the good ones arrive and the bad one is counted.
fn check_dropped(what: &str, bad: Json) {
    let (spans, answer) = read(&batch(&[good(), bad, good()]));
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["good", "good"], "{what}");
    let expected = BatchAnswer {
        accepted: 2,
        dropped: 1,
    };
    assert_eq!(answer, expected, "{what}");
}

#[test]
fn ids_that_are_none_are_counted() {
    for (field, bad) in [
        ("traceId", json!("xyz7651916cd43dd8448eb211c80319c")),
        ("traceId", json!("0AF7651916CD43DD8448EB211C80319C")),
        ("traceId", json!("0af7")),
        ("traceId", json!("00000000000000000000000000000000")),
        ("traceId", json!(42)),
        ("spanId", json!("0000000000000000")),
        ("spanId", json!("b7ad6b716920333")),
        ("spanId", json!(null)),
        ("parentSpanId", json!("nope")),
        ("parentSpanId", json!("0000000000000000")),
    ] {
        check_dropped(field, with_field(field, bad));
    }
}

#[test]
fn times_that_are_none_are_counted() {
    for (field, bad) in [
        ("startTime", json!(null)),
        ("startTime", json!(-1)),
        ("endTime", json!(NOW - 1.0)),
        ("endTime", json!(1e300)),
        ("endTime", json!("soon")),
    ] {
        check_dropped(field, with_field(field, bad));
    }
}

#[test]
fn spans_of_wrong_types_are_counted() {
    for bad in [json!(null), json!(1), json!("x"), json!([]), json!({})] {
        check_dropped("no span", bad);
    }
    for (field, bad) in [
        ("name", json!({})),
        ("name", json!("")),
        ("kind", json!("hyperlink")),
        ("invoke", json!("greet")),
        ("status", json!("bad")),
        ("attributes", json!([1])),
        ("events", json!({})),
        ("links", json!("x")),
    ] {
        check_dropped(field, with_field(field, bad));
    }
}

#[test]
fn a_span_with_a_value_of_a_mebibyte_is_counted() {
    let value = "x".repeat(1024 * 1024);
    check_dropped("1 MiB", with_field("attributes", json!({ "big": value })));
}

#[test]
fn a_batch_of_ten_mebibytes_gives_what_is_good_in_it() {
    let heavy = with_field("attributes", json!({ "big": "x".repeat(1024 * 1024) }));
    let (spans, answer) = read(&batch(&[
        good(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy.clone(),
        heavy,
        good(),
    ]));
    assert_eq!((spans.len(), answer.dropped), (2, 10));
}

#[test]
fn of_a_hundred_thousand_spans_the_first_arrive_and_the_rest_is_counted() {
    let spans = vec![good(); 100_000];
    let (spans, answer) = read(&batch(&spans));
    assert_eq!(spans.len(), MAX_ITEMS_PER_BATCH);
    assert_eq!(answer.accepted as usize, MAX_ITEMS_PER_BATCH);
    assert_eq!(answer.dropped as usize, 100_000 - MAX_ITEMS_PER_BATCH);
}

#[test]
fn spans_above_the_limit_are_counted_and_never_stored() {
    let body = format!("{{\"spans\":[{}1]}}", "1,".repeat(1_000_000));
    let batch: PageBatch<'_> = serde_json::from_str(&body).unwrap();
    let spans = batch.spans.unwrap();
    assert_eq!(spans.dropped as usize, 1_000_001 - MAX_ITEMS_PER_BATCH);
    assert!(
        spans.items.capacity() <= 2 * MAX_ITEMS_PER_BATCH,
        "{}",
        spans.items.capacity()
    );
}

#[test]
fn a_page_that_never_stops_is_cut_to_the_rate() {
    let page_intake = page_intake();
    let body = batch(&vec![good(); MAX_ITEMS_PER_BATCH]).to_string();
    let mut accepted = 0;
    let start = Instant::now();
    for _ in 0..40 {
        let main = StringValue::from("main");
        let read = page_intake.read(body.as_bytes(), &main, &SpanContext::NONE);
        accepted += read.answer().accepted;
    }
    let refilled = start.elapsed().as_secs_f64() * rate::ITEMS_PER_SECOND;
    let granted = rate::BURST..=rate::BURST + refilled;
    assert!(granted.contains(&accepted.into()), "{accepted}");
}

#[test]
fn prototype_keys_are_keys() {
    let attributes = json!({ "__proto__": "a", "constructor": "b", "toString": 1 });
    let (spans, _) = read(&batch(&[with_field("attributes", attributes)]));
    assert_eq!(attribute(&spans[0], "__proto__"), Some(&Value::from("a")));
    assert_eq!(attribute(&spans[0], "constructor"), Some(&Value::from("b")));
}

#[test]
fn a_page_cannot_pass_for_another() {
    let attributes = json!({ "tauri.webview.label": "admin", "good": 1 });
    let (spans, _) = read(&batch(&[with_field("attributes", attributes)]));
    let labels = spans[0]
        .attributes
        .iter()
        .filter(|pair| pair.key.as_str() == "tauri.webview.label");
    let labels: Vec<_> = labels.map(|pair| &pair.value).collect();
    assert_eq!(labels, [&Value::from("main")]);
    assert_eq!(spans[0].dropped_attributes_count, 1);
    assert_eq!(attribute(&spans[0], "good"), Some(&Value::I64(1)));
}

#[test]
fn nesting_of_any_depth_costs_that_span_or_value_and_no_other() {
    // An object is no value, and is passed over; an array could be one, and is read.
    for (open, inner, close, accepted) in [("[", "", "]", 2), ("{\"a\":", "1", "}", 3)] {
        let deep = format!("{}{inner}{}", open.repeat(9_000), close.repeat(9_000));
        let good = good().to_string();
        let bad = good.replacen('{', &format!("{{\"attributes\":{{\"deep\":{deep}}},"), 1);
        let body = format!("{{\"drift\":0,\"spans\":[{good},{bad},{good}],\"dropped\":0}}");
        let (spans, answer) = read_bytes(body.as_bytes(), &SpanContext::NONE);
        assert_eq!(
            (spans.len(), answer.dropped),
            (accepted, 3 - accepted as u32),
            "{open}"
        );
        assert!(spans.iter().all(|span| attribute(span, "deep").is_none()));
    }
}

#[test]
fn values_of_no_attribute_type_leave_the_span_alone() {
    let attributes = json!({ "null": null, "object": { "a": [1] }, "mixed": [1, "a"], "good": 1 });
    let (spans, answer) = read(&batch(&[with_field("attributes", attributes)]));
    assert_eq!(answer.dropped, 0);
    assert_eq!(spans[0].dropped_attributes_count, 3);
    assert_eq!(attribute(&spans[0], "good"), Some(&Value::I64(1)));
}

#[test]
fn more_than_the_limits_allow_is_cut_and_counted() {
    let attributes: serde_json::Map<_, _> = (0..200).map(|i| (format!("k{i}"), json!(i))).collect();
    let event = json!({ "name": "e", "time": NOW });
    let link = json!({ "traceId": TRACE, "spanId": SPAN });
    let span = with(|span| {
        span.insert("name".into(), json!("é".repeat(2_000)));
        span.insert("attributes".into(), attributes.into());
        span.insert("events".into(), vec![event; 200].into());
        span.insert("links".into(), vec![link; 200].into());
    });
    let (spans, _) = read(&batch(&[span]));
    let span = &spans[0];
    assert_eq!(span.name.len(), 1024);
    // One more is the label of the webview.
    assert_eq!(
        (span.attributes.len(), span.dropped_attributes_count),
        (129, 72)
    );
    assert_eq!(
        span.attributes[0].key.as_str(),
        "tauri.webview.label",
        "a limit of the exporter cuts the last"
    );
    assert_eq!((span.events.len(), span.events.dropped_count), (128, 72));
    assert_eq!((span.links.len(), span.links.dropped_count), (128, 72));
}

#[test]
fn a_long_value_is_cut_at_a_character() {
    let attributes = json!({ "long": format!("x{}", "é".repeat(4_000)) });
    let (spans, _) = read(&batch(&[with_field("attributes", attributes)]));
    let Some(Value::String(text)) = attribute(&spans[0], "long") else {
        panic!("a string");
    };
    assert_eq!(text.as_str().len(), 4_095);
}

#[test]
fn what_is_no_message_is_counted_as_one() {
    for body in [
        &b""[..],
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"{\"spans\":",
        b"{\"spans\":7}",
        b"{\"name\":\"x\"}",
    ] {
        let (spans, answer) = read_bytes(body, &SpanContext::NONE);
        assert_eq!((spans.len(), answer.dropped), (0, 1), "{body:?}");
    }
}

#[test]
fn a_clock_that_makes_no_sense_does_not_cost_the_spans() {
    for drift in [json!(null), json!("x"), json!({})] {
        let (spans, answer) =
            read(&json!({ "drift": drift, "spans": [good()], "dropped": "many" }));
        assert_eq!((spans.len(), answer.dropped), (1, 0));
    }
}

#[test]
fn a_number_of_dropped_spans_that_is_none_is_tolerated() {
    for (dropped, counted) in [(json!(1e300), MAX_DROPPED), (json!(-1), 0), (json!([]), 0)] {
        let mut message = batch(&[good()]);
        message["dropped"] = dropped;
        let (_, answer) = read(&message);
        assert_eq!((answer.accepted, answer.dropped as usize), (1, counted));
    }
}
