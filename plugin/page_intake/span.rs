//! A page's span as a span of the SDK, with the page's own ids.
//!
//! The SDK cannot start a span with a given id, but everything behind a span's end takes
//! [`SpanData`], which is plain data. It passes neither sampler nor limits on that way: the page has
//! sampled (it sends recorded spans only), and the limits are those of [`super::wire`].

use std::{
    borrow::Cow,
    str::FromStr,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    KeyValue, SpanId, TraceFlags,
    trace::{Event, Link, SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};

use super::{
    batch_context::BatchContext,
    clock::Drift,
    items::PageItem,
    wire::{
        AtMost, PageEvent, PageLink, PageSpan, PageSpanKind, PageStatus, PageStatusCode, SingleSpan,
    },
};
use crate::{
    names::{ERROR_TYPE, rpc, truncate_words},
    propagation::ids::{span_id, trace_id},
};

/// The longest name of a span or an event, and the longest status message. What is longer is cut.
pub(super) const MAX_NAME_BYTES: usize = 1024;

/// The longest `tracestate` that W3C Trace Context asks to be passed on is 512 characters; what is
/// longer is left out.
const MAX_TRACE_STATE_BYTES: usize = 512;

impl<'a> PageItem<'a> for PageSpan<'a> {
    type Adopted = SpanData;

    fn cut_attributes(&self) -> u32 {
        let events = self.events.items.iter().map(|event| event.attributes.cut());
        let links = self.links.items.iter().map(|link| link.attributes.cut());
        self.attributes.cut() + events.chain(links).sum::<u32>()
    }

    /// The span as the SDK would have made it; `None` when its ids, times, name or scope are not what they must
    /// be.
    fn adopt(self, batch: &BatchContext<'_>) -> Option<SpanData> {
        let parent_span_id = match &self.parent_span_id {
            Some(id) => span_id(&id.0)?,
            None => SpanId::INVALID,
        };
        let trace_state = self
            .trace_state
            .filter(|state| state.0.len() <= MAX_TRACE_STATE_BYTES)
            .and_then(|state| TraceState::from_str(&state.0).ok())
            .unwrap_or_default();
        let context = SpanContext::new(
            trace_id(&self.trace_id)?,
            span_id(&self.span_id)?,
            TraceFlags::SAMPLED,
            false,
            trace_state,
        );
        let start_time = batch.drift.correct(self.start_time)?;
        let end_time = batch.drift.correct(self.end_time)?;
        if end_time < start_time || self.name.is_empty() {
            return None;
        }
        let mut data = SpanData {
            span_context: context,
            parent_span_id,
            parent_span_is_remote: false,
            span_kind: self.kind.map_or(SpanKind::Internal, kind),
            name: name(&self.name),
            start_time,
            end_time,
            attributes: batch.attributes(self.attributes.values),
            dropped_attributes_count: self.attributes.dropped,
            events: events(self.events, batch.drift),
            links: links(self.links),
            status: self.status.map_or(Status::Unset, status),
            instrumentation_scope: batch.scope(self.scope)?.clone(),
        };
        if self.invoke {
            complete_invoke(&mut data);
        }
        Some(data)
    }
}

impl SingleSpan<'_> {
    /// The span, which has just ended below `parent`, or as a trace of its own.
    pub(super) fn adopt(
        self,
        batch: &BatchContext<'_>,
        parent: &SpanContext,
        now: SystemTime,
    ) -> Option<SpanData> {
        let duration = Duration::try_from_secs_f64(self.duration / 1_000.0).ok()?;
        let start_time = now.checked_sub(duration)?;
        if self.name.is_empty() || start_time < SystemTime::UNIX_EPOCH {
            return None;
        }
        let ids = RandomIdGenerator::default();
        let trace_id = if parent.is_valid() {
            parent.trace_id()
        } else {
            ids.new_trace_id()
        };
        let context = SpanContext::new(
            trace_id,
            ids.new_span_id(),
            TraceFlags::SAMPLED,
            false,
            parent.trace_state().clone(),
        );
        Some(SpanData {
            span_context: context,
            parent_span_id: parent.span_id(),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: name(&self.name),
            start_time,
            end_time: now,
            attributes: batch.attributes(self.attributes.values),
            dropped_attributes_count: self.attributes.dropped,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: batch.scope(None)?.clone(),
        })
    }
}

fn name(sent: &str) -> Cow<'static, str> {
    truncate_words(sent, MAX_NAME_BYTES).to_owned().into()
}

/// An event whose time is no time is left out and counted; the span is still worth having.
fn events(sent: AtMost<PageEvent<'_>>, drift: Drift) -> SpanEvents {
    let mut adopted = SpanEvents::default();
    adopted.dropped_count = sent.dropped;
    for event in sent.items {
        match drift.correct(event.time) {
            Some(time) => adopted.events.push(Event::new(
                name(&event.name),
                time,
                event.attributes.values,
                event.attributes.dropped,
            )),
            None => adopted.dropped_count += 1,
        }
    }
    adopted
}

/// What every span of an invoke has, after the label of the webview. The page leaves it out, because it would pay for
/// each.
fn complete_invoke(data: &mut SpanData) {
    data.span_kind = SpanKind::Client;
    data.attributes.splice(1..1, rpc(data.name.clone()));
    let is_error = |pair: &KeyValue| pair.key.as_str() == ERROR_TYPE;
    if data.attributes.iter().any(is_error) {
        data.status = Status::error("");
    }
}

fn links(links: AtMost<PageLink<'_>>) -> SpanLinks {
    let mut adopted = SpanLinks::default();
    adopted.dropped_count = links.dropped;
    for link in links.items {
        match trace_id(&link.trace_id).zip(span_id(&link.span_id)) {
            Some((trace_id, span_id)) => adopted.links.push(Link::new(
                SpanContext::new(
                    trace_id,
                    span_id,
                    TraceFlags::default(),
                    true,
                    TraceState::default(),
                ),
                link.attributes.values,
                link.attributes.dropped,
            )),
            None => adopted.dropped_count += 1,
        }
    }
    adopted
}

fn kind(kind: PageSpanKind) -> SpanKind {
    match kind {
        PageSpanKind::Internal => SpanKind::Internal,
        PageSpanKind::Server => SpanKind::Server,
        PageSpanKind::Client => SpanKind::Client,
        PageSpanKind::Producer => SpanKind::Producer,
        PageSpanKind::Consumer => SpanKind::Consumer,
    }
}

fn status(status: PageStatus<'_>) -> Status {
    match status.code {
        PageStatusCode::Ok => Status::Ok,
        PageStatusCode::Error => Status::error(
            truncate_words(&status.message.unwrap_or_default(), MAX_NAME_BYTES).to_owned(),
        ),
    }
}
