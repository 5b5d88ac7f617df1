//! From a [`Config`] to running pipelines: sampler → queue → encoder → collector, file or console, one for
//! each signal.
//!
//! Knows nothing of tauri's windows. What a user gets hurt by, in order: the queues are bounded and
//! drop when they are full; what cannot be delivered is kept on disk, within limits; and what is queued
//! at exit gets [`SENDING_TIMEOUT`] to be delivered, and then is kept as well.

#[cfg(benching)]
pub(crate) mod bench;
mod client;
pub(crate) mod health;
mod keeping;
mod losses;
mod request;
mod sending;
mod signals;
mod uplink;

pub(crate) use sending::Breaker;
pub(crate) use signals::{
    entry::Entry as LogEntry, logs::LogQueue, resource::AppIdentity, sampling, spans::SpanQueue,
};

use std::{
    io,
    sync::{Arc, OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    logs::SdkLoggerProvider, metrics::SdkMeterProvider, trace::SdkTracerProvider,
};

use self::{
    health::Health,
    keeping::spool,
    losses::Losses,
    sending::{
        Collectors, DropPriority, Lane, Outlets, Wake, collector, console, json, replay, wake,
    },
    signals::{
        breadcrumbs::Breadcrumbs,
        log_file::LogFileWriter,
        logs,
        metrics::{self, MetricLane},
        resource,
    },
};
use crate::config::{Config, Signal};

/// How long the app is kept from exiting to deliver what is queued. A collector that accepts and never
/// answers would otherwise hold it for as long as an export may take. What is left of a second is for
/// keeping what was not delivered.
const SENDING_TIMEOUT: Duration = Duration::from_millis(800);

/// The running pipelines.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) tracer_provider: SdkTracerProvider,
    pub(crate) logger_provider: SdkLoggerProvider,
    pub(crate) meter_provider: SdkMeterProvider,
    spans: Option<SpanQueue>,
    logs: Option<LogQueue>,
    log_file: Option<LogFileWriter>,
    metrics: Option<MetricLane>,
    wake: Arc<Wake>,
    losses: Arc<Losses>,
    reports: [Report; 3],
    /// By when it has stopped, once that was asked for.
    end: OnceLock<Instant>,
}

/// What can be said of one signal.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) health: Arc<Health>,
    outlets: Arc<Outlets>,
}

impl Report {
    /// Where it goes.
    pub(crate) fn destinations(&self) -> Vec<String> {
        self.outlets.shown()
    }

    /// Bytes that are kept on disk until they can be delivered.
    pub(crate) fn spool_bytes(&self) -> u64 {
        let spool = self.outlets.uplink().and_then(|uplink| uplink.spool());
        spool.map_or(0, spool::Spool::bytes)
    }

    /// The circuit breaker of its collector, if it goes to one.
    pub(crate) fn breaker(&self) -> Option<Breaker> {
        let uplink = self.outlets.uplink()?;
        Some(uplink.collector().breaker())
    }
}

impl Pipeline {
    /// Starts a thread for every signal that goes anywhere, and no connection until there is something
    /// to send.
    ///
    /// # Errors
    /// If the system has no thread to spare.
    pub(crate) fn start(config: &Config, app: &AppIdentity) -> io::Result<Self> {
        let resource = resource::describe(config, app);
        let file_path = config
            .file_path
            .clone()
            .unwrap_or_else(|| app.log_folder.join("telemetry.jsonl"));
        let exports = [&config.traces, &config.metrics, &config.logs];
        let wake = Arc::<Wake>::default();
        let mut shared = uplink::Shared {
            collectors: &mut Collectors::default(),
            spool_folder: &app.data_folder.join("telemetry"),
            spool_limits: config.spool,
            wake: wake.clone(),
        };
        let mut signals = Signal::ALL.into_iter().zip(exports);
        let reports = std::array::from_fn(|_| {
            let (signal, exports) = signals.next().expect("there are as many");
            let health = Arc::<Health>::default();
            let outlets = Outlets::open(signal, exports, &file_path, health.clone(), &mut shared);
            Report {
                health,
                outlets: Arc::new(outlets),
            }
        });
        let [traces, metrics, logs] = reports.clone();
        let health = [&traces, &metrics, &logs].map(|report| report.health.clone());
        let losses = Arc::new(Losses::new(health));
        let report_losses = || {
            let losses = losses.clone();
            move || losses.report_if_due()
        };

        let mut logger_provider = SdkLoggerProvider::builder().with_resource(resource.clone());
        let log_file = config
            .log_file
            .as_ref()
            .map(|settings| {
                let path = settings.path.clone();
                let path = path.unwrap_or_else(|| app.log_folder.join("telemetry.log"));
                LogFileWriter::start(settings, path)
            })
            .transpose()?;
        if let Some(file) = &log_file {
            logger_provider = logger_provider.with_log_processor(file.clone());
        }
        let log_lane = (!config.logs.is_none())
            .then(|| {
                logs::start(
                    logs.outlets,
                    &resource,
                    config.log_batch,
                    config.log_limits,
                    logs.health,
                    report_losses(),
                )
            })
            .transpose()?;
        if let Some(lane) = &log_lane {
            losses.report_to(lane.clone());
        }
        let breadcrumbs = log_lane.clone().map(|lane| {
            let leave = move |source, entry| lane.push_of(source, entry, DropPriority::Last);
            Arc::new(Breadcrumbs::new(config.log_floor.breadcrumbs, leave))
        });
        let log_queue = log_lane
            .zip(breadcrumbs.clone())
            .map(|(lane, breadcrumbs)| LogQueue {
                level: config.log_floor.level,
                lane,
                breadcrumbs,
            });
        if let Some(queue) = &log_queue {
            logger_provider = logger_provider.with_log_processor(queue.clone());
        }

        let limits = config.span_limits;
        let mut tracer_provider = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(sampling::AppSampler::new(config.sampler))
            .with_max_attributes_per_span(count(limits.span.attributes))
            .with_max_events_per_span(count(limits.events))
            .with_max_links_per_span(count(limits.links))
            .with_max_attributes_per_event(count(limits.attributes_per_event))
            .with_max_attributes_per_link(count(limits.attributes_per_link));
        let spans = (!config.traces.is_none())
            .then(|| {
                SpanQueue::start(
                    traces.outlets,
                    &resource,
                    config.span_batch,
                    limits,
                    traces.health,
                    breadcrumbs,
                    report_losses(),
                )
            })
            .transpose()?;
        if let Some(spans) = &spans {
            tracer_provider = tracer_provider.with_span_processor(spans.clone());
        }

        let metric_lane = (!config.metrics.is_none())
            .then(|| metrics::start(metrics.outlets, metrics.health, report_losses()))
            .transpose()?;
        let meter_provider = match &metric_lane {
            Some(lane) => metrics::provider(
                lane.clone(),
                resource,
                config.metric_interval,
                config.temporality,
            ),
            None => SdkMeterProvider::default(),
        };
        let pipeline = Self {
            tracer_provider: tracer_provider.build(),
            logger_provider: logger_provider.build(),
            meter_provider,
            spans,
            logs: log_queue,
            log_file,
            metrics: metric_lane,
            wake,
            losses,
            reports,
            end: OnceLock::new(),
        };
        pipeline.start_replay()?;
        Ok(pipeline)
    }

    /// Starts the thread that delivers what was kept, if anything can be.
    fn start_replay(&self) -> io::Result<()> {
        let keeps = |report: &Report| {
            let uplink = report.outlets.uplink();
            uplink.is_some_and(|uplink| uplink.spool().is_some())
        };
        if !self.reports.iter().any(keeps) {
            return Ok(());
        }
        let [traces, metrics, logs] = self.reports.clone();
        let (spans, measured, logged) =
            (self.spans.clone(), self.metrics.clone(), self.logs.clone());
        let lines = vec![
            replay::Line {
                outlets: traces.outlets,
                is_busy: Box::new(move || {
                    spans.as_ref().is_some_and(|spans| spans.lane().len() > 0)
                }),
            },
            replay::Line {
                outlets: metrics.outlets,
                is_busy: Box::new(move || measured.as_ref().is_some_and(|lane| lane.len() > 0)),
            },
            replay::Line {
                outlets: logs.outlets,
                is_busy: Box::new(move || logged.as_ref().is_some_and(|logs| logs.lane.len() > 0)),
            },
        ];
        replay::start(lines, self.wake.clone())
    }

    /// Where finished spans go that no tracer made; nowhere if traces do not.
    pub(crate) fn spans(&self) -> Option<&SpanQueue> {
        self.spans.as_ref()
    }

    /// Where log records go that no logger made; nowhere if logs are not exported.
    pub(crate) fn logs(&self) -> Option<&LogQueue> {
        self.logs.as_ref()
    }

    /// Whether log records go anywhere.
    pub(crate) fn takes_logs(&self) -> bool {
        self.logs.is_some() || self.log_file.is_some()
    }

    /// Whether metrics go anywhere.
    pub(crate) fn takes_metrics(&self) -> bool {
        self.metrics.is_some()
    }

    pub(crate) fn report(&self, signal: Signal) -> &Report {
        &self.reports[signal as usize]
    }

    /// How many items of a signal wait to be exported.
    pub(crate) fn queued(&self, signal: Signal) -> usize {
        match signal {
            Signal::Traces => self.spans.as_ref().map_or(0, |spans| spans.lane().len()),
            Signal::Metrics => self.metrics.as_ref().map_or(0, Lane::len),
            Signal::Logs => self.logs.as_ref().map_or(0, |logs| logs.lane.len()),
        }
    }

    /// Exports everything recorded so far. Whether that was done in time; it says nothing of whether it
    /// arrived.
    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let collected = self.collect(deadline, SdkMeterProvider::force_flush);
        let parts = [
            self.log_file
                .as_ref()
                .map(|file| file.queue().flush(deadline)),
            self.logs.as_ref().map(|logs| logs.lane.flush(deadline)),
            self.spans
                .as_ref()
                .map(|spans| spans.lane().flush(deadline)),
            self.metrics.as_ref().map(|metrics| metrics.flush(deadline)),
        ];
        collected && parts.into_iter().flatten().all(|done| done)
    }

    /// Delivers what is queued, or keeps it, and stops, within a second of the first call: an exit may ask
    /// for it twice.
    pub(crate) fn shutdown(&self) {
        let deadline = *self.end.get_or_init(|| Instant::now() + SENDING_TIMEOUT);
        self.wake.end();
        self.losses.report_now();
        if let Some(file) = &self.log_file {
            file.queue().close();
        }
        if let Some(logs) = &self.logs {
            logs.lane.close();
        }
        if let Some(spans) = &self.spans {
            spans.lane().close();
        }
        self.collect(deadline, SdkMeterProvider::shutdown);
        if let Some(metrics) = &self.metrics {
            metrics.close();
            metrics.finish(deadline);
        }
        if let Some(spans) = &self.spans {
            spans.lane().finish(deadline);
        }
        if let Some(logs) = &self.logs {
            logs.lane.finish(deadline);
        }
        if let Some(file) = &self.log_file {
            file.queue().wait_closed(deadline);
        }
    }

    /// Removes everything that is kept on disk.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub(crate) fn purge(&self) -> io::Result<()> {
        let mut result = Ok(());
        for report in &self.reports {
            if let Some(spool) = report.outlets.uplink().and_then(|uplink| uplink.spool()) {
                result = result.and(spool.purge());
            }
        }
        result
    }

    /// Lets the SDK collect the metrics. It asks the app's own observers, which may take as long as they
    /// like: so not on this thread.
    fn collect<T: Send + 'static>(
        &self,
        deadline: Instant,
        collect: fn(&SdkMeterProvider) -> T,
    ) -> bool {
        if self.metrics.is_none() {
            return true;
        }
        let provider = self.meter_provider.clone();
        let (done, collected) = mpsc::channel();
        let thread = thread::Builder::new().name("OpenTelemetry.Collect".to_owned());
        let spawned = thread.spawn(move || {
            collect(&provider);
            // Nobody waits any longer.
            let _ = done.send(());
        });
        let left = deadline.saturating_duration_since(Instant::now());
        spawned.is_ok() && collected.recv_timeout(left).is_ok()
    }
}

fn count(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
