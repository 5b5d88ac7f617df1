//! The spool: requests that could not be delivered, on disk until they can be. There is one folder per signal, shared by
//! all processes of the app.
//!
//! A process appends to a file of its own, `….part`, which it holds locked. When the file is full, or is to be delivered,
//! the process syncs it and renames it to `….spool`. A `.part` that is not locked was left by a process that has ended, and
//! is delivered as well. While a process delivers a file it holds it locked, and notes in it which requests were
//! delivered, so that after a crash one request at most is sent twice. A new file is locked before it gets a name that
//! other processes look for.
//!
//! If the spool has a key, it encrypts every body. It still delivers the files that were written before it had a key, and leaves
//! alone the files that are encrypted with another key.
//!
//! Requests are lost in these cases: a power cut can lose what was appended since the last sync, which is less than one
//! file; the oldest file is removed when there is no room; requests that are too old are dropped; and while the disk is
//! full, the folder cannot be written or the key is missing, nothing is kept.

mod claim;
mod envelope;
mod files;
mod format;
#[cfg(test)]
mod tests;

pub(crate) use claim::Claim;
#[cfg(fuzzing)]
pub(crate) use format::fuzz;
pub(crate) use format::{Addressee, Record};

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;

use self::{
    envelope::Envelope,
    files::{COMPLETE, CORRUPT, Found, UNFINISHED, is_held, items},
    format::{HEADER_BYTES, MAX_BODY_BYTES},
};
use super::{private, spool_key::SpoolKey};
use crate::{
    config::SpoolLimits,
    diagnostics,
    pipeline::health::{Health, Loss},
};

/// The least time between two reports that the disk does not take requests.
const REPORT_INTERVAL: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    addressee: Addressee,
    limits: SpoolLimits,
    /// `None` if the bodies are written in the clear.
    key: Option<Arc<SpoolKey>>,
    health: Arc<Health>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Current>,
    /// Bytes in the folder, as of the last look and what was appended since.
    bytes: u64,
    /// When a failure of the disk was last reported.
    last_report: Option<Instant>,
}

/// The file this process appends to.
#[derive(Debug)]
struct Current {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Spool {
    /// Creates nothing yet. Looks for files that earlier processes have left, and removes those that are too old.
    pub(crate) fn new(
        folder: PathBuf,
        addressee: Addressee,
        limits: SpoolLimits,
        key: Option<Arc<SpoolKey>>,
        health: Arc<Health>,
    ) -> Self {
        let spool = Self {
            folder,
            addressee,
            limits,
            key,
            health,
            state: Mutex::default(),
        };
        spool.remove_old_files();
        spool.state.lock().bytes = spool.files().iter().map(|file| file.bytes).sum();
        spool
    }

    /// Removes files that were last written so long ago that everything in them is too old. These are also files for
    /// other collectors, files that could not be read, and files of a process that ended while it created them.
    fn remove_old_files(&self) {
        for file in files::list(&self.folder, &[private::NEW, UNFINISHED, COMPLETE, CORRUPT]) {
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

    /// Asks the keyring for the key, if the spool is encrypted, so that the key is there when a request has to be kept.
    pub(crate) fn ask_for_key(&self) {
        if let Some(key) = &self.key {
            key.ask();
        }
    }

    /// Waits until the keyring has answered, if the spool is encrypted. It may wait for a person.
    pub(crate) fn wait_for_key(&self) {
        if let Some(key) = &self.key {
            key.wait();
        }
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.state.lock().bytes
    }

    /// Keeps a request that has `items` items. Returns `false` if the disk does not take it.
    pub(crate) fn store(&self, body: &[u8], items: usize) -> bool {
        self.store_of(None, SystemTime::now(), body, items)
    }

    /// Keeps a request of a claimed file that has been kept since `time`, behind all others. Returns `false` as well after a
    /// [`purge`](Self::purge).
    pub(crate) fn store_again(
        &self,
        claim: &Claim,
        time: SystemTime,
        body: &[u8],
        items: usize,
    ) -> bool {
        self.store_of(Some(claim), time, body, items)
    }

    fn store_of(&self, claim: Option<&Claim>, time: SystemTime, body: &[u8], items: usize) -> bool {
        if body.len() > MAX_BODY_BYTES {
            return false;
        }
        // Before the state is locked, because it may wait for the keyring.
        let encrypted = Envelope::new(self.addressee, self.key.as_ref())
            .and_then(|envelope| Ok((envelope.addressee, envelope.encrypt(body)?)));
        let mut state = self.state.lock();
        // Under the lock of the state, because a purge holds it.
        if claim.is_some_and(Claim::is_purged) {
            return false;
        }
        let kept = encrypted.and_then(|(addressee, body)| {
            self.append(&mut state, addressee, &Record::encode(time, items, &body))
        });
        match kept {
            Ok(()) => {
                self.evict(&mut state);
                true
            }
            Err(error) => {
                if state
                    .last_report
                    .is_none_or(|at| at.elapsed() > REPORT_INTERVAL)
                {
                    state.last_report = Some(Instant::now());
                    diagnostics::warn(format_args!(
                        "cannot keep telemetry in {}: {error}; what cannot be delivered is lost \
                         until that has changed",
                        self.folder.display()
                    ));
                }
                false
            }
        }
    }

    fn append(&self, state: &mut State, addressee: Addressee, record: &[u8]) -> io::Result<()> {
        // If another process has purged the file, nothing delivers what is appended to it.
        state.current.take_if(|current| !current.path.exists());
        let full = state.current.as_ref().is_some_and(|current| {
            current.bytes + record.len() as u64 > self.limits.max_file_bytes
        });
        if full {
            self.complete_current(state)?;
        }
        if state.current.is_none() {
            state.current = Some(self.begin(addressee)?);
            // Other processes keep requests in the same folder, and the limit is that of the folder.
            state.bytes = self.files().iter().map(|file| file.bytes).sum();
        }
        let current = state.current.as_mut().expect("it was just begun");
        if let Err(error) = current.file.write_all(record) {
            // Half a record would make the rest of the file unreadable.
            let end = current.bytes;
            let undone = current.file.set_len(end);
            if undone
                .and_then(|()| current.file.seek(SeekFrom::Start(end)))
                .is_err()
            {
                state.current = None;
            }
            return Err(error);
        }
        current.bytes += record.len() as u64;
        state.bytes += record.len() as u64;
        Ok(())
    }

    fn begin(&self, addressee: Addressee) -> io::Result<Current> {
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        // The order of the names is the order of time.
        let name = format!("{nanos:020}-{:08x}.{UNFINISHED}", fastrand::u32(..));
        let path = self.folder.join(name);
        Ok(Current {
            file: private::create_locked(&path, &addressee.header())?,
            path,
            bytes: HEADER_BYTES as u64,
        })
    }

    /// Completes the file that this process appends to, so that it can be delivered.
    fn complete_current(&self, state: &mut State) -> io::Result<()> {
        if let Some(current) = state.current.take() {
            current.file.sync_data()?;
            match fs::rename(&current.path, current.path.with_extension(COMPLETE)) {
                // Another process has purged it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => return result,
            }
        }
        Ok(())
    }

    /// Removes the oldest files while there are too many bytes.
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
            // A process appends to it or delivers it.
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

    /// Removes everything that is kept.
    ///
    /// # Errors
    /// If a file cannot be removed. The other files are removed.
    pub(crate) fn purge(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        state.current = None;
        let mut result = Ok(());
        for file in self.files() {
            result = private::remove(&file.path).and(result);
        }
        state.bytes = self.files().iter().map(|file| file.bytes).sum();
        result
    }

    /// The files of all processes, the oldest first.
    fn files(&self) -> Vec<Found> {
        files::list(&self.folder, &[UNFINISHED, COMPLETE, CORRUPT])
    }
}
