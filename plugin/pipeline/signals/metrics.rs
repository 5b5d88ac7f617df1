//! Metrics: the SDK collects them at an interval and puts them into a lane like spans and log records.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{
        Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality, data::ResourceMetrics,
        exporter::PushMetricExporter,
    },
};
use parking_lot::Mutex;

use crate::{
    config::Batch,
    pipeline::sending::{Admission, Drain, DropPriority, Lane, Route},
};

/// The number of attribute sets per instrument. Further sets are counted together, as the specification says. Each set
/// takes less than a kilobyte.
const MAX_CARDINALITY: usize = 1000;

/// The number of collections that wait to be sent. Sums are cumulative by default, so a later collection makes up for one
/// that is lost.
const QUEUE: Batch = Batch {
    max_queue_size: 8,
    max_export_batch_size: 1,
    scheduled_delay: Duration::ZERO,
};

type MetricLane = Lane<ExportMetricsServiceRequest, ExportMetricsServiceRequest>;

/// The meter provider, and the lane that exports what it collects. Clones share both.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    provider: SdkMeterProvider,
    lane: MetricLane,
    /// Receives when the last collection is done.
    last_collection: Arc<Mutex<Option<Receiver<()>>>>,
    /// Whether points were refused once. The SDK cannot forget what it has added up since, so this run exports none any more.
    has_refused: Arc<AtomicBool>,
}

impl Metrics {
    /// Starts the lane and the provider whose meters end in it.
    pub(crate) fn start(
        route: Route,
        resource: Resource,
        interval: Duration,
        temporality: Temporality,
    ) -> io::Result<Self> {
        let merge = |collected: Vec<ExportMetricsServiceRequest>| ExportMetricsServiceRequest {
            resource_metrics: collected
                .into_iter()
                .flat_map(|request| request.resource_metrics)
                .collect(),
        };
        let lane = MetricLane::start(route, QUEUE, merge, |_| ())?;
        let hand_over = HandOver {
            lane: lane.clone(),
            temporality,
        };
        let reader = PeriodicReader::builder(hand_over)
            .with_interval(interval)
            .build();
        let provider = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_reader(reader)
            .with_view(|_: &Instrument| {
                let bounded = Stream::builder().with_cardinality_limit(MAX_CARDINALITY);
                bounded.build().ok()
            })
            .build();
        Ok(Self {
            provider,
            lane,
            last_collection: Arc::default(),
            has_refused: Arc::default(),
        })
    }

    pub(crate) fn provider(&self) -> &SdkMeterProvider {
        &self.provider
    }

    /// Runs `collect` on a thread of its own, because the SDK calls the app's own observers, which may block. Returns
    /// what receives when it is done.
    fn collect(&self, collect: impl FnOnce(&Self) + Send + 'static) -> Option<Receiver<()>> {
        let metrics = self.clone();
        let (done, collected) = mpsc::channel();
        let thread = thread::Builder::new().name("OpenTelemetry.Collect".to_owned());
        let spawned = thread.spawn(move || {
            collect(&metrics);
            // Fails if the deadline has passed and nobody waits any longer.
            let _ = done.send(());
        });
        spawned.is_ok().then_some(collected)
    }
}

/// Waits until the collection is done. Returns whether that was before the deadline.
fn wait(collection: Option<Receiver<()>>, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    collection.is_some_and(|collection| collection.recv_timeout(left).is_ok())
}

impl Drain for Metrics {
    fn len(&self) -> usize {
        self.lane.len()
    }

    /// Only the collections that are queued: [`flush`](Self::flush) makes a new one.
    fn begin_flush(&self) {
        self.lane.begin_flush();
    }

    fn flush(&self, deadline: Instant) -> bool {
        let collection = self.collect(|metrics| {
            // Fails only after the shutdown, when there is nothing to collect.
            let _ = metrics.provider.force_flush();
        });
        wait(collection, deadline) & self.lane.flush(deadline)
    }

    fn admit(&self, admission: Admission) {
        if admission == Admission::Refuse {
            self.has_refused.store(true, Ordering::Relaxed);
        }
        if !self.has_refused.load(Ordering::Relaxed) || admission == Admission::Refuse {
            self.lane.admit(admission);
        }
    }

    fn clear(&self) {
        self.lane.clear();
    }

    fn preview(&self, most: usize) -> Option<serde_json::Value> {
        self.lane.preview(most)
    }

    fn keep(&self, deadline: Instant) {
        self.lane.keep(deadline);
    }

    /// Collects for the last time, and only then closes the lane.
    fn close(&self) {
        *self.last_collection.lock() = self.collect(|metrics| {
            // Fails only after another shutdown.
            let _ = metrics.provider.shutdown();
            metrics.lane.close();
        });
    }

    fn finish(&self, deadline: Instant) {
        let collection = self.last_collection.lock().take();
        wait(collection, deadline);
        self.lane.close();
        self.lane.finish(deadline);
    }
}

/// Puts what the SDK collects into the lane, which never waits. The SDK's own thread would wait for as long as an export
/// takes, also at the exit of the app.
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
