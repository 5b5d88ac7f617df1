//! What the plugin is compared with: one app, `benches/app`, without a plugin and with others in its place.
//!
//! `benches/app/src/main.rs` says how these are set up, and what they trace.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use otel_harness::{Answer, App, Faulty, Receiver};
use xshell::{Shell, cmd};

/// The file name of the app, and the title of its window.
pub const APP: &str = "bench-app";

/// The variant of the app without a plugin. The others are called as the features that make them.
pub const BARE: &str = "bare";

/// The variant with this plugin.
pub const PLUGIN: &str = "opentelemetry";

/// Builds a variant, and says where it is.
///
/// # Errors
/// If it cannot be built.
pub fn build(sh: &Shell, variant: &str) -> Result<PathBuf> {
    let target = crate::target_dir(sh)?.join("bench");
    let built = build_in(sh, &target, variant)?;
    // The next variant takes its place. All keep their file name, which threads are named after.
    let program = target.join("apps").join(variant).join(APP);
    sh.create_dir(target.join("apps").join(variant))?;
    sh.copy_file(built, &program)?;
    Ok(program)
}

/// Builds a variant in a target directory of its own.
///
/// # Errors
/// If it cannot be built.
pub fn build_in(sh: &Shell, target: &Path, variant: &str) -> Result<PathBuf> {
    let mut features = vec!["tauri/custom-protocol"];
    features.extend((variant != BARE).then_some(variant));
    let features = features.join(",");
    cmd!(
        sh,
        "cargo build --release --manifest-path benches/app/Cargo.toml
         --target-dir {target} --features {features}"
    )
    .run()?;
    Ok(target.join("release").join(APP))
}

/// An app that is compared with others.
pub struct Contender {
    /// What a report calls it.
    pub name: &'static str,
    /// Where it is.
    pub program: PathBuf,
    env: Option<(&'static str, String)>,
}

impl Contender {
    /// The environment that it is started with.
    pub fn env(&self) -> Vec<(&str, &str)> {
        self.env
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect()
    }

    /// Starts it under a driver.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn launch(&self) -> Result<App> {
        App::launch_on(None, &self.program, &self.env()).await
    }
}

/// All apps that are compared, and who takes what they send.
pub struct Contenders {
    /// Without a plugin, with telemetry off, with it on, and with the other plugins.
    pub all: [Contender; 6],
    receiver: Receiver,
    _sentry: Faulty,
}

impl Contenders {
    /// Builds them.
    ///
    /// # Errors
    /// If one cannot be built.
    pub async fn build(sh: &Shell) -> Result<Self> {
        let receiver = Receiver::discarding().await?;
        let endpoint = receiver.endpoint().to_owned();
        let sentry = Faulty::start(Answer::Status(200, "")).await?;
        let dsn = sentry.endpoint().replace("http://", "http://key@") + "/1";
        let contender = |name, variant, env| {
            let program = build(sh, variant)?;
            anyhow::Ok(Contender { name, program, env })
        };
        let on = Some(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint));
        Ok(Self {
            all: [
                contender("no plugin", BARE, None)?,
                contender("off", PLUGIN, None)?,
                contender("on", PLUGIN, on)?,
                contender("devtools", "devtools", None)?,
                contender("sentry", "sentry", Some(("SENTRY_DSN", dsn)))?,
                contender("tracing", "tracing", None)?,
            ],
            receiver,
            _sentry: sentry,
        })
    }

    /// Checks that telemetry was on where it should be.
    ///
    /// # Errors
    /// If nothing was sent.
    pub fn check(&self) -> Result<()> {
        ensure!(
            self.receiver.requests() > 0,
            "the apps with telemetry on have sent nothing"
        );
        Ok(())
    }
}
