//! The queue of finished spans. The tracers of the app and the spans of its pages share it, so that one thread and one
//! connection send both.
//!
//! When the queue is full, failed spans and their ancestors are the last of their source to be dropped. An ancestor ends after its child, so its id
//! is known when it ends.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{Context, SpanId, StringValue, trace::Status};
use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{
        common::tonic::ResourceAttributesWithSchema,
        trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};
use parking_lot::Mutex;

use super::{breadcrumbs::Breadcrumbs, session::Sessions, tail::Tail, unique::keep_last_values};
use crate::{
    config::{Batch, SpanLimits, TailRule},
    pipeline::{
        crash::CrashJournal,
        gate::Gate,
        sending::{DropPriority, Lane, Ring, Route, Source},
    },
};

/// The number of ancestors of failed spans that are remembered until they end. An ancestor that never ends is forgotten
/// after that many others.
const MAX_FAILED_ANCESTORS: usize = 1024;

/// A handle to the queue. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct SpanQueue {
    lane: Lane<SpanData, ExportTraceServiceRequest>,
    failed_ancestors: Arc<FailedAncestors>,
    /// Log records that are exported only if an error follows, such as a failed span.
    breadcrumbs: Option<Arc<Breadcrumbs>>,
    /// The sessions that spans are told to belong to, if they are.
    sessions: Option<Arc<Sessions>>,
    gate: Arc<Gate>,
    crash: Option<CrashJournal>,
    /// Holds traces until they are decided. `None` if all are kept.
    tail: Option<Arc<Tail>>,
}

/// What a finished span meets on its way to the queue.
pub(crate) struct SpanStages {
    pub(crate) breadcrumbs: Option<Arc<Breadcrumbs>>,
    pub(crate) sessions: Option<Arc<Sessions>>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) crash: Option<CrashJournal>,
    pub(crate) tail: Option<TailRule>,
}

impl SpanQueue {
    pub(crate) fn start(
        route: Route,
        resource: &Resource,
        mut batch: Batch,
        limits: SpanLimits,
        stages: SpanStages,
    ) -> io::Result<Self> {
        if let Some(rule) = &stages.tail {
            // All spans that are held can leave at once.
            let held = rule.max_bytes / size_of::<(Source, SpanData)>();
            batch.max_queue_size = batch.max_queue_size.saturating_add(held);
        }
        let resource = ResourceAttributesWithSchema::from(resource);
        let encode = move |spans| request(spans, &resource);
        let lane = Lane::start(route, batch, encode, move |request| limits.apply(request))?;
        let failed_ancestors = Arc::<FailedAncestors>::default();
        let tail = stages.tail.map(|rule| {
            let (lane, ancestors) = (lane.clone(), failed_ancestors.clone());
            Tail::start(rule, move |source, span| {
                queue(&lane, &ancestors, source, span);
            })
        });
        Ok(Self {
            tail: tail.transpose()?,
            lane,
            failed_ancestors,
            breadcrumbs: stages.breadcrumbs,
            sessions: stages.sessions,
            gate: stages.gate,
            crash: stages.crash,
        })
    }

    /// Queues a finished span of the page in `webview`. If the queue is full, drops and counts this span or another one.
    pub(crate) fn push_of_page(&self, span: SpanData, webview: &StringValue) {
        self.push_of(Source::Page(webview.clone()), span, false);
    }

    /// `has_started` says whether the start of the span was seen.
    fn push_of(&self, source: Source, mut span: SpanData, has_started: bool) {
        if self.gate.refuses() {
            return;
        }
        if let Some(sessions) = &self.sessions {
            // In front, because a limit cuts what is last.
            span.attributes.insert(0, sessions.attribute());
        }
        let failed = matches!(span.status, Status::Error { .. });
        if failed && let Some(breadcrumbs) = &self.breadcrumbs {
            breadcrumbs.release(span.span_context.trace_id());
        }
        match &self.tail {
            Some(tail) => tail.ended(source, span, has_started),
            None => queue(&self.lane, &self.failed_ancestors, source, span),
        }
    }

    /// Queues the traces that are held and to be kept, as far as they are known.
    pub(crate) fn release_held(&self) {
        if let Some(tail) = &self.tail {
            tail.release();
        }
    }

    /// Deletes the traces that are held.
    pub(crate) fn clear_held(&self) {
        if let Some(tail) = &self.tail {
            tail.clear();
        }
    }

    pub(crate) fn lane(&self) -> &Lane<SpanData, ExportTraceServiceRequest> {
        &self.lane
    }
}

/// Queues a finished span. If the queue is full, drops and counts this span or another one.
fn queue(
    lane: &Lane<SpanData, ExportTraceServiceRequest>,
    failed_ancestors: &FailedAncestors,
    source: Source,
    span: SpanData,
) {
    let failed = matches!(span.status, Status::Error { .. });
    let priority = if failed_ancestors.ended(&source, &span, failed) {
        DropPriority::Last
    } else {
        DropPriority::First
    };
    lane.push_of(source, span, priority);
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, span: &mut Span, _: &Context) {
        if let Some(crash) = &self.crash {
            crash.began(span);
        }
        if let Some(tail) = &self.tail {
            tail.started(opentelemetry::trace::Span::span_context(span).trace_id());
        }
    }

    fn on_end(&self, span: SpanData) {
        if let Some(crash) = &self.crash {
            crash.ended(span.span_context.span_id());
        }
        self.push_of(Source::App, span, true);
    }

    /// The pipeline flushes and closes its queues itself.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Encodes a batch of spans as a request.
pub(crate) fn request(
    spans: Vec<SpanData>,
    resource: &ResourceAttributesWithSchema,
) -> ExportTraceServiceRequest {
    let mut request = ExportTraceServiceRequest {
        resource_spans: group_spans_by_resource_and_scope(spans, resource),
    };
    request
        .resource_spans
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_spans)
        .flat_map(|scope| &mut scope.spans)
        .for_each(|span| {
            keep_last_values(&mut span.attributes);
            for event in &mut span.events {
                keep_last_values(&mut event.attributes);
            }
            for link in &mut span.links {
                keep_last_values(&mut link.attributes);
            }
        });
    request
}

/// The ids of spans that have not ended and in which another span failed.
#[derive(Debug)]
struct FailedAncestors {
    ids: Mutex<Ring<SpanId>>,
    /// The length of `ids`, so that an app without errors takes no lock.
    count: AtomicUsize,
}

impl Default for FailedAncestors {
    fn default() -> Self {
        Self {
            ids: Mutex::new(Ring::new(MAX_FAILED_ANCESTORS)),
            count: AtomicUsize::new(0),
        }
    }
}

impl FailedAncestors {
    /// Call this when a span has ended. Returns whether it failed, or is an ancestor of a failed span. In both cases its
    /// parent is an ancestor of a failed span from now on.
    fn ended(&self, source: &Source, span: &SpanData, failed: bool) -> bool {
        if !failed && self.count.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let mut ids = self.ids.lock();
        let id = span.span_context.span_id();
        let counts = ids.remove(|ancestor| *ancestor == id) || failed;
        let parent = span.parent_span_id;
        if counts && parent != SpanId::INVALID && !ids.contains(|ancestor| *ancestor == parent) {
            ids.push(source.clone(), parent);
        }
        self.count.store(ids.len(), Ordering::Relaxed);
        counts
    }
}

/// A finished span without a name, for tests.
#[cfg(test)]
pub(super) fn ended_span(trace: u128, id: u64, parent: u64, status: Status) -> SpanData {
    use opentelemetry::{
        InstrumentationScope, TraceFlags, TraceId,
        trace::{SpanContext, SpanKind, TraceState},
    };
    use std::time::SystemTime;

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
        events: Default::default(),
        links: Default::default(),
        status,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::{
        KeyValue,
        trace::{Event, Link, SpanContext},
    };
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    impl FailedAncestors {
        fn ends(&self, id: u64, parent: u64, failed: bool) -> bool {
            let status = if failed {
                Status::error("")
            } else {
                Status::Unset
            };
            self.ended(&Source::App, &ended_span(1, id, parent, status), failed)
        }
    }

    #[test]
    fn a_failed_span_and_its_ancestors_are_kept_before_others() {
        let ancestors = FailedAncestors::default();
        assert!(!ancestors.ends(9, 8, false), "nothing has failed");
        assert!(ancestors.ends(4, 3, true));
        assert!(!ancestors.ends(5, 3, false), "a sibling");
        assert!(ancestors.ends(3, 2, false), "the parent");
        assert!(ancestors.ends(2, 0, false), "the root");
        assert!(!ancestors.ends(2, 0, false));
        assert_eq!(ancestors.count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn events_and_links_have_every_key_once() {
        let twice = || Vec::from([1, 2].map(|value| KeyValue::new("a", value)));
        let mut span = ended_span(1, 1, 0, Status::Unset);
        let mut events = SpanEvents::default();
        events.events = vec![Event::new("event", SystemTime::UNIX_EPOCH, twice(), 0)];
        span.events = events;
        let mut links = SpanLinks::default();
        links.links = vec![Link::new(SpanContext::empty_context(), twice(), 0)];
        span.links = links;
        let resource = Resource::builder_empty().build();
        let request = request(vec![span], &(&resource).into());
        let span = &request.resource_spans[0].scope_spans[0].spans[0];
        assert_eq!(span.events[0].attributes.len(), 1);
        assert_eq!(span.links[0].attributes.len(), 1);
    }

    #[test]
    fn ancestors_that_never_end_are_forgotten() {
        let ancestors = FailedAncestors::default();
        for parent in 1..=MAX_FAILED_ANCESTORS as u64 + 1 {
            ancestors.ends(1_000_000 + parent, parent, true);
        }
        assert_eq!(
            ancestors.count.load(Ordering::Relaxed),
            MAX_FAILED_ANCESTORS
        );
        assert!(!ancestors.ends(1, 0, false));
        assert!(ancestors.ends(2, 0, false));
    }

    #[test]
    fn a_page_that_fails_in_a_loop_does_not_make_the_app_forget_its_own() {
        let ancestors = FailedAncestors::default();
        assert!(ancestors.ends(1, 7, true));
        let page = Source::Page("looping".into());
        for id in 100..100 + 2 * MAX_FAILED_ANCESTORS as u64 {
            let failed = ended_span(1, id, 1_000_000 + id, Status::error(""));
            ancestors.ended(&page, &failed, true);
        }
        assert!(
            ancestors.ends(7, 0, false),
            "the parent of what failed in Rust"
        );
    }
}
