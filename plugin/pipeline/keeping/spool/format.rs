//! The file of a spool: a header, and records one after the other.
//!
//! ```text
//! header  magic "OTSPOOL" · version u8 · signal u8 · tenant u64 · key u64 · crc u32 · sent u64
//! record  time in ms u64 · items u32 · length u32 · crc of the body u32 · crc of this u32 · body
//! ```
//!
//! A body is a request as Protobuf. All numbers are little-endian. `key` is the number of the key that the bodies are encrypted with, 0 if they are not. `sent` is where
//! the first record begins that was not delivered yet; it is the one thing that changes.

use std::{
    io::{self, Seek, SeekFrom},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const MAGIC: [u8; 7] = *b"OTSPOOL";
const VERSION: u8 = 4;

/// Bytes before `crc`.
const CRC_AT: usize = 25;

/// Bytes before `sent`.
pub(super) const SENT_AT: usize = CRC_AT + 4;
pub(super) const HEADER_BYTES: usize = SENT_AT + 8;
const RECORD_HEADER_BYTES: usize = 24;

/// The largest body that is stored or read. A file that claims to have a larger one is damaged, and is not a reason to
/// allocate that much.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// For whom the records of a file are, and who can read them. A file for somebody else is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// `Signal as u8`.
    pub(crate) signal: u8,
    /// A hash of the endpoint and the credentials.
    pub(crate) tenant: u64,
    /// The number of the key that the bodies are encrypted with; 0 if they are not.
    pub(crate) key: u64,
}

impl Addressee {
    /// What the beginning of a file says of it. A body that was encrypted for one addressee is not decrypted for another.
    pub(super) fn context(self) -> [u8; CRC_AT] {
        let mut context = [0; CRC_AT];
        context[..7].copy_from_slice(&MAGIC);
        context[7..9].copy_from_slice(&[VERSION, self.signal]);
        context[9..17].copy_from_slice(&self.tenant.to_le_bytes());
        context[17..].copy_from_slice(&self.key.to_le_bytes());
        context
    }

    /// The beginning of a new file.
    pub(super) fn header(self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..CRC_AT].copy_from_slice(&self.context());
        let crc = crc32fast::hash(&header[..CRC_AT]);
        header[CRC_AT..SENT_AT].copy_from_slice(&crc.to_le_bytes());
        header[SENT_AT..].copy_from_slice(&(HEADER_BYTES as u64).to_le_bytes());
        header
    }

    /// Reads the header of a file of `length` bytes. Returns the addressee, and where in the file to go on; `None` if the
    /// header is damaged.
    pub(super) fn read(header: &[u8; HEADER_BYTES], length: u64) -> Option<(Self, u64)> {
        if header[..7] != MAGIC || header[7] != VERSION {
            return None;
        }
        if u32_at(header, CRC_AT) != crc32fast::hash(&header[..CRC_AT]) {
            return None;
        }
        let sent = u64_at(header, SENT_AT);
        let addressee = Self {
            signal: header[8],
            tenant: u64_at(header, 9),
            key: u64_at(header, 17),
        };
        // If `sent` is damaged, the file is read from its first record: to send a request twice is better than never.
        let first = HEADER_BYTES as u64;
        let is_sound = sent >= first && sent <= length;
        Some((addressee, if is_sound { sent } else { first }))
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

    /// Reads the record that begins at `start` in a file of `length` bytes.
    pub(super) fn read(file: &mut (impl io::Read + Seek), start: u64, length: u64) -> Read {
        // What the disk does not give back is as good as torn.
        Self::try_read(file, start, length).unwrap_or(Read::Torn)
    }

    fn try_read(file: &mut (impl io::Read + Seek), start: u64, length: u64) -> io::Result<Read> {
        if start >= length {
            return Ok(Read::End);
        }
        let mut header = [0; RECORD_HEADER_BYTES];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut header)?;
        if u32_at(&header, 20) != crc32fast::hash(&header[..20]) {
            return Ok(Read::Torn);
        }
        let body_length = u32_at(&header, 12) as usize;
        let body_start = start + RECORD_HEADER_BYTES as u64;
        let next = body_start + body_length as u64;
        if next > length || body_length > MAX_BODY_BYTES {
            return Ok(Read::Torn);
        }
        let mut body = vec![0; body_length];
        file.read_exact(&mut body)?;
        let time = UNIX_EPOCH.checked_add(Duration::from_millis(u64_at(&header, 0)));
        Ok(match time {
            Some(time) if u32_at(&header, 16) == crc32fast::hash(&body) => Read::Record {
                record: Self {
                    time,
                    items: u32_at(&header, 8) as usize,
                    body,
                },
                next,
            },
            _ => Read::Corrupt { next },
        })
    }
}

/// What is found where a record should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    Record {
        record: Record,
        next: u64,
    },
    /// Its body was changed; the next record can still be found.
    Corrupt {
        next: u64,
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

/// Reads `bytes` as a file, and then a file of which one byte was changed, for the fuzz targets: the position of the
/// byte, the bits to change in it, and the bodies of the records, a line for each.
#[cfg(fuzzing)]
pub(crate) fn fuzz(bytes: &[u8]) {
    read_all(bytes);
    let [high, low, mask, bodies @ ..] = bytes else {
        return;
    };
    let addressee = Addressee {
        signal: 0,
        tenant: 7,
        key: 0,
    };
    let bodies = bodies.split(|byte| *byte == b'\n');
    let records: Vec<_> = bodies
        .map(|body| Record {
            time: UNIX_EPOCH,
            items: body.len(),
            body: body.to_vec(),
        })
        .collect();
    let mut file = addressee.header().to_vec();
    for record in &records {
        file.extend(Record::encode(record.time, record.items, &record.body));
    }
    assert!(records.iter().eq(&read_all(&file)));
    let position = usize::from(u16::from_be_bytes([*high, *low])) % file.len();
    file[position] ^= mask;
    for read in read_all(&file) {
        assert!(
            records.contains(&read),
            "a changed record was taken for a sound one"
        );
    }
}

/// The records of a file that can be read.
#[cfg(fuzzing)]
fn read_all(bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let length = bytes.len() as u64;
    let header = bytes.first_chunk();
    let Some((_, mut start)) = header.and_then(|header| Addressee::read(header, length)) else {
        return records;
    };
    let mut file = io::Cursor::new(bytes);
    loop {
        let next = match Record::read(&mut file, start, length) {
            Read::Record { record, next } => {
                records.push(record);
                next
            }
            Read::Corrupt { next } => next,
            Read::Torn | Read::End => return records,
        };
        assert!(
            next > start && next <= length,
            "reading goes on in the file"
        );
        start = next;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use opentelemetry_proto::tonic::{
        collector::trace::v1::ExportTraceServiceRequest,
        trace::v1::{ResourceSpans, ScopeSpans, Span},
    };
    use prost::Message;

    use super::*;

    /// `tracepane open` reads spool files with code of its own.
    #[test]
    fn the_file_that_the_tests_of_the_viewer_read_is_what_is_written() {
        let addressee = Addressee {
            signal: 0,
            tenant: 7,
            key: 0,
        };
        let mut file = addressee.header().to_vec();
        for (id, name) in [(1, "kept"), (2, "sent")] {
            let span = Span {
                trace_id: vec![id; 16],
                span_id: vec![id; 8],
                name: name.to_owned(),
                start_time_unix_nano: 1,
                end_time_unix_nano: 2,
                ..Span::default()
            };
            let scope_spans = vec![ScopeSpans {
                spans: vec![span],
                ..ScopeSpans::default()
            }];
            let resource_spans = vec![ResourceSpans {
                scope_spans,
                ..ResourceSpans::default()
            }];
            let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
            file.extend(Record::encode(UNIX_EPOCH, 1, &body));
        }
        let read = include_bytes!("../../../../tests/fixtures/spool");
        assert_eq!(file, read, "tests/fixtures/spool has to be written again");
    }

    /// A record whose header has these numbers, and the right checksums.
    fn record(time: u64, length: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(time.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(crc32fast::hash(body).to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn a_body_larger_than_is_ever_stored_is_not_read() {
        let body = vec![0; MAX_BODY_BYTES + 1];
        let bytes = record(0, body.len() as u32, &body);
        let length = bytes.len() as u64;
        let read = Record::read(&mut Cursor::new(bytes), 0, length);
        assert!(matches!(read, Read::Torn));
    }

    #[test]
    fn a_time_that_no_clock_has_panics_nowhere() {
        for time in [0, u64::MAX / 2, u64::MAX] {
            let bytes = record(time, 1, b"x");
            let length = bytes.len() as u64;
            let read = Record::read(&mut Cursor::new(bytes), 0, length);
            assert!(
                matches!(read, Read::Record { next, .. } | Read::Corrupt { next } if next == length)
            );
        }
    }
}
