//! Files and folders that only the user can read, and that are never reached through a symbolic link.
//!
//! On Windows a file inherits the access list of its folder. The folders that Tauri gives an app lie in the profile of
//! the user, which other users cannot read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// The extension of a file that is not locked yet.
pub(crate) const NEW: &str = "new";

/// Creates a folder, and its parents, with mode 0700. A folder that exists keeps its mode.
///
/// # Errors
/// If a folder cannot be created.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file. A file that is created gets mode 0600.
///
/// # Errors
/// If the file cannot be opened, or is a symbolic link, a folder, a pipe or a device.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Without O_NONBLOCK, opening a pipe waits for its other end.
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        options.mode(0o600).custom_flags(flags);
    }
    #[cfg(windows)]
    {
        /// Opens a symbolic link itself instead of its target.
        const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(options, FILE_FLAG_OPEN_REPARSE_POINT);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// Creates a file, and its folder, for `fill`. If `fill` fails, the file is removed.
///
/// # Errors
/// If the file exists or cannot be created, or `fill` fails.
pub(crate) fn create<T>(path: &Path, fill: impl FnOnce(File) -> io::Result<T>) -> io::Result<T> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    let file = open(path, options.read(true).write(true).create_new(true))?;
    fill(file).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// Removes a file that may be missing.
///
/// # Errors
/// If it is there and cannot be removed.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Creates a file with this content, locked. It gets its name when it is complete, so nobody finds it without the lock.
///
/// # Errors
/// If the file cannot be created.
pub(crate) fn create_locked(path: &Path, content: &[u8]) -> io::Result<File> {
    let new = path.with_extension(NEW);
    create(&new, |mut file| {
        file.lock()?;
        file.write_all(content)?;
        fs::rename(&new, path)?;
        Ok(file)
    })
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn what_cannot_be_filled_leaves_no_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("new/file");
        let full = |_| -> io::Result<()> { Err(io::ErrorKind::StorageFull.into()) };
        let error = create(&path, full).expect_err("the disk is full");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        create(&path, |mut file| file.write_all(b"filled")).expect("there is room");
        create(&path, full).expect_err("it exists");
        assert_eq!(fs::read(&path).expect("a file"), b"filled");
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it exists").permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_a_new_file_and_a_new_folder() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("one/two");
        create_folder(&folder).expect("created");
        open(
            &folder.join("file"),
            OpenOptions::new().append(true).create(true),
        )
        .expect("created");
        assert_eq!(mode(&dir.path().join("one")), 0o700);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("file")), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_a_regular_file_is_not_opened() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = dir.path().join("target");
        fs::write(&target, "").expect("written");
        let link = dir.path().join("link");
        symlink(&target, &link).expect("linked");
        for path in [&*link, dir.path(), Path::new("/dev/null")] {
            let opened = open(path, OpenOptions::new().read(true));
            assert!(opened.is_err(), "{} was opened", path.display());
        }
    }
}
