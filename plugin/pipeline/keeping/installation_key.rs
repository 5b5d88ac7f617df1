//! The key by which redaction hashes values. It lies in a file that only the user can read, so hashes of one installation can be joined over
//! runs, and never leaves the machine.

use std::{io, path::Path};

use uuid::Uuid;

use super::random_file;
use crate::{diagnostics, privacy::InstallationKey};

const FILE: &str = "redaction.key";

/// The key in `folder`. If there is none it is created; if that fails, or there is no folder, the key is of this run
/// alone.
pub(crate) fn installation_key(folder: Option<&Path>) -> InstallationKey {
    let Some(folder) = folder else {
        return random();
    };
    let path = folder.join(FILE);
    let key = random_file::read(&path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let key = Uuid::new_v4();
            random_file::create(&path, key).map(|()| key)
        }
        _ => Err(error),
    });
    key.map(InstallationKey::from).unwrap_or_else(|error| {
        diagnostics::warn(format_args!(
            "cannot use {}, so hashes of redacted values differ from those of other runs: {error}",
            path.display()
        ));
        random()
    })
}

/// 122 of the 128 bits of a version 4 UUID are random.
fn random() -> InstallationKey {
    Uuid::new_v4().into()
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
