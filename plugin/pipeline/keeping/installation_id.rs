//! The random id of this installation, by which a collector can count installations.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use uuid::Uuid;

use super::{private, random_file};
use crate::diagnostics;

const FILE: &str = "installation.id";

/// The id of this installation. It is random, and says nothing about the device or the user.
#[derive(Debug)]
pub(crate) struct InstallationId {
    id: Uuid,
    /// `None` if the id is of this run alone.
    path: Option<PathBuf>,
    /// Whether the id was erased. It is then not kept again, so the next run has another one.
    is_erased: AtomicBool,
}

impl InstallationId {
    /// The id that an earlier run has kept in `folder`, or a new one, which is not kept yet.
    pub(crate) fn in_folder(folder: Option<&Path>) -> Self {
        let mut path = folder.map(|folder| folder.join(FILE));
        let kept = path.as_deref().map(random_file::read);
        let id = match kept {
            Some(Ok(id)) => id,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
                warn(path.take(), &error);
                Uuid::new_v4()
            }
            _ => Uuid::new_v4(),
        };
        Self {
            id,
            path,
            is_erased: AtomicBool::new(false),
        }
    }

    pub(crate) fn get(&self) -> Uuid {
        self.id
    }

    /// Keeps the id for the next runs.
    pub(crate) fn keep(&self) {
        let Some(path) = &self.path else {
            return;
        };
        if self.is_erased.load(Relaxed) || path.exists() {
            return;
        }
        if let Err(error) = random_file::create(path, self.id) {
            warn(Some(path.clone()), &error);
        }
    }

    /// Removes the file. The next run has another id.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub(crate) fn erase(&self) -> io::Result<()> {
        self.is_erased.store(true, Relaxed);
        self.path.as_deref().map_or(Ok(()), private::remove)
    }
}

fn warn(path: Option<PathBuf>, error: &io::Error) {
    diagnostics::warn(format_args!(
        "cannot use {}, so the next run has another app.installation.id: {error}",
        path.unwrap_or_default().display()
    ));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_id_stays_once_it_is_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("telemetry");
        let id = InstallationId::in_folder(Some(&folder));
        assert!(!folder.exists(), "nothing is written before it is kept");
        id.keep();
        id.keep();
        let next = InstallationId::in_folder(Some(&folder));
        assert_eq!(next.get(), id.get());
    }

    #[test]
    fn the_run_after_an_erasure_has_another_id() {
        let dir = tempfile::tempdir().expect("a folder");
        let id = InstallationId::in_folder(Some(dir.path()));
        id.erase().expect("nothing is kept");
        id.keep();
        assert!(!dir.path().join(FILE).exists(), "an erased id is not kept");

        let kept = InstallationId::in_folder(Some(dir.path()));
        kept.keep();
        kept.erase().expect("removed");
        let next = InstallationId::in_folder(Some(dir.path()));
        assert_ne!(next.get(), kept.get());
    }

    #[test]
    fn a_damaged_file_is_left_alone_and_the_id_is_of_this_run() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(FILE), "short").expect("written");
        let id = InstallationId::in_folder(Some(dir.path()));
        id.keep();
        assert_ne!(id.get(), InstallationId::in_folder(Some(dir.path())).get());
    }
}
