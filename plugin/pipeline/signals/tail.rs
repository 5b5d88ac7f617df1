//! Decides about whole traces after they have ended, on the device: traces with an error and slow ones are kept, and a share of
//! the others.
//!
//! The spans of a trace are held until all that have started here have ended and its root is among them. A root that
//! ends first does not release the others. A trace whose root is elsewhere, such as in a page that was closed, is decided
//! after [`TailRule::max_wait`]. When the held spans take too much memory, the trace that has waited longest is decided with what
//! is known of it. Decisions are remembered for spans that come later.
//!
//! A trace that was kept because of its share carries the probability in `tracestate`
//! (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>), so that a backend can correct its counts.

use std::{
    collections::{HashMap, VecDeque},
    fmt, io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use opentelemetry::{
    SpanId, TraceId, Value,
    trace::{SpanContext, Status, TraceState},
};
use opentelemetry_sdk::trace::SpanData;

use parking_lot::Mutex;

use crate::{
    config::TailRule,
    pipeline::sending::{Source, unrecorded},
};

/// The number of decisions that are remembered: those of the last minutes of a busy app.
const MAX_DECISIONS: usize = 4096;

/// What a span takes beside its texts: an estimate of the bytes of an attribute, and of the entries of the collections.
const ATTRIBUTE_BYTES: usize = size_of::<opentelemetry::KeyValue>();

/// How often the thread looks for traces that have waited long enough.
const PACE: Duration = Duration::from_millis(250);

/// A share is a threshold for the last 56 bits of the trace id, as the specification says.
const RANDOMNESS: u64 = 1 << 56;

type Held = Vec<(Source, SpanData)>;

/// Holds traces until they are decided, by a thread that decides those that have waited long enough.
pub(super) struct Tail {
    buffer: Mutex<TailBuffer>,
    leave: Box<dyn Fn(Source, SpanData) + Send + Sync>,
    /// Ends the thread when it is dropped.
    _end: Sender<()>,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").finish_non_exhaustive()
    }
}

impl Tail {
    /// Starts the thread. `leave` takes the spans that are kept.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(super) fn start(
        rule: TailRule,
        leave: impl Fn(Source, SpanData) + Send + Sync + 'static,
    ) -> io::Result<Arc<Self>> {
        let (end, ended) = mpsc::channel();
        let tail = Arc::new(Self {
            buffer: Mutex::new(TailBuffer::new(rule)),
            leave: Box::new(leave),
            _end: end,
        });
        let of_thread = Arc::downgrade(&tail);
        let thread = thread::Builder::new().name("OpenTelemetry.Tail".to_owned());
        thread.spawn(move || {
            unrecorded(|| {
                while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PACE)
                    && let Some(tail) = of_thread.upgrade()
                {
                    tail.expire();
                }
            });
        })?;
        Ok(tail)
    }

    pub(super) fn started(&self, trace_id: TraceId) {
        self.buffer.lock().started(trace_id, Instant::now());
    }

    pub(super) fn ended(&self, source: Source, span: SpanData, has_started: bool) {
        let now = Instant::now();
        let leaving = self.buffer.lock().ended(source, span, has_started, now);
        self.pass_on(leaving);
    }

    /// Decides all traces.
    pub(super) fn release(&self) {
        let leaving = self.buffer.lock().drain();
        self.pass_on(leaving);
    }

    pub(super) fn clear(&self) {
        self.buffer.lock().clear();
    }

    fn expire(&self) {
        let leaving = self.buffer.lock().expire(Instant::now());
        self.pass_on(leaving);
    }

    fn pass_on(&self, leaving: Held) {
        for (source, span) in leaving {
            (self.leave)(source, span);
        }
    }
}

/// The traces that are not decided yet.
#[derive(Debug)]
pub(super) struct TailBuffer {
    rule: TailRule,
    threshold: u64,
    traces: HashMap<TraceId, HeldTrace>,
    /// The traces in the order in which they must be decided. One that was decided earlier is still in here.
    by_age: VecDeque<(Instant, TraceId)>,
    bytes: usize,
    decisions: HashMap<TraceId, Decision>,
    decided: VecDeque<TraceId>,
}

#[derive(Debug)]
struct HeldTrace {
    /// Spans that have started here and not ended.
    open: usize,
    has_root: bool,
    is_notable: bool,
    first_start: Option<SystemTime>,
    last_end: Option<SystemTime>,
    spans: Held,
    bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// It has an error, or was slow.
    Notable,
    /// It is in the share of the others that are kept.
    Sampled,
    Dropped,
}

impl TailBuffer {
    pub(super) fn new(rule: TailRule) -> Self {
        Self {
            threshold: ((1.0 - rule.ratio) * RANDOMNESS as f64) as u64,
            rule,
            traces: HashMap::new(),
            by_age: VecDeque::new(),
            bytes: 0,
            decisions: HashMap::new(),
            decided: VecDeque::new(),
        }
    }

    /// A span of the trace has started here.
    pub(super) fn started(&mut self, trace_id: TraceId, now: Instant) {
        if self.decisions.contains_key(&trace_id) {
            return;
        }
        self.trace(trace_id, now).open += 1;
    }

    /// A span has ended; `has_started` says whether its start was told. Returns the spans that leave now.
    pub(super) fn ended(
        &mut self,
        source: Source,
        span: SpanData,
        has_started: bool,
        now: Instant,
    ) -> Held {
        let trace_id = span.span_context.trace_id();
        if let Some(decision) = self.decisions.get(&trace_id).copied() {
            // An error that comes too late for its trace leaves alone.
            let is_error = matches!(span.status, Status::Error { .. });
            return match decision {
                Decision::Dropped if !is_error => Vec::new(),
                Decision::Dropped => vec![(source, self.marked(span, Decision::Notable))],
                _ => vec![(source, self.marked(span, decision))],
            };
        }
        let bytes = size(&span);
        let slow = self.rule.slow;
        let trace = self.trace(trace_id, now);
        trace.open = trace.open.saturating_sub(usize::from(has_started));
        trace.add(source, span, bytes, slow);
        let is_complete = trace.open == 0 && trace.has_root;
        self.bytes += bytes;
        let mut leaving = Vec::new();
        if is_complete {
            self.decide(trace_id, &mut leaving);
        }
        while self.bytes > self.rule.max_bytes
            && let Some((_, oldest)) = self.by_age.pop_front()
        {
            self.decide(oldest, &mut leaving);
        }
        leaving
    }

    /// Decides the traces that have waited long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Held {
        let mut leaving = Vec::new();
        while let Some((since, trace_id)) = self.by_age.front().copied()
            && since + self.rule.max_wait <= now
        {
            self.by_age.pop_front();
            self.decide(trace_id, &mut leaving);
        }
        leaving
    }

    /// Decides all traces.
    pub(super) fn drain(&mut self) -> Held {
        let mut leaving = Vec::new();
        while let Some((_, trace_id)) = self.by_age.pop_front() {
            self.decide(trace_id, &mut leaving);
        }
        leaving
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.rule);
    }

    /// The bytes of the held spans, estimated.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn trace(&mut self, trace_id: TraceId, now: Instant) -> &mut HeldTrace {
        self.traces.entry(trace_id).or_insert_with(|| {
            self.by_age.push_back((now, trace_id));
            HeldTrace::new()
        })
    }

    fn decide(&mut self, trace_id: TraceId, leaving: &mut Held) {
        let Some(trace) = self.traces.remove(&trace_id) else {
            return;
        };
        self.bytes -= trace.bytes;
        let randomness =
            u64::from_be_bytes(std::array::from_fn(|index| trace_id.to_bytes()[8 + index]))
                % RANDOMNESS;
        let decision = if trace.is_notable {
            Decision::Notable
        } else if randomness >= self.threshold {
            Decision::Sampled
        } else {
            Decision::Dropped
        };
        self.remember(trace_id, decision);
        if decision != Decision::Dropped {
            let spans = trace.spans.into_iter();
            leaving.extend(spans.map(|(source, span)| (source, self.marked(span, decision))));
        }
    }

    fn remember(&mut self, trace_id: TraceId, decision: Decision) {
        if self.decided.len() == MAX_DECISIONS
            && let Some(oldest) = self.decided.pop_front()
        {
            self.decisions.remove(&oldest);
        }
        self.decided.push_back(trace_id);
        self.decisions.insert(trace_id, decision);
    }

    /// The span with the probability by which it was kept.
    fn marked(&self, mut span: SpanData, decision: Decision) -> SpanData {
        if !self.rule.records_probability {
            return span;
        }
        let threshold = match decision {
            Decision::Sampled => self.threshold,
            _ => 0,
        };
        let context = &span.span_context;
        span.span_context = SpanContext::new(
            context.trace_id(),
            context.span_id(),
            context.trace_flags(),
            context.is_remote(),
            with_threshold(context.trace_state(), threshold),
        );
        span
    }
}

impl HeldTrace {
    fn new() -> Self {
        Self {
            open: 0,
            has_root: false,
            is_notable: false,
            first_start: None,
            last_end: None,
            spans: Vec::new(),
            bytes: 0,
        }
    }

    fn add(&mut self, source: Source, span: SpanData, bytes: usize, slow: Duration) {
        self.has_root |= span.parent_span_id == SpanId::INVALID;
        let first = self
            .first_start
            .map_or(span.start_time, |first| first.min(span.start_time));
        let last = self
            .last_end
            .map_or(span.end_time, |last| last.max(span.end_time));
        (self.first_start, self.last_end) = (Some(first), Some(last));
        self.is_notable |= matches!(span.status, Status::Error { .. })
            || last.duration_since(first).is_ok_and(|took| took >= slow);
        self.bytes += bytes;
        self.spans.push((source, span));
    }
}

/// `tracestate` with the threshold of the sampling, and what else it had.
fn with_threshold(state: &TraceState, threshold: u64) -> TraceState {
    let digits = format!("{threshold:014x}");
    let digits = digits.trim_end_matches('0');
    let threshold = format!("th:{}", if digits.is_empty() { "0" } else { digits });
    let others = state.get("ot").unwrap_or_default().split(';');
    let others = others.filter(|part| !part.is_empty() && !part.starts_with("th:"));
    let value: Vec<&str> = std::iter::once(threshold.as_str()).chain(others).collect();
    // Refused only if it is malformed, as what came in was not.
    state
        .insert("ot", value.join(";"))
        .unwrap_or_else(|_| state.clone())
}

/// The bytes that a span takes, estimated.
fn size(span: &SpanData) -> usize {
    let text = |value: &Value| match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(array) => array.to_string().len(),
        _ => 0,
    };
    let attributes = |attributes: &[opentelemetry::KeyValue]| -> usize {
        let sizes = attributes.iter();
        sizes
            .map(|one| ATTRIBUTE_BYTES + one.key.as_str().len() + text(&one.value))
            .sum()
    };
    let events = span.events.iter();
    let events: usize = events
        .map(|event| size_of_val(event) + event.name.len() + attributes(&event.attributes))
        .sum();
    let links = span.links.iter();
    let links: usize = links
        .map(|link| size_of_val(link) + attributes(&link.attributes))
        .sum();
    size_of::<(Source, SpanData)>()
        + span.name.len()
        + attributes(&span.attributes)
        + events
        + links
}

#[cfg(test)]
mod tests {
    use opentelemetry::{InstrumentationScope, TraceFlags, trace::SpanKind};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
    use proptest::prelude::*;

    use super::*;

    const RULE: TailRule = TailRule {
        ratio: 0.0,
        slow: Duration::from_secs(1),
        max_bytes: 1 << 20,
        max_wait: Duration::from_secs(10),
        records_probability: true,
    };

    fn span(trace: u128, id: u64, parent: u64, status: Status) -> SpanData {
        SpanData {
            span_context: SpanContext::new(
                TraceId::from(trace),
                SpanId::from(id),
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            ),
            parent_span_id: SpanId::from(parent),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "".into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

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
            left.extend(ids(&buffer.drain()));
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
}
