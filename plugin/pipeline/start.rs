//! Puts the pipelines together and starts their threads.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use opentelemetry_sdk::{
    Resource,
    logs::SdkLoggerProvider,
    trace::{SdkTracerProvider, TracerProviderBuilder},
};

use super::{
    Choices, CrashReports, LogQueue, Pipeline, Purpose, SignalPipeline, SpanQueue,
    crash::{CrashJournal, EvidenceEncoder},
    gate::{Gate, Gates},
    keeping::InstallationId,
    losses::Losses,
    places::{FOLDER, in_folder, key_folder, log_file_path, outlets},
    sending::{Drain, DropPriority, ReplayJob, Route, ViewerFeed, Wake, replay},
    signals::{
        breadcrumbs::Breadcrumbs,
        log_file::LogFileWriter,
        logs::{self, ExportFloor},
        metrics::Metrics,
        resource::{self, AppIdentity},
        sampling::{AppSampler, RootRatio},
        session::Sessions,
        spans::SpanStages,
    },
};
use crate::{
    config::{Config, Signal},
    diagnostics,
    privacy::Redactor,
};

impl Pipeline {
    /// Starts a thread for each signal that is exported. A connection is opened only when there is something to send.
    /// `viewer` gets what is exported, if there is one.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub(crate) fn start(
        config: &Config,
        app: &AppIdentity,
        viewer: Option<Arc<dyn ViewerFeed>>,
        consent: Choices,
    ) -> io::Result<Self> {
        let installation_id = installation_id(config, app);
        let id = installation_id.as_ref().map(InstallationId::get);
        let resource = resource::describe(config, app, id);
        let wake = Arc::<Wake>::default();
        let gates = Gates::new(consent);
        let gate = gates.of(Purpose::Diagnostics);
        let (outlets, of_crashes) = outlets(config, app, &wake, &gates, viewer.as_ref());
        let losses = Arc::new(Losses::new(
            outlets.each_ref().map(|outlets| outlets.health().clone()),
        ));
        let redactor = Redactor::new(&config.redaction, app.home_folder.as_deref()).map(Arc::new);
        let journal = crash_journal(config, app, &resource, redactor.as_ref(), &gates)?;
        let log_file = log_file(config, app, redactor.as_ref(), gate)?;
        let ratio = Arc::new(RootRatio::new(config.sampler.ratio));
        // `None` if the signal is not exported.
        let route = |signal: Signal| {
            let outlets = outlets[signal as usize].clone();
            let losses = losses.clone();
            (!outlets.is_empty()).then(|| Route {
                signal,
                outlets,
                redactor: redactor.clone(),
                exported: Box::new(move || losses.report_if_due()),
            })
        };

        let logs = route(Signal::Logs)
            .map(|route| logs::start(route, &resource, config.log_batch, config.log_limits))
            .transpose()?;
        let breadcrumbs = logs.clone().map(|lane| {
            losses.report_to(lane.clone());
            let leave = move |source, entry| lane.push_of(source, entry, DropPriority::Last);
            Arc::new(Breadcrumbs::new(config.log_floor.breadcrumbs, leave))
        });
        let sessions = config
            .sessions
            .then(|| Arc::new(Sessions::new(logs.clone())));
        let log_queue = logs
            .clone()
            .zip(breadcrumbs.clone())
            .map(|(lane, breadcrumbs)| LogQueue {
                floor: Arc::new(ExportFloor::new(config.log_floor.level)),
                lane,
                breadcrumbs,
                sessions: sessions.clone(),
                crash: journal.clone(),
                gate: gate.clone(),
            });
        let mut logger_provider = SdkLoggerProvider::builder().with_resource(resource.clone());
        if let Some(file) = &log_file {
            logger_provider = logger_provider.with_log_processor(file.clone());
        }
        if let Some(queue) = &log_queue {
            logger_provider = logger_provider.with_log_processor(queue.clone());
        }

        let stages = SpanStages {
            breadcrumbs,
            sessions,
            gate: gate.clone(),
            crash: journal.clone(),
            tail: config.tail,
        };
        let spans = route(Signal::Traces)
            .map(|route| {
                let (batch, limits) = (config.span_batch, config.span_limits);
                SpanQueue::start(route, &resource, batch, limits, stages)
            })
            .transpose()?;
        let mut tracer_provider = tracer_provider(config, &resource, &ratio, gate);
        if let Some(spans) = &spans {
            tracer_provider = tracer_provider.with_span_processor(spans.clone());
        }

        let metrics = route(Signal::Metrics)
            .map(|route| {
                let (interval, temporality) = (config.metric_interval, config.temporality);
                Metrics::start(route, resource, interval, temporality)
            })
            .transpose()?;
        let meter_provider = metrics.as_ref().map(Metrics::provider).cloned();

        let lane = |signal| -> Option<Arc<dyn Drain>> {
            match signal {
                Signal::Traces => Some(Arc::new(spans.as_ref()?.lane().clone())),
                Signal::Metrics => Some(Arc::new(metrics.clone()?)),
                Signal::Logs => Some(Arc::new(logs.clone()?)),
            }
        };
        let pipeline = Self {
            tracer_provider: tracer_provider.build(),
            logger_provider: logger_provider.build(),
            meter_provider: meter_provider.unwrap_or_default(),
            signals: Signal::ALL.map(|signal| SignalPipeline {
                health: outlets[signal as usize].health().clone(),
                outlets: outlets[signal as usize].clone(),
                lane: lane(signal),
            }),
            spans,
            logs: log_queue,
            log_file,
            wake,
            losses,
            viewer,
            gates,
            ratio,
            hashes: config.redaction.hashes(),
            key_folder: key_folder(config, app),
            installation_id,
            redactor,
            crash: journal
                .zip(of_crashes)
                .map(|(journal, [spans, logs])| CrashReports {
                    journal,
                    spans,
                    logs,
                }),
            end: OnceLock::new(),
        };
        for &purpose in Purpose::ALL {
            if let Err(error) = pipeline.set_consent(purpose, consent.of(purpose)) {
                diagnostics::warn(format_args!("cannot remove what was kept on disk: {error}"));
            }
        }
        replay::start(pipeline.replay_jobs(), pipeline.wake.clone())?;
        Ok(pipeline)
    }

    /// Everything that has a spool.
    fn replay_jobs(&self) -> Vec<ReplayJob> {
        let reports = self.crash.iter().flat_map(CrashReports::outlets);
        let reports = reports.map(|outlets| (outlets, None));
        let signals = self.signals.iter();
        let signals = signals.map(|signal| (&signal.outlets, signal.lane.clone()));
        signals
            .chain(reports)
            .filter(|(outlets, _)| outlets.spool().is_some())
            .map(|(outlets, lane)| ReplayJob {
                outlets: outlets.clone(),
                lane,
            })
            .collect()
    }
}

/// `None` if the resource has none.
fn installation_id(config: &Config, app: &AppIdentity) -> Option<InstallationId> {
    config.installation_id.then(|| {
        let folder = in_folder(
            app.data_folder.as_deref(),
            FOLDER,
            "app.installation.id is another one in each run",
        );
        InstallationId::in_folder(folder.as_deref())
    })
}

/// `None` if crashes are not reported.
fn crash_journal(
    config: &Config,
    app: &AppIdentity,
    resource: &Resource,
    redactor: Option<&Arc<Redactor>>,
    gates: &Gates,
) -> io::Result<Option<CrashJournal>> {
    let folder = app.data_folder.as_ref().filter(|_| config.crash_reports);
    let journal = folder.map(|folder| {
        let (spans, logs) = (config.span_limits, config.log_limits);
        let encoder = EvidenceEncoder::new(resource, spans, logs, redactor.cloned());
        let gate = gates.of(Purpose::Crashes).clone();
        CrashJournal::start(folder.join(FOLDER).join("runs"), encoder, gate)
    });
    journal.transpose()
}

/// `None` if no log file is written.
fn log_file(
    config: &Config,
    app: &AppIdentity,
    redactor: Option<&Arc<Redactor>>,
    gate: &Arc<Gate>,
) -> io::Result<Option<LogFileWriter>> {
    let Some(settings) = &config.log_file else {
        return Ok(None);
    };
    log_file_path(settings, app)
        .map(|path| LogFileWriter::start(settings, path, redactor.cloned(), gate.clone()))
        .transpose()
}

fn tracer_provider(
    config: &Config,
    resource: &Resource,
    ratio: &Arc<RootRatio>,
    gate: &Arc<Gate>,
) -> TracerProviderBuilder {
    let limits = config.span_limits;
    SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_sampler(AppSampler::new(
            config.sampler.parent_based,
            ratio.clone(),
            gate.clone(),
        ))
        .with_max_attributes_per_span(count(limits.span.attributes))
        .with_max_events_per_span(count(limits.events))
        .with_max_links_per_span(count(limits.links))
        .with_max_attributes_per_event(count(limits.attributes_per_event))
        .with_max_attributes_per_link(count(limits.attributes_per_link))
}

fn count(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
