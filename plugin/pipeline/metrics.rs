//! Metrics on their way: the SDK collects them at an interval, and hands them to a queue like all else.

use std::{io, sync::Arc, time::Duration};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{
        Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality, data::ResourceMetrics,
        exporter::PushMetricExporter,
    },
};

use super::{
    health::Health,
    outlet::Outlets,
    queue::{Queue, Worth},
};
use crate::config::Batch;

/// Combinations of attributes that one instrument may have; what is more is counted together. An app
/// with so many commands is hard to imagine, and each takes less than a kilobyte.
const MAX_CARDINALITY: usize = 1000;

/// Collections that wait to be sent. Sums are cumulative by default, so a later one makes up for one
/// that is lost.
const QUEUE: Batch = Batch {
    max_queue_size: 8,
    max_export_batch_size: 1,
    scheduled_delay: Duration::ZERO,
};

/// Starts the queue of what is collected.
pub(super) fn start(
    outlets: Arc<Outlets>,
    health: Arc<Health>,
) -> io::Result<Queue<ExportMetricsServiceRequest>> {
    Queue::start("OpenTelemetry.Metrics", QUEUE, health, move |collected| {
        for request in &collected {
            outlets.deliver(request);
        }
    })
}

/// The provider whose meters end in `queue`.
pub(super) fn provider(
    queue: Queue<ExportMetricsServiceRequest>,
    resource: Resource,
    interval: Duration,
    temporality: Temporality,
) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(HandOver { queue, temporality })
        .with_interval(interval)
        .build();
    SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader)
        .with_view(|_: &Instrument| {
            let bounded = Stream::builder().with_cardinality_limit(MAX_CARDINALITY);
            bounded.build().ok()
        })
        .build()
}

/// The SDK's own thread waits as long as an export takes, also at the exit of the app. So it exports
/// to the queue, which never waits.
struct HandOver {
    queue: Queue<ExportMetricsServiceRequest>,
    temporality: Temporality,
}

impl PushMetricExporter for HandOver {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.queue.push(metrics.into(), Worth::Ordinary);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}
