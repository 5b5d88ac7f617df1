//! Where things go: the folders and files of the app, and the ways out of each signal.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    gate::{Gates, Purpose},
    keeping::SpoolKey,
    sending::{Collectors, Outlets, ViewerFeed, Wake, uplink},
    signals::resource::AppIdentity,
};
use crate::{
    config::{Config, Exports, LogFile, Signal},
    diagnostics,
};

/// The folder in the app's data folder that has the spools, the key of redaction and the id of the installation.
pub(super) const FOLDER: &str = "telemetry";

/// A path in a folder of the app. `None`, and a warning that names the `consequence`, if the system names no such folder.
pub(super) fn in_folder(folder: Option<&Path>, name: &str, consequence: &str) -> Option<PathBuf> {
    if folder.is_none() {
        diagnostics::warn(format_args!(
            "the system names no folder for the files of this app, so {consequence}"
        ));
    }
    Some(folder?.join(name))
}

pub(super) fn log_file_path(settings: &LogFile, app: &AppIdentity) -> Option<PathBuf> {
    settings.path.clone().or_else(|| {
        in_folder(
            app.log_folder.as_deref(),
            "telemetry.log",
            "there is no log file; give it a path (LogFile::path)",
        )
    })
}

/// The folder for the key by which values are hashed.
pub(super) fn key_folder(config: &Config, app: &AppIdentity) -> Option<PathBuf> {
    config.redaction.hashes().then_some(())?;
    in_folder(
        app.data_folder.as_deref(),
        FOLDER,
        "hashes of redacted values differ from those of other runs",
    )
}

/// Whether requests that a collector did not take are kept on disk.
fn keeps(config: &Config) -> bool {
    let mut exports = [&config.traces, &config.metrics, &config.logs].into_iter();
    config.spool.max_bytes > 0 && exports.any(|exports| exports.otlp.is_some())
}

/// The key of the spool. `None` if nothing is kept, or in the clear.
fn spool_key(config: &Config, app: &AppIdentity) -> Option<Arc<SpoolKey>> {
    (config.spool.encrypted && keeps(config)).then(|| SpoolKey::new(&app.identifier))
}

/// The outlets of all signals, and, if crashes are reported, those for the spans and log records of the reports.
pub(super) fn outlets(
    config: &Config,
    app: &AppIdentity,
    wake: &Arc<Wake>,
    gates: &Gates,
    viewer: Option<&Arc<dyn ViewerFeed>>,
) -> ([Arc<Outlets>; 3], Option<[Arc<Outlets>; 2]>) {
    let exports = [&config.traces, &config.metrics, &config.logs];
    let file_path = config.file_path.clone().or_else(|| {
        exports.iter().any(|exports| exports.file).then_some(())?;
        in_folder(
            app.log_folder.as_deref(),
            "telemetry.jsonl",
            "nothing is exported to a file; name the file (OTEL_EXPORTER_FILE_PATH)",
        )
    });
    let spool_folder = keeps(config).then(|| {
        in_folder(
            app.data_folder.as_deref(),
            FOLDER,
            "what cannot be delivered at once is lost",
        )
    });
    let spool_folder = spool_folder.flatten();
    let spool_key = spool_key(config, app);
    let mut collectors = Collectors::default();
    let mut open = |signal, exports: &Exports, purpose, folder: Option<&Path>, health| {
        let mut shared = uplink::SharedBySignals {
            collectors: &mut collectors,
            spool_folder: folder.map(Path::to_owned),
            spool_limits: config.spool,
            spool_key: spool_key.clone(),
            wake: wake.clone(),
            gate: gates.of(purpose).clone(),
        };
        Arc::new(Outlets::open(
            signal,
            exports,
            file_path.as_deref(),
            health,
            &mut shared,
            viewer.cloned(),
        ))
    };
    let folder = spool_folder.as_deref();
    let of_signals = Signal::ALL.map(|signal| {
        let exports = exports[signal as usize];
        open(signal, exports, Purpose::of(signal), folder, Arc::default())
    });
    let folder = folder.map(|folder| folder.join("crashes"));
    let mut of_crashes = |signal: Signal| {
        let of_signal = &of_signals[signal as usize];
        let mut exports = exports[signal as usize].clone();
        if of_signal.uplink().is_none() {
            // Why nothing can be sent has been said.
            exports.otlp = None;
        }
        let health = of_signal.health().clone();
        open(
            signal,
            &exports,
            Purpose::Crashes,
            folder.as_deref(),
            health,
        )
    };
    let of_crashes = config
        .crash_reports
        .then(|| [Signal::Traces, Signal::Logs].map(&mut of_crashes));
    (of_signals, of_crashes)
}
