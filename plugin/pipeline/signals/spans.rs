//! The queue of finished spans, shared by the tracers of the app and by the spans of its pages, so that
//! one thread and one connection carry both.
//!
//! When the queue is full, spans that failed and their ancestors are kept before others: an ancestor
//! ends after its child and is known by its id when it does.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use opentelemetry::{Context, SpanId, trace::Status};
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

use super::breadcrumbs::Breadcrumbs;
use crate::{
    config::{Batch, SpanLimits},
    pipeline::{
        health::Health,
        sending::{Lane, Outlets, Worth},
    },
};

/// Ancestors of failed spans that have not ended. One that never ends is forgotten after so many others.
const MAX_AWAITED: usize = 1024;

/// A handle to the queue.
#[derive(Debug, Clone)]
pub(crate) struct SpanQueue {
    lane: Lane<SpanData, ExportTraceServiceRequest>,
    awaited: Arc<Awaited>,
    /// Log records that wait for an error, which a failed span is.
    breadcrumbs: Option<Arc<Breadcrumbs>>,
}

impl SpanQueue {
    pub(crate) fn start(
        outlets: Arc<Outlets>,
        resource: &Resource,
        batch: Batch,
        limits: SpanLimits,
        health: Arc<Health>,
        breadcrumbs: Option<Arc<Breadcrumbs>>,
        exported: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let resource = ResourceAttributesWithSchema::from(resource);
        let encode = move |spans| request(spans, &resource, &limits);
        Ok(Self {
            lane: Lane::start(
                "OpenTelemetry.Traces",
                batch,
                health,
                outlets,
                encode,
                exported,
            )?,
            awaited: Arc::default(),
            breadcrumbs,
        })
    }

    /// Queues a finished span, as far as there is room.
    pub(crate) fn push(&self, span: SpanData) {
        let failed = matches!(span.status, Status::Error { .. });
        if failed && let Some(breadcrumbs) = &self.breadcrumbs {
            breadcrumbs.release(span.span_context.trace_id());
        }
        let worth = if self.awaited.ended(&span, failed) {
            Worth::High
        } else {
            Worth::Ordinary
        };
        self.lane.push(span, worth);
    }

    pub(crate) fn lane(&self) -> &Lane<SpanData, ExportTraceServiceRequest> {
        &self.lane
    }
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.push(span);
    }

    /// The pipeline flushes and closes its queues itself, all at once.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The request of a batch of spans.
pub(crate) fn request(
    spans: Vec<SpanData>,
    resource: &ResourceAttributesWithSchema,
    limits: &SpanLimits,
) -> ExportTraceServiceRequest {
    let mut request = ExportTraceServiceRequest {
        resource_spans: group_spans_by_resource_and_scope(spans, resource),
    };
    request
        .resource_spans
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_spans)
        .flat_map(|scope| &mut scope.spans)
        .for_each(|span| limits.apply(span));
    request
}

/// The spans that are to be kept when they end, because something failed in them.
#[derive(Debug, Default)]
struct Awaited {
    ids: Mutex<VecDeque<SpanId>>,
    /// So that an app without errors takes no lock.
    count: AtomicUsize,
}

impl Awaited {
    /// Whether the span is one of them, or failed itself; then its parent is one as well.
    fn ended(&self, span: &SpanData, failed: bool) -> bool {
        if !failed && self.count.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let id = span.span_context.span_id();
        let place = ids.iter().position(|awaited| *awaited == id);
        if let Some(place) = place {
            ids.remove(place);
        }
        let counts = failed || place.is_some();
        let parent = span.parent_span_id;
        if counts && parent != SpanId::INVALID && !ids.contains(&parent) {
            if ids.len() == MAX_AWAITED {
                ids.pop_front();
            }
            ids.push_back(parent);
        }
        self.count.store(ids.len(), Ordering::Relaxed);
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::{
        InstrumentationScope, TraceFlags, TraceId,
        trace::{SpanContext, SpanKind, TraceState},
    };
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    fn span(id: u64, parent: u64, status: Status) -> SpanData {
        SpanData {
            span_context: SpanContext::new(
                TraceId::from(1),
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

    impl Awaited {
        fn ends(&self, id: u64, parent: u64, failed: bool) -> bool {
            let status = if failed {
                Status::error("")
            } else {
                Status::Unset
            };
            self.ended(&span(id, parent, status), failed)
        }
    }

    #[test]
    fn a_failed_span_and_its_ancestors_are_kept_before_others() {
        let awaited = Awaited::default();
        assert!(!awaited.ends(9, 8, false), "nothing has failed");
        assert!(awaited.ends(4, 3, true));
        assert!(!awaited.ends(5, 3, false), "a sibling");
        assert!(awaited.ends(3, 2, false), "the parent");
        assert!(awaited.ends(2, 0, false), "the root");
        assert!(!awaited.ends(2, 0, false));
        assert_eq!(awaited.count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn ancestors_that_never_end_are_forgotten() {
        let awaited = Awaited::default();
        for parent in 1..=MAX_AWAITED as u64 + 1 {
            awaited.ends(1_000_000 + parent, parent, true);
        }
        assert_eq!(awaited.count.load(Ordering::Relaxed), MAX_AWAITED);
        assert!(!awaited.ends(1, 0, false));
        assert!(awaited.ends(2, 0, false));
    }
}
