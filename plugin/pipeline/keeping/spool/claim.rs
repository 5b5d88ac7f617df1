//! The delivery of what is kept: this process claims a file, reads its requests one after the other, and notes which were delivered.

use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    Spool,
    envelope::Envelope,
    files::{COMPLETE, CORRUPT, UNFINISHED, read_header},
    format::{Read, Record, SENT_AT},
};
use crate::pipeline::{health::Loss, keeping::private};

/// A file that this process delivers, locked.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
    path: PathBuf,
    envelope: Envelope,
    length: u64,
    /// Where the first request begins that was not delivered.
    next: u64,
    /// Where the request after it begins.
    following: u64,
    /// Whether a part of the file cannot be read.
    torn: bool,
}

impl Claim {
    pub(super) fn is_purged(&self) -> bool {
        !self.path.exists()
    }

    /// Notes in the file that nothing before this place is to be delivered.
    fn skip_to(&mut self, place: u64) {
        self.next = place;
        // If this fails, requests are sent again.
        let _ = self
            .file
            .seek(SeekFrom::Start(SENT_AT as u64))
            .and_then(|_| self.file.write_all(&place.to_le_bytes()));
    }

    /// Reads the next record, and decrypts its body.
    fn read(&mut self) -> Read {
        match Record::read(&mut self.file, self.next, self.length) {
            Read::Record { record, next } => match self.envelope.decrypt(record.body) {
                Some(body) => Read::Record {
                    record: Record { body, ..record },
                    next,
                },
                None => Read::Corrupt { next },
            },
            other => other,
        }
    }
}

impl Spool {
    /// Takes the oldest file that no other process holds, for the caller to deliver.
    pub(crate) fn claim(&self) -> Option<Claim> {
        for found in self.files() {
            let pending = found
                .path
                .extension()
                .is_some_and(|name| name == UNFINISHED || name == COMPLETE);
            let mut state = self.state.lock();
            let own = state
                .current
                .as_ref()
                .is_some_and(|current| current.path == found.path);
            let mut path = found.path;
            if own {
                if self.complete_current(&mut state).is_err() {
                    continue;
                }
                path.set_extension(COMPLETE);
            } else if !pending {
                continue;
            }
            drop(state);
            if let Some(claim) = self.claim_file(path) {
                return Some(claim);
            }
        }
        None
    }

    fn claim_file(&self, path: PathBuf) -> Option<Claim> {
        let file = private::open(&path, OpenOptions::new().read(true).write(true)).ok()?;
        // The process that appends to it or delivers it holds the lock.
        file.try_lock().ok()?;
        // Another process may have delivered it before this one took the lock.
        if !path.exists() {
            return None;
        }
        let Some((addressee, next, length)) = read_header(&file) else {
            self.set_aside(&path);
            return None;
        };
        // It could not be removed when it was finished.
        if next == length {
            self.remove(&path, length);
            return None;
        }
        let envelope = Envelope::of_file(addressee, self.addressee, self.key.as_ref())?;
        Some(Claim {
            file,
            path,
            envelope,
            length,
            next,
            following: next,
            torn: false,
        })
    }

    fn set_aside(&self, path: &Path) {
        self.health.corrupt_file();
        // If it cannot be renamed, the next claim tries again.
        let _ = fs::rename(path, path.with_extension(CORRUPT));
    }

    fn remove(&self, path: &Path, bytes: u64) {
        if fs::remove_file(path).is_ok() {
            let mut state = self.state.lock();
            state.bytes = state.bytes.saturating_sub(bytes);
        }
    }

    /// The next request of a claimed file, until the caller calls [`delivered`](Self::delivered). `None` as well after a
    /// [`purge`](Self::purge).
    pub(crate) fn next(&self, claim: &mut Claim) -> Option<Record> {
        if claim.is_purged() {
            return None;
        }
        loop {
            match claim.read() {
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

    /// The last request of [`next`](Self::next) is done with, whether it was delivered or not.
    pub(crate) fn delivered(&self, claim: &mut Claim) {
        claim.skip_to(claim.following);
    }

    /// Removes a claimed file that has nothing more to deliver.
    pub(crate) fn finish(&self, mut claim: Claim) {
        // If the file cannot be removed or renamed, nobody claims it again.
        claim.skip_to(claim.length);
        if claim.torn {
            self.set_aside(&claim.path);
        } else {
            self.remove(&claim.path, claim.length);
        }
    }
}
