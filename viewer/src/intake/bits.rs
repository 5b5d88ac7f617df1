//! A Bloom filter of the attributes of a trace: it tells without a look at the spans that none of them has a value.

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};

use super::as_text;

/// 1 024 bits: a trace with a hundred different values is wrongly looked at in one of thirty cases.
const WORDS: usize = 16;

/// Two bits for each pair of name and value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AttributeBits([u64; WORDS]);

impl AttributeBits {
    pub(crate) fn add_all(&mut self, attributes: &[KeyValue]) {
        for pair in attributes {
            if let Some(value) = pair.value.as_ref().and_then(|any| any.value.as_ref()) {
                match value {
                    Value::StringValue(text) => self.add(&pair.key, text),
                    other => self.add(&pair.key, &as_text(other)),
                }
            }
        }
    }

    pub(crate) fn add(&mut self, key: &str, value: &str) {
        for bit in positions(key, value) {
            self.0[bit / 64] |= 1 << (bit % 64);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, others) in self.0.iter_mut().zip(other.0) {
            *own |= others;
        }
    }

    /// False only if the pair was never added.
    pub(crate) fn may_have(&self, key: &str, value: &str) -> bool {
        positions(key, value)
            .iter()
            .all(|bit| self.0[bit / 64] >> (bit % 64) & 1 == 1)
    }

    /// All words in one: it tells of many traces that they have not a value, and is small enough for an index.
    pub(crate) fn folded(&self) -> u64 {
        self.0.iter().fold(0, |all, word| all | word)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let mut bits = Self::default();
        for (word, chunk) in bits.0.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(chunk.try_into().expect("a chunk has eight bytes"));
        }
        bits
    }
}

/// The bits of [`AttributeBits::folded`] that a trace with the pair has.
pub(crate) fn folded_bits(key: &str, value: &str) -> u64 {
    positions(key, value)
        .iter()
        .fold(0, |bits, bit| bits | 1 << (bit % 64))
}

/// CRC-32, because the bits are on the disk: the hashers of the standard library may differ between versions of Rust.
fn positions(key: &str, value: &str) -> [usize; 2] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(&[0]);
    hasher.update(value.as_bytes());
    let hash = hasher.finalize() as usize;
    [hash % (WORDS * 64), (hash >> 16) % (WORDS * 64)]
}
