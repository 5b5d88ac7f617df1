//! A random number of this installation, in a file that only the user can read.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    path::Path,
};

use uuid::Uuid;

use super::private;

/// The number in the file.
///
/// # Errors
/// If there is no file, or it cannot be read, or is too short.
pub(super) fn read(path: &Path) -> io::Result<Uuid> {
    let mut bytes = [0; 16];
    private::open(path, OpenOptions::new().read(true))?.read_exact(&mut bytes)?;
    Ok(Uuid::from_bytes(bytes))
}

/// Writes the number into a new file.
///
/// # Errors
/// If the file exists, or cannot be written.
pub(super) fn create(path: &Path, number: Uuid) -> io::Result<()> {
    // Of two processes that start at once, one creates the file and the other reads it next time.
    private::create(path, |mut file| file.write_all(number.as_bytes()))
}
