//! The spool files of `tauri-plugin-opentelemetry`: requests that its app could not deliver.
//!
//! ```text
//! header  magic "OTSPOOL" · version u8 · signal u8 · tenant u64 · key u64 · crc u32 · sent u64
//! record  time in ms u64 · items u32 · length u32 · crc of the body u32 · crc of this u32 · body
//! ```
//!
//! All numbers are little-endian. A body is a request as Protobuf. `key` is 0 if the bodies are not encrypted. Records that were
//! delivered are shown as well.

use std::ops::Range;

use crate::{
    intake::Batch,
    receiver::{Encoding, Signal, read_request},
};

pub(super) const MAGIC: &[u8] = b"OTSPOOL";
const VERSION: u8 = 4;
const VERSION_AT: usize = 7;
const SIGNAL_AT: usize = 8;
const KEY: Range<usize> = 17..25;
const HEADER_BYTES: usize = 37;
const RECORD_HEADER_BYTES: usize = 24;

/// The requests in a file that begins with [`MAGIC`], each or what is wrong with it. What cannot be read ends the list.
pub(super) fn read(file: &[u8]) -> Vec<Result<Batch, String>> {
    let Some((header, mut rest)) = file.split_at_checked(HEADER_BYTES) else {
        return vec![Err("the header of the spool file is cut off".to_owned())];
    };
    let version = header[VERSION_AT];
    if version != VERSION {
        return vec![Err(format!(
            "version {version} of spool files is not known; this program reads version {VERSION}"
        ))];
    }
    if header[KEY] != [0; 8] {
        return vec![Err(
            "the spool file is encrypted, with a key that only its app can read".to_owned(),
        )];
    }
    let mut requests = Vec::new();
    while !rest.is_empty() {
        let Some((record, after)) = record(rest) else {
            requests.push(Err("the rest of the spool file is damaged".to_owned()));
            break;
        };
        requests.push(record.and_then(|body| rows(header[SIGNAL_AT], body)));
        rest = after;
    }
    requests
}

/// The body of a record, or what is wrong with it.
type Body<'a> = Result<&'a [u8], String>;

/// The first record, and what is behind it. `None` if the length of its body is not known.
fn record(bytes: &[u8]) -> Option<(Body<'_>, &[u8])> {
    let (header, rest) = bytes.split_at_checked(RECORD_HEADER_BYTES)?;
    if number(header, 20) != crc32fast::hash(&header[..20]) {
        return None;
    }
    let (body, rest) = rest.split_at_checked(number(header, 12) as usize)?;
    let is_sound = number(header, 16) == crc32fast::hash(body);
    let body = is_sound.then_some(body);
    Some((
        body.ok_or_else(|| "a record of the spool file is damaged".to_owned()),
        rest,
    ))
}

fn rows(signal: u8, body: &[u8]) -> Result<Batch, String> {
    let signal = match signal {
        0 => Signal::Traces,
        1 => Signal::Metrics,
        2 => Signal::Logs,
        _ => return Err(format!("signal {signal} is not known")),
    };
    read_request(signal, Encoding::Protobuf, body)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spool file of spans with one record.
    fn file(body: &[u8]) -> Vec<u8> {
        let mut header = [0; HEADER_BYTES];
        header[..MAGIC.len()].copy_from_slice(MAGIC);
        header[VERSION_AT] = VERSION;
        let mut record = [0; RECORD_HEADER_BYTES];
        record[12..16].copy_from_slice(&(body.len() as u32).to_le_bytes());
        record[16..20].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
        let crc = crc32fast::hash(&record[..20]);
        record[20..].copy_from_slice(&crc.to_le_bytes());
        [header.as_slice(), &record, body].concat()
    }

    #[test]
    fn a_request_with_any_number_of_values_is_refused() {
        let empty_resource_spans = [0x0a, 0];
        let said = |count| {
            let requests = read(&file(&empty_resource_spans.repeat(count)));
            requests[0].as_ref().err().cloned()
        };
        assert_eq!(said(10), None);
        let expected = "it has more than 4000000 values".to_owned();
        assert_eq!(said(4_000_001), Some(expected));
    }
}
