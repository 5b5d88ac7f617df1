//! The file of a spool: a header, and records one after the other.
//!
//! ```text
//! header  magic "OTSPOOL" · version u8 · signal u8 · content type u8 · endpoint u32 · crc u32 · sent u64
//! record  time in ms u64 · items u32 · length u32 · crc of the body u32 · crc of this u32 · body
//! ```
//!
//! All numbers are little-endian. `sent` is where the first record begins that was not delivered yet; it
//! is the one thing that changes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MAGIC: [u8; 7] = *b"OTSPOOL";
const VERSION: u8 = 1;

/// Bytes before `sent`.
pub(super) const SENT_AT: usize = 18;
pub(super) const HEADER_BYTES: usize = SENT_AT + 8;
const RECORD_HEADER_BYTES: usize = 24;

/// For whom the records of a file are. A file for somebody else is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// `Signal as u8`.
    pub(crate) signal: u8,
    /// `Protocol`, as far as it says how a body is encoded: 0 is protobuf, 1 JSON.
    pub(crate) content_type: u8,
    /// A hash of the endpoint.
    pub(crate) endpoint: u32,
}

impl Addressee {
    /// The beginning of a new file.
    pub(super) fn header(self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..7].copy_from_slice(&MAGIC);
        header[7..10].copy_from_slice(&[VERSION, self.signal, self.content_type]);
        header[10..14].copy_from_slice(&self.endpoint.to_le_bytes());
        let crc = crc32fast::hash(&header[..14]);
        header[14..SENT_AT].copy_from_slice(&crc.to_le_bytes());
        header[SENT_AT..].copy_from_slice(&(HEADER_BYTES as u64).to_le_bytes());
        header
    }

    /// The addressee of a file, and where in it to go on; `None` if that cannot be known.
    pub(super) fn read(file: &[u8]) -> Option<(Self, usize)> {
        let header = file.get(..HEADER_BYTES)?;
        if header[..7] != MAGIC || header[7] != VERSION {
            return None;
        }
        if u32_at(header, 14) != crc32fast::hash(&header[..14]) {
            return None;
        }
        let sent = u64_at(header, SENT_AT) as usize;
        let addressee = Self {
            signal: header[8],
            content_type: header[9],
            endpoint: u32_at(header, 10),
        };
        // What makes no sense is read from the start: twice is better than never.
        let sound = sent >= HEADER_BYTES && sent <= file.len();
        Some((addressee, if sound { sent } else { HEADER_BYTES }))
    }
}

/// One request that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) time: SystemTime,
    /// Spans, log records or points of metrics in it.
    pub(crate) items: usize,
    pub(crate) body: Vec<u8>,
}

impl Record {
    pub(super) fn encode(time: SystemTime, items: usize, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(RECORD_HEADER_BYTES + body.len());
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        bytes.extend((since.as_millis() as u64).to_le_bytes());
        bytes.extend((items as u32).to_le_bytes());
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(crc32fast::hash(body).to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// Reads the record that begins at `start`.
    pub(super) fn read(file: &[u8], start: usize) -> Read {
        let rest = file.get(start..).unwrap_or_default();
        if rest.is_empty() {
            return Read::End;
        }
        let Some(header) = rest.get(..RECORD_HEADER_BYTES) else {
            return Read::Torn;
        };
        if u32_at(header, 20) != crc32fast::hash(&header[..20]) {
            return Read::Torn;
        }
        let length = u32_at(header, 12) as usize;
        let end = RECORD_HEADER_BYTES.saturating_add(length);
        let Some(body) = rest.get(RECORD_HEADER_BYTES..end) else {
            return Read::Torn;
        };
        if u32_at(header, 16) != crc32fast::hash(body) {
            return Read::Corrupt { next: start + end };
        }
        Read::Record {
            record: Self {
                time: UNIX_EPOCH + Duration::from_millis(u64_at(header, 0)),
                items: u32_at(header, 8) as usize,
                body: body.to_vec(),
            },
            next: start + end,
        }
    }
}

/// What is found where a record should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    Record {
        record: Record,
        next: usize,
    },
    /// Its body was changed; the next record can still be found.
    Corrupt {
        next: usize,
    },
    /// Nothing from here on can be read.
    Torn,
    End,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}
