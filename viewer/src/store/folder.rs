//! The folder of the runs: one database for each, a lock while it is written, and a mark when it is pinned.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use super::Error;

/// The endings of the files of a run.
const DATABASE: &str = "db";
const WAL: &str = "db-wal";
const SHARED_MEMORY: &str = "db-shm";
const LOCK: &str = "lock";
const PIN: &str = "pinned";
const DAMAGED: &str = "damaged";

/// A folder of runs, in which several programs can write a run each.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// Keeps other programs from removing a run while this one writes it.
pub(crate) struct RunLock {
    _file: File,
    path: PathBuf,
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // One that is left behind says nothing: what counts is who holds it.
        let _ = fs::remove_file(&self.path);
    }
}

impl Folder {
    /// Makes the folder, for this user only.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self(path.to_owned()))
    }

    /// A new id: it sorts by time, and no two programs make the same.
    pub(crate) fn new_id() -> String {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let millis = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        format!("{millis:013}-{}-{made}", std::process::id())
    }

    /// The ids of all runs, the newest first.
    pub(crate) fn runs(&self) -> Vec<String> {
        self.ids(DATABASE)
    }

    /// The ids of the files with an ending, the newest first.
    fn ids(&self, extension: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut ids: Vec<String> = entries
            .filter_map(|entry| {
                let path = entry.path();
                let is_such = path.extension()? == extension;
                let id = path.file_stem()?.to_str()?;
                (is_such && is_id(id)).then(|| id.to_owned())
            })
            .collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids
    }

    /// The database of a run.
    ///
    /// # Errors
    /// If `id` is none.
    pub(crate) fn database(&self, id: &str) -> Result<PathBuf, Error> {
        if !is_id(id) {
            return Err(Error::NoRun(id.to_owned()));
        }
        Ok(self.file(id, DATABASE))
    }

    fn file(&self, id: &str, extension: &str) -> PathBuf {
        self.0.join(format!("{id}.{extension}"))
    }

    /// Makes the empty database of a new run, which nobody but this user can read, and locks it.
    pub(crate) fn create_run(&self, id: &str) -> Result<RunLock, Error> {
        let lock = self
            .lock(id)?
            .ok_or_else(|| Error::Kept(id.to_owned(), "running"))?;
        private_file(&self.file(id, DATABASE))?;
        Ok(lock)
    }

    /// Takes the lock of a run; `None` while a program writes it.
    fn lock(&self, id: &str) -> Result<Option<RunLock>, Error> {
        let path = self.file(id, LOCK);
        let file = private_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(RunLock { _file: file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::Io { path, source }),
        }
    }

    pub(crate) fn is_running(&self, id: &str) -> bool {
        // Without the file nobody holds it, and asking does not make it.
        self.file(id, LOCK).exists() && !matches!(self.lock(id), Ok(Some(_)))
    }

    pub(crate) fn is_pinned(&self, id: &str) -> bool {
        self.file(id, PIN).exists()
    }

    pub(crate) fn pin(&self, id: &str, pinned: bool) -> Result<(), Error> {
        let path = self.file(id, PIN);
        if pinned {
            return private_file(&path).map(drop);
        }
        remove(&path).map_err(|source| Error::Io { path, source })
    }

    /// Removes a run that no program writes.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Error> {
        if self.is_pinned(id) {
            return Err(Error::Kept(id.to_owned(), "pinned"));
        }
        let Some(_lock) = self.lock(id)? else {
            return Err(Error::Kept(id.to_owned(), "running"));
        };
        for extension in [DATABASE, WAL, SHARED_MEMORY] {
            let path = self.file(id, extension);
            remove(&path).map_err(|source| Error::Io { path, source })?;
        }
        Ok(())
    }

    /// Gives a damaged database another name, under which it is no run any more.
    pub(crate) fn set_aside(&self, id: &str) -> Result<PathBuf, Error> {
        let to = self.file(id, DAMAGED);
        let from = self.file(id, DATABASE);
        fs::rename(&from, &to).map_err(|source| Error::Io { path: from, source })?;
        for extension in [WAL, SHARED_MEMORY] {
            let _ = remove(&self.file(id, extension));
        }
        Ok(to)
    }

    /// Removes the oldest of the files that were set aside, and says whether there was one.
    pub(crate) fn remove_damaged(&self) -> bool {
        let ids = self.ids(DAMAGED);
        let oldest = ids.last().map(|id| self.file(id, DAMAGED));
        oldest.is_some_and(|path| fs::remove_file(path).is_ok())
    }

    /// Bytes of a run on the disk.
    pub(crate) fn bytes(&self, id: &str) -> u64 {
        [DATABASE, WAL, SHARED_MEMORY]
            .iter()
            .map(|extension| length(&self.file(id, extension)))
            .sum()
    }

    /// Bytes of the write-ahead log of a run.
    pub(crate) fn wal_bytes(&self, id: &str) -> u64 {
        length(&self.file(id, WAL))
    }

    /// Bytes of all that is in the folder, damaged files included.
    pub(crate) fn total_bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| Some(entry.metadata().ok()?.len()))
            .sum()
    }
}

/// An id is made of digits and dashes, so it cannot be a path to elsewhere.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn private_file(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        source,
    })
}
