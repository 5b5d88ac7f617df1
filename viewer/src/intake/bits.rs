//! A Bloom filter of the attributes of a trace: it tells without a look at the spans that none of them has a value.

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};

use super::as_text;

/// 1 024 bits: a trace with a hundred different values is wrongly looked at in one of thirty cases.
const WORDS: usize = 16;

/// 512 bits: a trace with 24 different values is wrongly looked at more closely in one of a hundred cases.
const FOLDED_WORDS: usize = 8;

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

    /// The same in half of the bits, for a first look.
    pub(crate) fn folded(&self) -> FoldedBits {
        let mut folded = FoldedBits::default();
        for (index, word) in self.0.iter().enumerate() {
            folded.0[index % FOLDED_WORDS] |= word;
        }
        folded
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

/// [`AttributeBits`] with the words that are [`FOLDED_WORDS`] apart put together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FoldedBits([u64; FOLDED_WORDS]);

impl FoldedBits {
    pub(crate) const BYTES: usize = FOLDED_WORDS * 8;

    /// False only if a trace with these bits has not all that `wanted` has.
    pub(crate) fn may_have(&self, wanted: &Self) -> bool {
        let mut words = self.0.iter().zip(wanted.0);
        words.all(|(own, wanted)| wanted & !own == 0)
    }

    pub(crate) fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; Self::BYTES]) -> Self {
        let mut bits = Self::default();
        for (word, chunk) in bits.0.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(chunk.try_into().expect("a chunk has eight bytes"));
        }
        bits
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits(pairs: &[(String, String)]) -> AttributeBits {
        let mut bits = AttributeBits::default();
        for (key, value) in pairs {
            bits.add(key, value);
        }
        bits
    }

    proptest! {
        #[test]
        fn what_was_added_is_never_said_not_to_be_there(pairs in prop::collection::vec(("[a-z.]{1,9}", ".{0,9}"), 1..60)) {
            let all = bits(&pairs);
            for pair in &pairs {
                prop_assert!(all.may_have(&pair.0, &pair.1));
                prop_assert!(all.folded().may_have(&bits(std::slice::from_ref(pair)).folded()));
            }
            prop_assert_eq!(AttributeBits::decode(&all.encode()), all);
            prop_assert_eq!(FoldedBits::decode(&all.folded().encode()), all.folded());
        }
    }

    #[test]
    fn most_of_what_was_not_added_is_said_not_to_be_there() {
        let pair = |value: usize| ("message.id".to_owned(), value.to_string());
        let all = bits(&(0..12).map(pair).collect::<Vec<_>>());
        let (mut wrong, mut wrong_folded) = (0, 0);
        for value in 12..2012 {
            let (key, value) = pair(value);
            wrong += u32::from(all.may_have(&key, &value));
            let wanted = bits(&[(key, value)]).folded();
            wrong_folded += u32::from(all.folded().may_have(&wanted));
        }
        assert!(
            wrong <= 10 && wrong_folded <= 60,
            "{wrong} and {wrong_folded} of 2000"
        );
    }
}
