//! The files in the folder of a spool: their names, whether a process holds one, and what is left in it.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    super::private,
    format::{Addressee, HEADER_BYTES, Read, Record},
};

/// The extension of a file that a process appends to.
pub(super) const UNFINISHED: &str = "part";
/// The extension of a file that is complete.
pub(super) const COMPLETE: &str = "spool";
/// The extension of a file that cannot be read. It is kept for a person to examine, and removed like the others.
pub(super) const CORRUPT: &str = "corrupt";

/// A file of the spool.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
}

/// The regular files in `folder` that have the name of a spool's file with one of the extensions, the oldest first.
/// Nothing else in the folder is read or removed.
pub(super) fn list(folder: &Path, extensions: &[&str]) -> Vec<Found> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let is_own = entry.file_type().is_ok_and(|kind| kind.is_file())
                && is_name(Path::new(&entry.file_name()), extensions);
            is_own.then_some(())?;
            Some(Found {
                bytes: entry.metadata().ok()?.len(),
                path: entry.path(),
            })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Whether a name is `<nanoseconds>-<random number>.<extension>`, as `Spool::begin` makes it.
fn is_name(name: &Path, extensions: &[&str]) -> bool {
    let extension = name.extension().and_then(OsStr::to_str);
    let numbers = name.file_stem().and_then(OsStr::to_str);
    let is_digits = |text: &str| text.len() == 20 && text.bytes().all(|b| b.is_ascii_digit());
    let is_hex = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    extension.is_some_and(|extension| extensions.contains(&extension))
        && numbers
            .and_then(|numbers| numbers.split_once('-'))
            .is_some_and(|(nanos, random)| is_digits(nanos) && is_hex(random))
}

/// Opens a file to look at it.
fn look(path: &Path) -> io::Result<File> {
    private::open(path, OpenOptions::new().read(true))
}

/// Whether a process, this one included, appends to a file or delivers it.
pub(super) fn is_held(path: &Path) -> bool {
    look(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The addressee of a file, where the first request begins that was not delivered, and the length of the file.
pub(super) fn read_header(mut file: &File) -> Option<(Addressee, u64, u64)> {
    let length = file.metadata().ok()?.len();
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).ok()?;
    let (addressee, next) = Addressee::read(&header, length)?;
    Some((addressee, next, length))
}

/// The number of items that a file still has, up to the first request that cannot be read.
pub(super) fn items(path: &Path) -> usize {
    let Ok(mut file) = look(path) else {
        return 0;
    };
    let Some((_, mut next, length)) = read_header(&file) else {
        return 0;
    };
    let mut items = 0;
    while let Read::Record { record, next: end } = Record::read(&mut file, next, length) {
        items += record.items;
        next = end;
    }
    items
}
