//! The key by which redaction hashes values. It lies in a file that only the user can read, so hashes of one installation can be joined over
//! runs, and never leaves the machine.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    path::Path,
};

use uuid::Uuid;

use super::private;
use crate::{diagnostics, privacy::InstallationKey};

const FILE: &str = "redaction.key";

/// The key in `folder`. If there is none it is created; if that fails, or there is no folder, the key is of this run
/// alone.
pub(crate) fn installation_key(folder: Option<&Path>) -> InstallationKey {
    let Some(folder) = folder else {
        return random();
    };
    let path = folder.join(FILE);
    let key = read(&path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => create(folder, &path),
        _ => Err(error),
    });
    key.unwrap_or_else(|error| {
        diagnostics::warn(format_args!(
            "cannot use {}, so hashes of redacted values differ from those of other runs: {error}",
            path.display()
        ));
        random()
    })
}

fn read(path: &Path) -> io::Result<InstallationKey> {
    let mut bytes = [0; InstallationKey::BYTES];
    private::open(path, OpenOptions::new().read(true))?.read_exact(&mut bytes)?;
    Ok(InstallationKey::new(bytes))
}

fn create(folder: &Path, path: &Path) -> io::Result<InstallationKey> {
    private::create_folder(folder)?;
    let key = Uuid::new_v4();
    // `create_new`: of two processes that start at once, one creates the key and the other reads it next time.
    private::open(path, OpenOptions::new().write(true).create_new(true))?
        .write_all(key.as_bytes())?;
    Ok(InstallationKey::new(key.into_bytes()))
}

/// 122 of the 128 bits of a version 4 UUID are random.
fn random() -> InstallationKey {
    InstallationKey::new(Uuid::new_v4().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_installation_stays() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("telemetry");
        let first = installation_key(Some(&folder));
        assert_eq!(installation_key(Some(&folder)), first);
        std::fs::remove_file(folder.join(FILE)).expect("removed");
        assert_ne!(installation_key(Some(&folder)), first);
    }

    #[test]
    fn a_damaged_key_is_replaced_for_this_run() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join(FILE), "short").expect("written");
        assert_ne!(
            installation_key(Some(dir.path())),
            InstallationKey::default()
        );
    }
}
