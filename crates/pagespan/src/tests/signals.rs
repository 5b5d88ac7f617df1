//! Events, records of the `log` crate, measurements, panics, and the limits of all of them.

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use log::Log;
use serde_json::{Value, json};
use tracing::{debug, error, field::Empty, info, info_span, trace, warn};

use super::support::{FakeKernel, record, record_on};
use crate::{logger::Logger, panic::watch, queue, recorder::Recorder};

#[test]
fn an_event_is_a_log_record_in_its_trace() {
    let kernel = record(|| {
        let other = info_span!("other");
        info_span!("span").in_scope(|| {
            warn!(target: "shop::cart", items = 2, big = u64::MAX, nan = f64::NAN, "nearly full");
            info!(parent: &other, "of the other");
            info!(parent: None, "of none");
        });
        info!("outside");
    });
    let logs = kernel.items("logs");
    let span = kernel.span("span");
    assert_eq!(logs[0]["traceId"], span["traceId"]);
    assert_eq!(logs[0]["spanId"], span["spanId"]);
    assert_eq!(logs[0]["severity"], 13);
    assert_eq!(logs[0]["body"], "nearly full");
    assert!(logs[0]["time"].as_f64().unwrap() > 1_700_000_000_000.0);
    assert_eq!(
        logs[0]["attributes"],
        json!({ "target": "shop::cart", "items": 2, "big": u64::MAX.to_string(), "nan": "NaN" })
    );
    assert_eq!(logs[1]["spanId"], kernel.span("other")["spanId"]);
    assert_eq!(logs[2].get("traceId"), None);
    assert_eq!(logs[3].get("traceId"), None);
}

#[test]
fn an_integer_is_a_number_as_far_as_javascript_has_it_and_else_a_text() {
    let kernel = record(|| {
        info!(
            last = (1_u64 << 53) - 1,
            next = 1_u64 << 53,
            lowest = i64::MIN,
            fits = -3_i128,
            fits_too = 3_u128,
            high = u128::from(u64::MAX) + 1,
            low = i128::MIN,
        );
    });
    assert_eq!(
        kernel.items("logs")[0]["attributes"],
        json!({
            "target": "pagespan::tests::signals",
            "last": 9_007_199_254_740_991_u64,
            "next": "9007199254740992",
            "lowest": "-9223372036854775808",
            "fits": -3,
            "fits_too": 3,
            "high": "0x00000000000000010000000000000000",
            "low": "-0x80000000000000000000000000000000",
        })
    );
}

#[test]
fn levels_are_the_severity_numbers_of_opentelemetry() {
    let kernel = record(|| {
        trace!("");
        debug!("");
        info!("");
        warn!("");
        error!("");
    });
    let logs = kernel.items("logs");
    let severities: Vec<&Value> = logs.iter().map(|log| &log["severity"]).collect();
    assert_eq!(severities, [1, 5, 9, 13, 17]);
}

#[test]
fn a_record_of_the_log_crate_keeps_its_target_and_gets_the_trace() {
    // The logger of the process; another test may have set it.
    let _ = tracing_log::LogTracer::init();
    let kernel = record(|| {
        info_span!("span").in_scope(|| log::warn!(target: "old::crate", "by log"));
    });
    let logs = kernel.items("logs");
    assert_eq!(logs[0]["body"], "by log");
    assert_eq!(logs[0]["severity"], 13);
    assert_eq!(logs[0]["attributes"], json!({ "target": "old::crate" }));
    assert_eq!(logs[0]["spanId"], kernel.span("span")["spanId"]);
}

#[test]
fn the_logger_of_the_page_records_up_to_info_and_an_error_fails_the_span() {
    let kernel = record_on(FakeKernel::default(), |kernel| {
        let logger = Logger::new(Recorder::on(kernel));
        info_span!("span").in_scope(|| {
            for level in [log::Level::Error, log::Level::Info, log::Level::Debug] {
                let mut record = log::Record::builder();
                record.level(level).target("old::crate");
                logger.log(&record.args(format_args!("by {}", "log")).build());
            }
        });
    });
    let logs = kernel.items("logs");
    let severities: Vec<&Value> = logs.iter().map(|log| &log["severity"]).collect();
    assert_eq!(severities, [17, 9]);
    let span = kernel.span("span");
    for log in &logs {
        assert_eq!(log["body"], "by log");
        assert_eq!(log["attributes"], json!({ "target": "old::crate" }));
        assert_eq!(log["spanId"], span["spanId"]);
    }
    assert_eq!(span["status"]["code"], "error");
}

#[test]
fn fields_named_like_instruments_are_measurements() {
    let kernel = record(|| {
        info!(monotonic_counter.clicks = 1, button = "save");
        info!(
            counter.open = -2,
            histogram.size = 1.5,
            gauge.level = 7_u64,
            "and a text"
        );
        info!(histogram.endless = f64::INFINITY);
    });
    let expected = [
        json!({ "kind": "counter", "name": "clicks", "value": 1, "attributes": { "button": "save" } }),
        json!({ "kind": "upDownCounter", "name": "open", "value": -2 }),
        json!({ "kind": "histogram", "name": "size", "value": 1.5 }),
        json!({ "kind": "gauge", "name": "level", "value": 7 }),
    ];
    assert_eq!(kernel.items("metrics"), expected);
    let bodies: Vec<Value> = kernel
        .items("logs")
        .iter()
        .map(|log| log["body"].clone())
        .collect();
    assert_eq!(
        bodies[0], "and a text",
        "a mere measurement is no log record"
    );
}

#[test]
fn a_panic_is_sent_at_once_with_its_stack_and_the_next_hook_runs() {
    let kernel: &FakeKernel = Box::leak(Box::default());
    let was_called = Arc::new(AtomicBool::new(false));
    let saved = panic::take_hook();
    panic::set_hook(Box::new({
        let was_called = was_called.clone();
        move |_| was_called.store(true, Ordering::Relaxed)
    }));
    watch(kernel);
    let result = record_on(FakeKernel::default(), |_| {
        let span = info_span!("span");
        let crash = || span.in_scope(|| panic!("as {}", "asked"));
        let _ = panic::catch_unwind(panic::AssertUnwindSafe(crash));
    });
    panic::set_hook(saved);

    let logs = kernel.items("logs");
    assert_eq!(logs.len(), 2, "one for each way to record");
    assert_eq!(logs[0]["eventName"], "exception");
    assert_eq!(logs[0]["severity"], 21);
    assert_eq!(
        logs[0]["attributes"],
        json!({ "exception.type": "panic", "exception.message": "as asked", "exception.stacktrace": "at app" })
    );
    assert_eq!(logs[0]["spanId"], result.span("span")["spanId"]);
    assert!(was_called.load(Ordering::Relaxed));
}

#[test]
fn a_task_that_makes_many_spans_hands_over_one_batch_and_each_other_has_its_own_task() {
    record_on(FakeKernel::default(), |kernel| {
        for _ in 0..1100 {
            drop(info_span!("span"));
        }
        assert_eq!(kernel.batches().len(), 0, "the task has not ended");
        for expected in [&[512][..], &[512, 512], &[512, 512, 76]] {
            queue::drain_next(kernel);
            let batches = kernel.batches();
            let sizes: Vec<_> = batches.iter().map(|(_, items)| items.len()).collect();
            assert_eq!(sizes, expected);
        }
        let calls = kernel.calls();
        let asked = calls.iter().filter(|call| call.ends_with("task"));
        assert_eq!(
            asked.collect::<Vec<_>>(),
            [&"end_of_task", &"next_task", &"next_task"]
        );
    });
}

#[test]
fn twenty_batches_wait_and_none_is_lost() {
    let kernel = record_on(FakeKernel::default(), |kernel| {
        for _ in 0..20 * 512 {
            drop(info_span!("span"));
        }
        assert_eq!(kernel.batches().len(), 0);
        drop(info_span!("span"));
        assert_eq!(kernel.batches().len(), 1);
    });
    assert_eq!(kernel.items("spans").len(), 20 * 512 + 1);
    let kernel = record_on(FakeKernel::default(), |kernel| {
        let long = "x".repeat(4096);
        for _ in 0..20 * 64 {
            info!(long);
        }
        assert_eq!(kernel.batches().len(), 1, "256 KiB are a full batch, too");
    });
    assert_eq!(kernel.items("logs").len(), 20 * 64);
}

#[test]
fn attributes_links_and_strings_are_limited() {
    let kernel = record(|| {
        let span = info_span!("span", count = Empty, last = Empty);
        for count in 0..200 {
            span.record("count", count);
            span.follows_from(&span);
        }
        span.record("last", true);
        drop(info_span!("long", text = "é".repeat(4096)));
    });
    let span = kernel.span("span");
    assert_eq!(
        span["attributes"]["count"], 199,
        "a field that is recorded again is the same attribute"
    );
    assert_eq!(span["attributes"]["last"], true);
    assert_eq!(span["links"].as_array().unwrap().len(), 128);
    assert_eq!(kernel.span("long")["attributes"]["text"], "é".repeat(2048));
}
