//! From a [`Config`] to a running trace pipeline: sampler → queue → encoder → network.
//!
//! Knows nothing of tauri's windows. What a user gets hurt by, in order: the queue is bounded and
//! drops the newest span when it is full; an export that fails is lost; and what is in the queue at
//! exit gets [`SHUTDOWN_TIMEOUT`] and no more.

mod client;
mod exporter;
mod queue;
mod resource;
pub(crate) mod sampling;

pub(crate) use queue::SpanQueue;
pub(crate) use resource::AppIdentity;

use std::time::Duration;

use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use crate::config::Config;

/// How long the app may be kept from exiting. A collector that accepts and never answers would
/// otherwise hold it for as long as an export may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// The running pipeline.
#[derive(Debug)]
pub(crate) struct Pipeline {
    provider: SdkTracerProvider,
    queue: SpanQueue,
}

impl Pipeline {
    /// Starts the pipeline: one thread, and no connection until there is something to send.
    pub(crate) fn start(config: &Config, app: &AppIdentity) -> Self {
        let resource = resource::describe(config, app);
        let exporter = exporter::OtlpExporter::new(client::Client::new(config));
        let queue = SpanQueue::start(exporter, &resource, config.batch);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_sampler(sampling::AppSampler::new(config.sampler))
            .with_span_processor(queue.clone())
            .build();
        Self { provider, queue }
    }

    /// The tracer whose spans carry `scope`.
    pub(crate) fn tracer(&self, scope: opentelemetry::InstrumentationScope) -> SdkTracer {
        opentelemetry::trace::TracerProvider::tracer_with_scope(&self.provider, scope)
    }

    /// Where finished spans go that no tracer made.
    pub(crate) fn queue(&self) -> &SpanQueue {
        &self.queue
    }

    /// Sends what is queued and stops, within [`SHUTDOWN_TIMEOUT`].
    pub(crate) fn shutdown(&self) {
        // A time-out, or a second shutdown, leaves nothing to be done at this point.
        let _ = self.provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT);
    }
}
