//! What is there while telemetry is on.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::trace::SdkTracer;

use crate::{
    bridge::Bridge,
    config::Config,
    pipeline::{AppIdentity, Pipeline, sampling::CommandRules},
};

/// The scope of the spans that the plugin itself makes.
const SCOPE: &str = env!("CARGO_PKG_NAME");

/// The running telemetry of an app.
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub(crate) pipeline: Pipeline,
    /// The tracer of invoke spans.
    pub(crate) tracer: SdkTracer,
    pub(crate) commands: CommandRules,
    pub(crate) bridge: Bridge,
}

impl Telemetry {
    pub(crate) fn start(config: &Config, app: &AppIdentity) -> Arc<Self> {
        let pipeline = Pipeline::start(config, app);
        let scope = InstrumentationScope::builder(SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        Arc::new(Self {
            tracer: pipeline.tracer(scope),
            commands: CommandRules::new(&config.commands),
            bridge: Bridge::new(pipeline.queue().clone()),
            pipeline,
        })
    }
}
