//! The file of one run: two slots that are written in turn, so that a crash during a write leaves the other one.
//!
//! ```text
//! slot  sequence u64 · length of the spans u32 · length of the logs u32 · crc of all else u32 · spans · logs
//! ```
//!
//! Numbers are little-endian. An empty file is the mark of a clean end. A process holds its file locked, so a file without a
//! lock is that of a run that has ended.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use prost::Message;
use uuid::Uuid;

use super::{EarlierRuns, Evidence};
use crate::{diagnostics, pipeline::keeping::private};

const EXTENSION: &str = "run";
const HEADER_BYTES: usize = 20;

/// 64 spans of 1 KiB, and the breadcrumbs. Evidence that takes more is left out, but for the crash itself.
pub(super) const SLOT_BYTES: usize = 128 * 1024;

/// The folder that the runs of the app share.
#[derive(Debug)]
pub(super) struct RunFiles(PathBuf);

/// The file of this run, locked.
#[derive(Debug)]
pub(super) struct RunFile {
    file: File,
    sequence: u64,
}

impl RunFiles {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Creates the file of this run. `None`, and a word to the developer, if the disk does not take it.
    pub(super) fn create(&self) -> Option<RunFile> {
        let path = self.0.join(format!("{}.{EXTENSION}", Uuid::new_v4()));
        private::create_locked(&path, &[])
            .map(|file| RunFile { file, sequence: 0 })
            .inspect_err(|error| {
                diagnostics::warn(format_args!(
                    "a crash of this run will leave no report, because {} cannot be written: {error}",
                    path.display()
                ));
            })
            .ok()
    }

    fn paths(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == EXTENSION)
            })
            .collect()
    }

    pub(super) fn take_earlier(&self, mut report: impl FnMut(Evidence)) -> EarlierRuns {
        let mut runs = EarlierRuns::default();
        for path in self.paths() {
            let Ok(mut file) = private::open(&path, OpenOptions::new().read(true).write(true))
            else {
                continue;
            };
            // A process runs with it, this one included.
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                continue;
            }
            if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
                if fs::remove_file(&path).is_ok() {
                    runs.clean += 1;
                }
                continue;
            }
            runs.crashed += 1;
            let slots = [0, SLOT_BYTES].map(|at| read(&mut file, at as u64));
            let last = slots.into_iter().flatten();
            if let Some((_, evidence)) = last.max_by_key(|(sequence, _)| *sequence) {
                report(evidence);
            }
            // Only now, so that no report is lost if this process ends meanwhile. Emptied first: if the file cannot be removed,
            // the crash would be reported at every start.
            let _ = file.set_len(0);
            let _ = fs::remove_file(&path);
        }
        runs
    }

    /// Removes the files of all runs.
    ///
    /// # Errors
    /// If a file cannot be removed. The others are removed.
    pub(super) fn purge(&self) -> io::Result<()> {
        // All of them, also after one that failed.
        let paths = self.paths();
        let removed: Vec<_> = paths.iter().map(|path| private::remove(path)).collect();
        removed.into_iter().collect()
    }
}

impl RunFile {
    /// Replaces the evidence.
    pub(super) fn write(&mut self, evidence: &Evidence) {
        self.sequence += 1;
        let mut spans = evidence.spans.encode_to_vec();
        let mut logs = evidence.logs.encode_to_vec();
        if spans.len() + logs.len() + HEADER_BYTES > SLOT_BYTES {
            spans.clear();
        }
        if logs.len() + HEADER_BYTES > SLOT_BYTES {
            logs.clear();
        }
        let slot = encode(self.sequence, &spans, &logs);
        let at = (self.sequence % 2) * SLOT_BYTES as u64;
        // The next write tries again, and the other slot holds what was before.
        let _ = self
            .file
            .seek(SeekFrom::Start(at))
            .and_then(|_| self.file.write_all(&slot));
    }

    /// Replaces the evidence by the mark of a clean end.
    pub(super) fn end(self) {
        // If this fails, the next start reports a crash.
        let _ = self.file.set_len(0);
    }
}

fn encode(sequence: u64, spans: &[u8], logs: &[u8]) -> Vec<u8> {
    let mut slot = Vec::with_capacity(HEADER_BYTES + spans.len() + logs.len());
    slot.extend(sequence.to_le_bytes());
    slot.extend((spans.len() as u32).to_le_bytes());
    slot.extend((logs.len() as u32).to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&slot);
    crc.update(spans);
    crc.update(logs);
    slot.extend(crc.finalize().to_le_bytes());
    slot.extend(spans);
    slot.extend(logs);
    slot
}

/// The slot at this place; `None` if there is none, or if it is damaged.
fn read(file: &mut File, at: u64) -> Option<(u64, Evidence)> {
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut bytes = Vec::new();
    file.take(SLOT_BYTES as u64).read_to_end(&mut bytes).ok()?;
    let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
    let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|index| header[at + index]));
    let (spans, rest) = rest.split_at_checked(number(8) as usize)?;
    let (logs, _) = rest.split_at_checked(number(12) as usize)?;
    let sequence = u64::from_le_bytes(std::array::from_fn(|index| header[index]));
    if encode(sequence, spans, logs)[..HEADER_BYTES] != *header {
        return None;
    }
    let evidence = Evidence {
        spans: Message::decode(spans).ok()?,
        logs: Message::decode(logs).ok()?,
    };
    Some((sequence, evidence))
}
