//! What could not be delivered, on disk until it can: one folder per signal, shared by all processes of
//! the app.
//!
//! A process appends to a file of its own, `….part`, which it holds locked; once that is full, or its
//! turn has come, it is synced and gets its final name, `….spool`. A `.part` that nobody holds locked was left
//! by a process that is gone, and is as good. Delivering a file, a process holds it locked as well, and
//! notes in it how far it got, so that what is sent twice after a crash is one request at most.
//!
//! What users get hurt by: a power cut can take what was appended since the last sync, which is less
//! than one file; the oldest is evicted when there is no room, and what is too old is dropped; when the
//! disk is full or the folder cannot be written, there is no spool until the next start.

mod format;
#[cfg(test)]
mod tests;

pub(crate) use format::{Addressee, Record};

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use self::format::{HEADER_BYTES, Read, SENT_AT};
use crate::{
    config::SpoolLimits,
    diagnostics,
    pipeline::health::{Health, Loss},
};

const OPEN: &str = "part";
const SEALED: &str = "spool";
/// What cannot be read, for whoever wants to know why; it is evicted like the rest.
const CORRUPT: &str = "corrupt";

#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    addressee: Addressee,
    limits: SpoolLimits,
    health: Arc<Health>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Current>,
    /// Bytes in the folder, as of the last look and what was appended since.
    bytes: u64,
    /// Whether the disk has failed us.
    off: bool,
}

/// The file this process appends to.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Spool {
    /// Touches nothing yet, but looks for what earlier processes have left.
    pub(crate) fn new(
        folder: PathBuf,
        addressee: Addressee,
        limits: SpoolLimits,
        health: Arc<Health>,
    ) -> Self {
        let spool = Self {
            folder,
            addressee,
            limits,
            health,
            state: Mutex::default(),
        };
        spool.forget_what_is_too_old();
        spool.state().bytes = spool.files().iter().map(|file| file.bytes).sum();
        spool
    }

    /// Removes the files that nobody has appended to for so long that all that is in them is too old: also
    /// those for other collectors, and those that could not be read.
    fn forget_what_is_too_old(&self) {
        for file in self.files() {
            let age = fs::metadata(&file.path)
                .and_then(|metadata| metadata.modified())
                .map(|modified| {
                    SystemTime::now()
                        .duration_since(modified)
                        .unwrap_or_default()
                });
            if age.is_ok_and(|age| age > self.limits.max_age) && !is_held(&file.path) {
                let items = items(&file.path);
                if fs::remove_file(&file.path).is_ok() {
                    self.health.lost(Loss::Expired, items);
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.state().bytes
    }

    /// Keeps a request of so many items; `false` if the disk does not take it.
    pub(crate) fn store(&self, body: &[u8], items: usize) -> bool {
        let mut state = self.state();
        if state.off {
            return false;
        }
        let record = Record::encode(SystemTime::now(), items, body);
        match self.append(&mut state, &record) {
            Ok(()) => {
                self.evict(&mut state);
                true
            }
            Err(error) => {
                state.off = true;
                state.current = None;
                diagnostics::warn(format_args!(
                    "cannot keep telemetry in {}: {error}; what cannot be delivered is lost until \
                     the next start",
                    self.folder.display()
                ));
                false
            }
        }
    }

    fn append(&self, state: &mut State, record: &[u8]) -> io::Result<()> {
        let full = state.current.as_ref().is_some_and(|current| {
            current.bytes + record.len() as u64 > self.limits.max_file_bytes
        });
        if full {
            self.seal(state)?;
        }
        if state.current.is_none() {
            state.current = Some(self.begin()?);
            state.bytes += HEADER_BYTES as u64;
        }
        let current = state.current.as_mut().expect("it was just begun");
        current.file.write_all(record)?;
        current.bytes += record.len() as u64;
        state.bytes += record.len() as u64;
        Ok(())
    }

    fn begin(&self) -> io::Result<Current> {
        fs::create_dir_all(&self.folder)?;
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        // Sorted by name is sorted by age.
        let name = format!("{nanos:020}-{:08x}.{OPEN}", fastrand::u32(..));
        let path = self.folder.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        file.lock()?;
        file.write_all(&self.addressee.header())?;
        Ok(Current {
            file,
            path,
            bytes: HEADER_BYTES as u64,
        })
    }

    /// Ends the file this process appends to, so that it can be delivered.
    fn seal(&self, state: &mut State) -> io::Result<()> {
        if let Some(current) = state.current.take() {
            current.file.sync_data()?;
            match fs::rename(&current.path, current.path.with_extension(SEALED)) {
                // Another process has purged it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => return result,
            }
        }
        Ok(())
    }

    /// Makes room by the oldest files, and forgets what is too old.
    fn evict(&self, state: &mut State) {
        if state.bytes <= self.limits.max_bytes {
            return;
        }
        // Other processes append and deliver as well.
        let files = self.files();
        state.bytes = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if state.bytes <= self.limits.max_bytes {
                return;
            }
            // What is appended to is the newest there is of its process.
            if is_held(&file.path) {
                continue;
            }
            let items = items(&file.path);
            if fs::remove_file(&file.path).is_ok() {
                state.bytes -= file.bytes;
                self.health.lost(Loss::Evicted, items);
            }
        }
    }

    /// The oldest file that nobody else delivers, to be delivered by the caller.
    pub(crate) fn claim(&self) -> Option<Claim> {
        for found in self.files() {
            let pending = found
                .path
                .extension()
                .is_some_and(|name| name == OPEN || name == SEALED);
            let mut state = self.state();
            let own = state
                .current
                .as_ref()
                .is_some_and(|current| current.path == found.path);
            let mut path = found.path;
            if own {
                if self.seal(&mut state).is_err() {
                    continue;
                }
                path.set_extension(SEALED);
            } else if !pending {
                continue;
            }
            drop(state);
            if let Some(claim) = self.open(path) {
                return Some(claim);
            }
        }
        None
    }

    fn open(&self, path: PathBuf) -> Option<Claim> {
        let mut file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
        // Held by whoever appends to it or delivers it.
        file.try_lock().ok()?;
        // It may have been delivered between the look and the lock.
        if !path.exists() {
            return None;
        }
        // No more than its beginning, if it is for another collector.
        let mut content = Vec::new();
        let header = HEADER_BYTES as u64;
        (&file).take(header).read_to_end(&mut content).ok()?;
        if Addressee::read(&content).is_some_and(|(addressee, _)| addressee != self.addressee) {
            return None;
        }
        file.read_to_end(&mut content).ok()?;
        let Some((_, next)) = Addressee::read(&content) else {
            self.set_aside(&path);
            return None;
        };
        Some(Claim {
            file,
            path,
            content,
            next,
            following: next,
            torn: false,
        })
    }

    fn set_aside(&self, path: &Path) {
        self.health.corrupt_file();
        // If it cannot be renamed it is met again at the next start.
        let _ = fs::rename(path, path.with_extension(CORRUPT));
    }

    /// The next request of a claimed file. The caller says with [`delivered`](Self::delivered) that it is
    /// done with it, whatever came of it.
    pub(crate) fn next(&self, claim: &mut Claim) -> Option<Record> {
        loop {
            match Record::read(&claim.content, claim.next) {
                Read::Record { record, next } => {
                    claim.following = next;
                    let age = SystemTime::now().duration_since(record.time);
                    if age.is_ok_and(|age| age > self.limits.max_age) {
                        self.health.lost(Loss::Expired, record.items);
                        self.delivered(claim);
                        continue;
                    }
                    return Some(record);
                }
                Read::Corrupt { next } => {
                    claim.torn = true;
                    claim.following = next;
                    self.delivered(claim);
                }
                Read::Torn => {
                    claim.torn = true;
                    return None;
                }
                Read::End => return None,
            }
        }
    }

    /// Goes on behind the last request of a claimed file.
    pub(crate) fn delivered(&self, claim: &mut Claim) {
        claim.next = claim.following;
        let sent = (claim.next as u64).to_le_bytes();
        // Not noted means sent again after a crash.
        let _ = claim
            .file
            .seek(SeekFrom::Start(SENT_AT as u64))
            .and_then(|_| claim.file.write_all(&sent));
    }

    /// A claimed file has nothing more to deliver.
    pub(crate) fn finish(&self, claim: Claim) {
        let bytes = claim.content.len() as u64;
        if claim.torn {
            self.set_aside(&claim.path);
            return;
        }
        if fs::remove_file(&claim.path).is_ok() {
            let mut state = self.state();
            state.bytes = state.bytes.saturating_sub(bytes);
        }
    }

    /// Removes everything that is kept.
    ///
    /// # Errors
    /// If a file cannot be removed; the others are gone.
    pub(crate) fn purge(&self) -> io::Result<()> {
        let mut state = self.state();
        state.current = None;
        let mut result = Ok(());
        for file in self.files() {
            match fs::remove_file(&file.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => result = Err(error),
                _ => {}
            }
        }
        state.bytes = self.files().iter().map(|file| file.bytes).sum();
        result
    }

    /// The files of the folder, the oldest first.
    fn files(&self) -> Vec<Found> {
        let mut files: Vec<_> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some(Found {
                    bytes: entry.metadata().ok()?.len(),
                    path: entry.path(),
                })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }
}

struct Found {
    path: PathBuf,
    bytes: u64,
}

/// Whether a process, this one too, appends to a file or delivers it.
fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// How many items a file still has, as far as it can be read.
fn items(path: &Path) -> usize {
    let content = fs::read(path).unwrap_or_default();
    let Some((_, mut next)) = Addressee::read(&content) else {
        return 0;
    };
    let mut items = 0;
    while let Read::Record { record, next: end } = Record::read(&content, next) {
        items += record.items;
        next = end;
    }
    items
}

/// A file that this process delivers, locked.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    path: PathBuf,
    content: Vec<u8>,
    /// Where the first request begins that was not delivered.
    next: usize,
    /// Where the one after it begins.
    following: usize,
    /// Whether there is anything in it that cannot be read.
    torn: bool,
}
