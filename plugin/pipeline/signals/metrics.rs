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

use crate::{
    config::Batch,
    pipeline::{
        health::Health,
        sending::{DropPriority, Lane, Outlets},
    },
};

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

/// Metrics that were collected.
pub(crate) type MetricLane = Lane<ExportMetricsServiceRequest, ExportMetricsServiceRequest>;

/// Starts the lane of what is collected.
pub(crate) fn start(
    outlets: Arc<Outlets>,
    health: Arc<Health>,
    exported: impl Fn() + Send + 'static,
) -> io::Result<MetricLane> {
    let merge = |collected: Vec<ExportMetricsServiceRequest>| ExportMetricsServiceRequest {
        resource_metrics: collected
            .into_iter()
            .flat_map(|request| request.resource_metrics)
            .collect(),
    };
    Lane::start(
        "OpenTelemetry.Metrics",
        QUEUE,
        health,
        outlets,
        merge,
        exported,
    )
}

/// The provider whose meters end in `lane`.
pub(crate) fn provider(
    lane: MetricLane,
    resource: Resource,
    interval: Duration,
    temporality: Temporality,
) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(HandOver { lane, temporality })
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
    lane: MetricLane,
    temporality: Temporality,
}

impl PushMetricExporter for HandOver {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.lane.push(metrics.into(), DropPriority::First);
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
