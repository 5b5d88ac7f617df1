//! The bounded queue of finished spans, shared by the tracers of the app and by the spans of its
//! pages, so that one thread and one connection carry both.

use std::{sync::Arc, time::Duration};

use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};

use crate::config::Batch;

/// A handle to the queue.
#[derive(Debug, Clone)]
pub(crate) struct SpanQueue(Arc<BatchSpanProcessor>);

impl SpanQueue {
    pub(crate) fn start(
        exporter: impl SpanExporter + 'static,
        resource: &Resource,
        batch: Batch,
    ) -> Self {
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(batch.max_queue_size)
            .with_max_export_batch_size(batch.max_export_batch_size)
            .with_scheduled_delay(batch.scheduled_delay)
            .build();
        let mut processor = BatchSpanProcessor::new(exporter, config);
        // Before it is shared: the provider's own `set_resource` needs it exclusively.
        processor.set_resource(resource);
        Self(Arc::new(processor))
    }

    /// Queues a finished span; drops it when the queue is full.
    pub(crate) fn push(&self, span: SpanData) {
        self.0.on_end(span);
    }
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }
}
