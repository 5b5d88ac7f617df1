//! The places one signal goes to: a collector, a file, the console, the viewer.

use std::{
    fmt,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use parking_lot::Mutex;

use super::{
    json,
    request::ExportRequest,
    uplink::{SharedBySignals, Uplink},
};
use crate::{
    config::{Exports, Signal},
    diagnostics,
    pipeline::{
        gate::Gate,
        health::{Health, Loss},
        keeping::{rotate::RotatingFile, spool::Spool},
    },
};

/// The size at which the export file of a signal is rotated: some 130 000 spans of 500 bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The number of export files of a signal, so that they take 256 MiB at most.
const MAX_FILES: usize = 4;

/// A viewer in this process. It gets every request after redaction.
pub(crate) trait ViewerFeed: fmt::Debug + Send + Sync {
    /// Takes an encoded request. It never waits: a viewer that is behind counts what it drops.
    fn take(&self, signal: Signal, request: Vec<u8>);

    /// Stores everything that was taken, because the app ends. Returns at the deadline at the latest.
    fn close(&self, deadline: Instant);
}

/// The places that the requests of one signal are written or sent to.
#[derive(Debug)]
pub(crate) struct Outlets {
    uplink: Option<Uplink>,
    file: Option<Mutex<TelemetryFile>>,
    console: bool,
    viewer: Option<(Signal, Arc<dyn ViewerFeed>)>,
    health: Arc<Health>,
    gate: Arc<Gate>,
}

#[derive(Debug)]
struct TelemetryFile {
    lines: RotatingFile,
    path: PathBuf,
    /// Whether the last write failed, so that a series of failures is reported once.
    failing: bool,
}

impl Outlets {
    pub(crate) fn open(
        signal: Signal,
        exports: &Exports,
        file_path: Option<&Path>,
        health: Arc<Health>,
        shared: &mut SharedBySignals<'_>,
        viewer: Option<Arc<dyn ViewerFeed>>,
    ) -> Self {
        let file = file_path.filter(|_| exports.file).map(|path| {
            let path = path_of(signal, path);
            Mutex::new(TelemetryFile {
                lines: RotatingFile::new(path.clone(), MAX_FILE_BYTES, MAX_FILES),
                path,
                failing: false,
            })
        });
        Self {
            uplink: exports
                .otlp
                .as_ref()
                .and_then(|otlp| Uplink::new(signal, otlp, health.clone(), shared)),
            file,
            console: exports.console,
            viewer: viewer.map(|viewer| (signal, viewer)),
            health,
            gate: shared.gate.clone(),
        }
    }

    /// Whether the signal goes nowhere.
    pub(crate) fn is_empty(&self) -> bool {
        self.uplink.is_none() && self.file.is_none() && !self.console && self.viewer.is_none()
    }

    /// What became of the items of this signal.
    pub(crate) fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// The places for a person to read, without credentials.
    pub(crate) fn shown(&self) -> Vec<String> {
        let mut shown = Vec::new();
        shown.extend(self.uplink.as_ref().map(|uplink| uplink.shown().to_owned()));
        let path = |file: &Mutex<TelemetryFile>| file.lock().path.display().to_string();
        shown.extend(self.file.as_ref().map(path));
        shown.extend(self.console.then(|| "console".to_owned()));
        shown.extend(self.viewer.is_some().then(|| "viewer".to_owned()));
        shown
    }

    pub(crate) fn uplink(&self) -> Option<&Uplink> {
        self.uplink.as_ref()
    }

    /// What is kept on disk for the collector.
    pub(crate) fn spool(&self) -> Option<&Spool> {
        self.uplink.as_ref()?.spool()
    }

    /// Gives the request to the viewer and the file, and to the uplink for [`deliver`](Self::deliver). Without consent the
    /// request is deleted.
    pub(crate) fn accept<R: ExportRequest>(&self, request: &R) {
        if let Some(uplink) = &self.uplink {
            uplink.accept(request);
        }
        self.write(request, self.console);
    }

    /// Prints the request, if the signal goes to the console. It blocks while nobody reads the console, so nothing else may
    /// wait for it.
    pub(crate) fn print<R: ExportRequest>(&self, request: &R) {
        // A pass would make a change of the consent wait.
        if self.console && self.gate.is_open() {
            // Standard output may be closed. That must not stop the export.
            let _ = std::io::stdout().write_all(request.print().as_bytes());
        }
    }

    /// Sends the accepted request to the collector.
    pub(crate) fn deliver(&self) {
        if let Some(uplink) = &self.uplink {
            uplink.deliver();
        }
    }

    /// Like [`accept`](Self::accept), but keeps the request on disk for the next start, and nothing prints it: the app ends.
    pub(crate) fn keep<R: ExportRequest>(&self, request: &R) {
        self.write(request, false);
        if let Some(uplink) = &self.uplink {
            uplink.keep(request);
        }
    }

    /// Like [`keep`](Self::keep), but the caller [prints](Self::print) the request as well: the app starts, and reports an
    /// earlier run.
    pub(crate) fn report<R: ExportRequest>(&self, request: &R) {
        self.write(request, self.console);
        if let Some(uplink) = &self.uplink {
            uplink.keep(request);
        }
    }

    /// Gives the request to the viewer and the file, and counts what becomes of it if there is no uplink. `is_printed`: the
    /// console takes it too.
    fn write<R: ExportRequest>(&self, request: &R, is_printed: bool) {
        let Some(_pass) = self.gate.pass() else {
            return;
        };
        self.health.processed(request.items());
        if let Some((signal, viewer)) = &self.viewer {
            viewer.take(*signal, request.encode_to_vec());
        }
        let mut taken = is_printed || self.viewer.is_some();
        if let Some(file) = &self.file {
            if file.lock().append(request) {
                taken = true;
            } else {
                self.health.lost(Loss::File, request.items());
            }
        }
        // If the request is sent to a collector as well, the uplink counts its items.
        if self.uplink.is_none() {
            if taken {
                self.health.exported(request.items());
            } else if self.file.is_none() {
                self.health.lost(Loss::Unreachable, request.items());
            }
        }
    }
}

impl TelemetryFile {
    fn append<R: ExportRequest>(&mut self, request: &R) -> bool {
        let mut line = json::encode(request.clone());
        line.push(b'\n');
        let result = self.lines.append(&line);
        if let Err(error) = &result
            && !self.failing
        {
            diagnostics::error(format_args!(
                "cannot write to {} (OTEL_EXPORTER_FILE_PATH): {error}",
                self.path.display()
            ));
        }
        self.failing = result.is_err();
        !self.failing
    }
}

/// The file of one signal: the specification of the OTLP file exporter allows one signal per file.
fn path_of(signal: Signal, base: &Path) -> PathBuf {
    let stem = base.file_stem().unwrap_or_default().to_string_lossy();
    let extension = base
        .extension()
        .map(|extension| format!(".{}", extension.to_string_lossy()))
        .unwrap_or_default();
    base.with_file_name(format!("{stem}-{}{extension}", signal.name()))
}
