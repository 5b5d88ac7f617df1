//! Whole traces are kept or dropped, within the limits of time and memory.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::pipeline::signals::spans::ended_span as span;

const RULE: TailRule = TailRule {
    ratio: 0.0,
    slow: Duration::from_secs(1),
    max_bytes: 1 << 20,
    max_wait: Duration::from_secs(10),
    records_probability: true,
};

fn end(buffer: &mut TailBuffer, span: SpanData, now: Instant) -> Vec<u64> {
    let left = buffer.ended(Source::App, span, true, now);
    ids(&left)
}

fn ids(left: &Held) -> Vec<u64> {
    let ids = left
        .iter()
        .map(|(_, span)| span.span_context.span_id().to_bytes());
    ids.map(u64::from_be_bytes).collect()
}

fn start(buffer: &mut TailBuffer, trace: u128, spans: usize, now: Instant) {
    (0..spans).for_each(|_| buffer.started(TraceId::from(trace), now));
}

#[test]
fn a_root_that_ends_first_does_not_release_the_others() {
    let (mut buffer, now) = (TailBuffer::new(RULE), Instant::now());
    start(&mut buffer, 1, 2, now);
    assert_eq!(end(&mut buffer, span(1, 1, 0, Status::Unset), now), [0; 0]);
    assert_eq!(
        end(&mut buffer, span(1, 2, 1, Status::error("")), now),
        [1, 2]
    );
    assert_eq!(buffer.bytes(), 0);
}

#[test]
fn late_spans_follow_the_decision_and_a_late_error_is_never_dropped() {
    let (mut buffer, now) = (TailBuffer::new(RULE), Instant::now());
    start(&mut buffer, 1, 1, now);
    end(&mut buffer, span(1, 1, 0, Status::error("")), now);
    assert_eq!(end(&mut buffer, span(1, 2, 1, Status::Unset), now), [2]);
    start(&mut buffer, 2, 1, now);
    assert_eq!(end(&mut buffer, span(2, 3, 0, Status::Unset), now), [0; 0]);
    assert_eq!(end(&mut buffer, span(2, 4, 3, Status::Unset), now), [0; 0]);
    assert_eq!(end(&mut buffer, span(2, 5, 3, Status::error("")), now), [5]);
}

#[test]
fn a_slow_trace_is_kept() {
    let (mut buffer, now) = (TailBuffer::new(RULE), Instant::now());
    start(&mut buffer, 1, 1, now);
    let mut slow = span(1, 1, 0, Status::Unset);
    slow.end_time = slow.start_time + RULE.slow;
    assert_eq!(end(&mut buffer, slow, now), [1]);
}

#[test]
fn what_is_open_for_long_enough_is_slow() {
    let (mut buffer, now) = (TailBuffer::new(RULE), Instant::now());
    start(&mut buffer, 1, 1, now);
    let later = now + RULE.max_wait;
    assert_eq!(ids(&buffer.expire(later)), [0; 0]);
    assert_eq!(end(&mut buffer, span(1, 1, 0, Status::Unset), later), [1]);
    // Nothing here tells of the start of a page's span.
    buffer.ended(Source::App, span(2, 3, 2, Status::Unset), false, now);
    assert_eq!(ids(&buffer.expire(later)), [0; 0]);
    let mut root = span(2, 2, 0, Status::Unset);
    root.end_time = root.start_time + RULE.slow;
    assert_eq!(ids(&buffer.ended(Source::App, root, false, later)), [2]);
}

#[test]
fn a_trace_without_a_root_is_decided_when_it_has_waited_long_enough() {
    let (mut buffer, now) = (TailBuffer::new(RULE), Instant::now());
    start(&mut buffer, 1, 1, now);
    assert_eq!(
        end(&mut buffer, span(1, 2, 1, Status::error("")), now),
        [0; 0]
    );
    assert_eq!(ids(&buffer.expire(now)), [0; 0]);
    assert_eq!(ids(&buffer.expire(now + RULE.max_wait)), [2]);
}

#[test]
fn the_share_and_its_probability_are_recorded() {
    let rule = TailRule {
        ratio: 0.25,
        ..RULE
    };
    let (mut buffer, now) = (TailBuffer::new(rule), Instant::now());
    let mut kept = 0;
    for trace in 0..4000_u128 {
        // Spread over the 56 bits that decide.
        let id = (1_u128 << 64) | (trace * (RANDOMNESS as u128 / 4000));
        start(&mut buffer, id, 1, now);
        for (_, span) in buffer.ended(Source::App, span(id, 1, 0, Status::Unset), true, now) {
            assert_eq!(span.span_context.trace_state().get("ot"), Some("th:c"));
            kept += 1;
        }
    }
    assert!((990..=1010).contains(&kept), "{kept} of 4000");
}

#[test]
fn the_threshold_joins_what_others_have_recorded() {
    let state = TraceState::from_key_value([("a", "b"), ("ot", "rv:1;th:8")]).expect("valid");
    let marked = with_threshold(&state, 0);
    assert_eq!(marked.get("ot"), Some("th:0;rv:1"));
    assert_eq!(marked.get("a"), Some("b"));
}

proptest! {
    /// Of any load that fits into the memory, in any order of ends.
    #[test]
    fn every_trace_with_an_error_arrives_whole_and_memory_stays_bounded(
        spans in prop::collection::vec((0..20_u128, any::<bool>()), 1..200),
        order in any::<u64>(),
        max_bytes in prop_oneof![Just(usize::MAX), 0..50_000_usize],
    ) {
        let rule = TailRule { max_bytes, ..RULE };
        let (mut buffer, now) = (TailBuffer::new(rule), Instant::now());
        let mut all: Vec<_> = spans.iter().enumerate().map(|(index, (trace, fails))| {
            let trace = (1_u128 << 64) | trace;
            let id = index as u64 + 1;
            let root = spans.iter().position(|(of, _)| ((1_u128 << 64) | of) == trace).expect("it is there") as u64 + 1;
            let parent = if root == id { 0 } else { root };
            let status = if *fails { Status::error("") } else { Status::Unset };
            span(trace, id, parent, status)
        }).collect();
        let failed: Vec<_> = all.iter()
            .filter(|span| matches!(span.status, Status::Error { .. }))
            .map(|span| span.span_context.trace_id()).collect();
        for span in &all {
            buffer.started(span.span_context.trace_id(), now);
        }
        // An order of ends that depends on the input.
        all.sort_by_key(|span| {
            let id = u64::from_be_bytes(span.span_context.span_id().to_bytes());
            id.wrapping_mul(order | 1).rotate_left(17)
        });
        let mut left = Vec::new();
        for span in &all {
            let largest = size(span);
            left.extend(ids(&buffer.ended(Source::App, span.clone(), true, now)));
            prop_assert!(buffer.bytes() <= max_bytes.saturating_add(largest));
        }
        left.extend(ids(&buffer.drain(now)));
        prop_assert_eq!(buffer.bytes(), 0);
        prop_assert!(buffer.traces.is_empty());
        if max_bytes == usize::MAX {
            let mut expected: Vec<_> = all.iter()
                .filter(|span| failed.contains(&span.span_context.trace_id()))
                .map(|span| u64::from_be_bytes(span.span_context.span_id().to_bytes())).collect();
            expected.sort_unstable();
            left.sort_unstable();
            prop_assert_eq!(left, expected);
        }
    }
}

#[test]
fn traces_that_are_decided_do_not_pile_up_behind_one_that_stays_open() {
    let rule = TailRule {
        max_bytes: 1 << 14,
        max_wait: Duration::MAX,
        ..RULE
    };
    let (mut buffer, now) = (TailBuffer::new(rule), Instant::now());
    start(&mut buffer, 1, 1, now);
    for trace in 2..10_000 {
        start(&mut buffer, trace, 1, now);
        end(&mut buffer, span(trace, 1, 0, Status::Unset), now);
        assert!(buffer.bytes() <= rule.max_bytes);
    }
    assert!(buffer.by_age.len() < 1_000, "{}", buffer.by_age.len());
}
