//! The state that exists only while telemetry is on.

use std::{
    fmt, io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use opentelemetry::{
    InstrumentationScope, global,
    logs::LoggerProvider as _,
    metrics::{Meter, MeterProvider as _},
    trace::TracerProvider as _,
};
use opentelemetry_sdk::{logs::SdkLogger, trace::SdkTracer};
use tracebaton::{ChildProcess, Propagator};

use crate::{
    command::KnownCommands,
    config::{Config, Consent, Propagators},
    consent::ConsentChoice,
    invoke_metrics::InvokeMetrics,
    names,
    page_intake::{PageIntake, Sinks},
    pipeline::{
        AppIdentity, Choices, ConsentState, Pipeline, Purpose, ViewerFeed, sampling::CommandRules,
    },
};

/// The running telemetry of an app.
pub(crate) struct Telemetry {
    pub(crate) pipeline: Pipeline,
    /// The tracer of invoke spans.
    pub(crate) tracer: SdkTracer,
    /// The meter of what the plugin measures by itself.
    pub(crate) meter: Meter,
    pub(crate) logger: SdkLogger,
    pub(crate) propagators: Propagators,
    pub(crate) rules: CommandRules,
    pub(crate) commands: KnownCommands,
    pub(crate) page_intake: PageIntake,
    consent: ConsentChoice,
    /// Called when the sampling or the consent has changed.
    changed: OnceLock<Box<dyn Fn() + Send + Sync>>,
    has_changed: AtomicBool,
    /// `None` if metrics go nowhere.
    pub(crate) invokes: Option<Arc<InvokeMetrics>>,
    /// Names the app in what it records by itself.
    app_scope: InstrumentationScope,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}

impl Telemetry {
    /// What the person who uses the app has decided; `None` if the app asks nobody.
    pub(crate) fn consent(&self) -> Option<Choices> {
        let is_required = self.consent.is_required();
        is_required.then(|| self.pipeline.consent())
    }

    /// Makes a decision about some purposes take effect at once, and keeps it for later runs.
    ///
    /// # Errors
    /// If the decision or the denied telemetry cannot be changed on disk.
    pub(crate) fn set_consent(&self, purposes: &[Purpose], choice: ConsentState) -> io::Result<()> {
        let kept = self.consent.choose(&self.pipeline, purposes, choice);
        self.tell_of_change();
        kept
    }

    /// Changes the share of traces that are recorded among those that start in the app or its pages.
    pub(crate) fn set_sampling(&self, ratio: f64) {
        self.pipeline.set_ratio(ratio);
        self.tell_of_change();
    }

    /// Whether pages may record anything, and so may have the script.
    pub(crate) fn takes_pages(&self) -> bool {
        self.pipeline.consent().allow_recording()
    }

    /// Calls `changed` whenever the sampling or the consent has changed. Only the first call counts.
    pub(crate) fn on_change(&self, changed: impl Fn() + Send + Sync + 'static) {
        let _ = self.changed.set(Box::new(changed));
    }

    /// Whether the sampling or the consent has changed since the start.
    pub(crate) fn has_changed(&self) -> bool {
        self.has_changed.load(Ordering::Relaxed)
    }

    fn tell_of_change(&self) {
        self.has_changed.store(true, Ordering::Relaxed);
        if let Some(changed) = self.changed.get() {
            changed();
        }
    }

    /// The tracer of what the app records by itself.
    pub(crate) fn app_tracer(&self) -> SdkTracer {
        self.pipeline
            .tracer_provider
            .tracer_with_scope(self.app_scope.clone())
    }

    /// The meter of what the app measures by itself.
    pub(crate) fn app_meter(&self) -> Meter {
        self.pipeline
            .meter_provider
            .meter_with_scope(self.app_scope.clone())
    }

    /// The logger of what the app records by itself.
    pub(crate) fn app_logger(&self) -> SdkLogger {
        self.pipeline
            .logger_provider
            .logger_with_scope(self.app_scope.clone())
    }

    /// Makes the providers and the propagator those of OpenTelemetry's global API.
    pub(crate) fn make_global(&self) {
        global::set_tracer_provider(self.pipeline.tracer_provider.clone());
        global::set_meter_provider(self.pipeline.meter_provider.clone());
        let mut propagator = Propagator::new();
        if !self.propagators.trace_context {
            propagator = propagator.without_span();
        }
        if !self.propagators.baggage {
            propagator = propagator.without_baggage();
        }
        global::set_text_map_propagator(propagator);
    }

    /// # Errors
    /// If the system has no thread to spare.
    pub(crate) fn start(
        config: &Config,
        app: &AppIdentity,
        viewer: Option<Arc<dyn ViewerFeed>>,
    ) -> io::Result<Arc<Self>> {
        let is_required = config.consent == Consent::Required;
        let consent = ConsentChoice::new(is_required, app.config_folder.clone());
        let pipeline = Pipeline::start(config, app, viewer, consent.read())?;
        consent.tell_children(&pipeline);
        if let Some(url) = config.endpoint_of_children() {
            ChildProcess::set_default_endpoint(url);
        }
        let scope = names::scope(names::SCOPE);
        let meter = pipeline.meter_provider.meter_with_scope(scope.clone());
        Ok(Arc::new(Self {
            tracer: pipeline.tracer_provider.tracer_with_scope(scope.clone()),
            logger: pipeline.logger_provider.logger_with_scope(scope),
            propagators: config.propagators,
            rules: CommandRules::new(&config.commands),
            commands: KnownCommands::default(),
            page_intake: PageIntake::new(Sinks::of(&pipeline), config.propagators),
            invokes: pipeline
                .takes_metrics()
                .then(|| Arc::new(InvokeMetrics::new(&meter))),
            app_scope: InstrumentationScope::builder(app.name.clone())
                .with_version(app.version.clone())
                .build(),
            meter,
            consent,
            changed: OnceLock::new(),
            has_changed: AtomicBool::new(false),
            pipeline,
        }))
    }
}
