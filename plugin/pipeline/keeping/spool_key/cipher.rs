//! Encrypts and decrypts with one key: XChaCha20-Poly1305, whose nonces are long enough to be random.

use std::{fmt, io};

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload},
};

const NUMBER_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;

/// A key, and the number by which a file says that it is encrypted with it.
pub(crate) struct Cipher {
    number: u64,
    aead: XChaCha20Poly1305,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Cipher {
    /// A new key, and what the keyring stores of it: the number and the key.
    pub(super) fn random() -> (Self, Vec<u8>) {
        let number = fastrand::u64(1..);
        let key = Key::generate();
        let secret = [&number.to_le_bytes(), key.as_slice()].concat();
        let aead = XChaCha20Poly1305::new(&key);
        (Self { number, aead }, secret)
    }

    /// The key that the keyring has stored. `None` if it is none.
    pub(super) fn from_secret(secret: &[u8]) -> Option<Self> {
        let (number, key) = secret.split_first_chunk::<NUMBER_BYTES>()?;
        Some(Self {
            number: u64::from_le_bytes(*number),
            aead: XChaCha20Poly1305::new_from_slice(key).ok()?,
        })
    }

    /// The number of the key, which is never 0.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The nonce, and `body` encrypted. It can only be decrypted with the same `context`.
    ///
    /// # Errors
    /// If the body is larger than the algorithm allows, which is 256 GiB.
    pub(crate) fn encrypt(&self, context: &[u8], body: &[u8]) -> io::Result<Vec<u8>> {
        let nonce = XNonce::generate();
        let payload = Payload {
            msg: body,
            aad: context,
        };
        let encrypted = self.aead.encrypt(&nonce, payload);
        let encrypted = encrypted.map_err(|_| io::Error::other("the request is too large"))?;
        Ok([nonce.as_slice(), &encrypted].concat())
    }

    /// What [`encrypt`](Self::encrypt) was given. `None` if the bytes or the context are others.
    pub(crate) fn decrypt(&self, context: &[u8], encrypted: &[u8]) -> Option<Vec<u8>> {
        let (nonce, encrypted) = encrypted.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: encrypted,
            aad: context,
        };
        self.aead.decrypt(&XNonce::from(*nonce), payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_and_the_context_give_the_body_back() {
        let (cipher, secret) = Cipher::random();
        let encrypted = cipher.encrypt(b"to me", b"body").expect("encrypted");
        assert!(!encrypted.windows(4).any(|window| window == b"body"));
        let same = Cipher::from_secret(&secret).expect("a secret");
        assert_eq!(same.number(), cipher.number());
        assert_eq!(
            same.decrypt(b"to me", &encrypted).as_deref(),
            Some(&b"body"[..])
        );
        assert_eq!(same.decrypt(b"to you", &encrypted), None);
        assert_eq!(Cipher::random().0.decrypt(b"to me", &encrypted), None);
        for at in 0..encrypted.len() {
            let mut changed = encrypted.clone();
            changed[at] ^= 1;
            assert_eq!(same.decrypt(b"to me", &changed), None, "byte {at}");
            assert_eq!(same.decrypt(b"to me", &encrypted[..at]), None, "{at} bytes");
        }
    }

    #[test]
    fn a_body_is_never_encrypted_to_the_same_bytes_twice() {
        let cipher = Cipher::random().0;
        let encrypt = || cipher.encrypt(b"", b"body").expect("encrypted");
        assert_ne!(encrypt(), encrypt());
    }

    #[test]
    fn a_secret_of_another_length_is_none() {
        let secret = Cipher::random().1;
        for length in 0..secret.len() {
            assert!(Cipher::from_secret(&secret[..length]).is_none(), "{length}");
        }
    }
}
