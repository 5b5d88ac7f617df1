//! The places one signal goes to: a collector, a file, the console.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::json::{self, Doubles};
use crate::{
    config::{Exports, Signal},
    diagnostics,
    pipeline::{
        health::{Health, Loss},
        keeping::rotate::RotatingFile,
        request::Request,
        uplink::{Shared, Uplink},
    },
};

/// At some 500 bytes a span it is half a day of clicking.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// With [`MAX_FILE_BYTES`] the most that exported files take of a disk, per signal.
const MAX_FILES: usize = 4;

/// Where the requests of one signal go.
#[derive(Debug)]
pub(crate) struct Outlets {
    uplink: Option<Uplink>,
    file: Option<Mutex<TelemetryFile>>,
    console: bool,
    health: Arc<Health>,
}

#[derive(Debug)]
struct TelemetryFile {
    lines: RotatingFile,
    path: PathBuf,
    failing: AtomicBool,
}

impl Outlets {
    pub(in crate::pipeline) fn open(
        signal: Signal,
        exports: &Exports,
        file_path: &Path,
        health: Arc<Health>,
        shared: &mut Shared<'_>,
    ) -> Self {
        let file = exports.file.then(|| {
            let path = path_of(signal, file_path);
            Mutex::new(TelemetryFile {
                lines: RotatingFile::new(path.clone(), MAX_FILE_BYTES, MAX_FILES),
                path,
                failing: AtomicBool::new(false),
            })
        });
        Self {
            uplink: exports
                .otlp
                .as_ref()
                .and_then(|otlp| Uplink::new(signal, otlp, health.clone(), shared)),
            file,
            console: exports.console,
            health,
        }
    }

    /// What a person may know of the places.
    pub(crate) fn shown(&self) -> Vec<String> {
        let mut shown = Vec::new();
        shown.extend(self.uplink.as_ref().map(|uplink| uplink.shown().to_owned()));
        shown.extend(self.file.as_ref().map(|file| {
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.path.display().to_string()
        }));
        shown.extend(self.console.then(|| "console".to_owned()));
        shown
    }

    pub(in crate::pipeline) fn uplink(&self) -> Option<&Uplink> {
        self.uplink.as_ref()
    }

    /// Takes the request to all of them, and counts what became of its items.
    pub(crate) fn deliver<R: Request + Doubles>(&self, request: &R) {
        self.deliver_here(request);
        if let Some(uplink) = &self.uplink {
            uplink.deliver(request);
        }
    }

    /// As [`deliver`](Self::deliver), but for a collector, for whom there is no time left.
    pub(crate) fn keep<R: Request + Doubles>(&self, request: &R) {
        self.deliver_here(request);
        if let Some(uplink) = &self.uplink {
            uplink.keep(request);
        }
    }

    fn deliver_here<R: Request + Doubles>(&self, request: &R) {
        self.health.processed(request.items());
        if self.console {
            // A closed standard output is no reason to stop.
            let _ = std::io::stdout().write_all(request.print().as_bytes());
        }
        let mut taken = self.console;
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            if file.append(request) {
                taken = true;
            } else {
                self.health.lost(Loss::File, request.items());
            }
        }
        // With a collector it is the collector that counts.
        if taken && self.uplink.is_none() {
            self.health.exported(request.items());
        }
    }
}

impl TelemetryFile {
    fn append<R: Request + Doubles>(&mut self, request: &R) -> bool {
        let mut line = json::encode(request);
        line.push(b'\n');
        let result = self.lines.append(&line);
        let failed = result.is_err();
        if let Err(error) = result
            && !self.failing.load(Ordering::Relaxed)
        {
            diagnostics::error(format_args!(
                "cannot write to {} (OTEL_EXPORTER_FILE_PATH): {error}",
                self.path.display()
            ));
        }
        self.failing.store(failed, Ordering::Relaxed);
        !failed
    }
}

/// The file of one signal: the specification of the file exporter has no two signals in one file.
fn path_of(signal: Signal, base: &Path) -> PathBuf {
    let stem = base.file_stem().unwrap_or_default().to_string_lossy();
    let extension = base
        .extension()
        .map(|extension| format!(".{}", extension.to_string_lossy()))
        .unwrap_or_default();
    base.with_file_name(format!("{stem}-{}{extension}", signal.name()))
}
