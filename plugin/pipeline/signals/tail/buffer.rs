//! Holds the spans of each trace until all that have started here have ended and its root is among them. A root that
//! ends first does not release the others. A trace whose root is elsewhere, such as in a page that was closed, is decided
//! after [`TailRule::max_wait`]. When the held spans take too much memory, the trace that has waited longest is decided with what
//! is known of it: with a span that has been open for [`TailRule::slow`] it is slow. Decisions are remembered for spans that come later.
//!
//! A trace that was kept because of its share carries the probability in `tracestate`
//! (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>), so that a backend can correct its counts.

use std::{
    collections::{HashMap, VecDeque},
    time::{Instant, SystemTime},
};

use opentelemetry::{
    SpanId, TraceId, Value,
    trace::{SpanContext, Status, TraceState},
};
use opentelemetry_sdk::trace::SpanData;

use crate::{config::TailRule, pipeline::sending::Source};

/// The number of decisions that are remembered: those of the last minutes of a busy app.
const MAX_DECISIONS: usize = 4096;

/// What a span takes beside its texts: an estimate of the bytes of an attribute, and of the entries of the collections.
const ATTRIBUTE_BYTES: usize = size_of::<opentelemetry::KeyValue>();

/// What a trace takes beside its spans, until it is decided.
const TRACE_BYTES: usize = size_of::<(TraceId, HeldTrace)>();

/// What its place in [`TailBuffer::by_age`] takes, until it is the oldest.
const PLACE_BYTES: usize = size_of::<(Instant, TraceId)>();

/// A share is a threshold for the last 56 bits of the trace id, as the specification says.
const RANDOMNESS: u64 = 1 << 56;

pub(super) type Held = Vec<(Source, SpanData)>;

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
    /// When its first span was seen.
    since: Instant,
    /// Spans that have started here and not ended.
    open: usize,
    has_root: bool,
    has_error: bool,
    /// The first start and the last end of its spans.
    times: Option<(SystemTime, SystemTime)>,
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
            // An error or a slow span that comes too late for its trace leaves alone.
            let is_notable = is_error(&span) || self.is_slow(span.start_time, span.end_time);
            return match decision {
                Decision::Dropped if !is_notable => Vec::new(),
                Decision::Dropped => vec![(source, self.marked(span, Decision::Notable))],
                _ => vec![(source, self.marked(span, decision))],
            };
        }
        let bytes = size(&span);
        let trace = self.trace(trace_id, now);
        trace.open = trace.open.saturating_sub(usize::from(has_started));
        trace.add(source, span, bytes);
        let is_complete = trace.open == 0 && trace.has_root;
        self.bytes += bytes;
        let mut leaving = Vec::new();
        if is_complete {
            self.decide(trace_id, now, &mut leaving);
        }
        while self.bytes > self.rule.max_bytes
            && let Some(oldest) = self.pop_oldest()
        {
            self.decide(oldest, now, &mut leaving);
        }
        while let Some((_, oldest)) = self.by_age.front()
            && !self.traces.contains_key(oldest)
        {
            self.pop_oldest();
        }
        leaving
    }

    /// Decides the traces that have waited long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Held {
        let mut leaving = Vec::new();
        while let Some((since, trace_id)) = self.by_age.front().copied()
            && since + self.rule.max_wait <= now
        {
            self.pop_oldest();
            self.decide(trace_id, now, &mut leaving);
        }
        leaving
    }

    /// Decides all traces.
    pub(super) fn drain(&mut self, now: Instant) -> Held {
        let mut leaving = Vec::new();
        while let Some(trace_id) = self.pop_oldest() {
            self.decide(trace_id, now, &mut leaving);
        }
        leaving
    }

    fn pop_oldest(&mut self) -> Option<TraceId> {
        let (_, oldest) = self.by_age.pop_front()?;
        self.bytes -= PLACE_BYTES;
        Some(oldest)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.rule);
    }

    /// The bytes that all of it takes, estimated.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn trace(&mut self, trace_id: TraceId, now: Instant) -> &mut HeldTrace {
        self.traces.entry(trace_id).or_insert_with(|| {
            self.by_age.push_back((now, trace_id));
            self.bytes += PLACE_BYTES + TRACE_BYTES;
            HeldTrace::new(now)
        })
    }

    fn decide(&mut self, trace_id: TraceId, now: Instant, leaving: &mut Held) {
        let Some(trace) = self.traces.remove(&trace_id) else {
            return;
        };
        self.bytes -= trace.bytes;
        let randomness =
            u64::from_be_bytes(std::array::from_fn(|index| trace_id.to_bytes()[8 + index]))
                % RANDOMNESS;
        let is_slow = trace
            .times
            .is_some_and(|(first, last)| self.is_slow(first, last))
            || trace.open > 0 && now.duration_since(trace.since) >= self.rule.slow;
        let decision = if trace.has_error || is_slow {
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

    fn is_slow(&self, start: SystemTime, end: SystemTime) -> bool {
        end.duration_since(start)
            .is_ok_and(|took| took >= self.rule.slow)
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
    fn new(since: Instant) -> Self {
        Self {
            since,
            open: 0,
            has_root: false,
            has_error: false,
            times: None,
            spans: Vec::new(),
            bytes: TRACE_BYTES,
        }
    }

    fn add(&mut self, source: Source, span: SpanData, bytes: usize) {
        self.has_root |= span.parent_span_id == SpanId::INVALID;
        self.has_error |= is_error(&span);
        let (first, last) = self.times.unwrap_or((span.start_time, span.end_time));
        self.times = Some((first.min(span.start_time), last.max(span.end_time)));
        self.bytes += bytes;
        self.spans.push((source, span));
    }
}

fn is_error(span: &SpanData) -> bool {
    matches!(span.status, Status::Error { .. })
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
mod tests;
