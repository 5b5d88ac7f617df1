//! For whom the bodies of a file are, and how they are encrypted.

use std::{borrow::Cow, io, sync::Arc};

use super::{
    super::spool_key::{Cipher, SpoolKey},
    format::Addressee,
};

#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) addressee: Addressee,
    /// `None` if the bodies are in the clear.
    cipher: Option<Arc<Cipher>>,
}

impl Envelope {
    /// The envelope of a new file for `addressee`, encrypted if there is a key.
    ///
    /// # Errors
    /// If the keyring does not give the key.
    pub(super) fn new(addressee: Addressee, key: Option<&SpoolKey>) -> io::Result<Self> {
        let cipher = key.map(SpoolKey::cipher).transpose()?;
        Ok(Self {
            addressee: Addressee {
                key: cipher.as_ref().map_or(0, |cipher| cipher.number()),
                ..addressee
            },
            cipher,
        })
    }

    /// The envelope of a file with this header, if it is for `addressee` and can be decrypted.
    pub(super) fn of_file(
        header: Addressee,
        addressee: Addressee,
        key: Option<&SpoolKey>,
    ) -> Option<Self> {
        let in_clear = Self {
            addressee,
            cipher: None,
        };
        if header == addressee {
            return Some(in_clear);
        }
        let encrypted = Self::new(addressee, Some(key?)).ok()?;
        (header == encrypted.addressee).then_some(encrypted)
    }

    /// The body as it is written.
    ///
    /// # Errors
    /// If it is too large to be encrypted.
    pub(super) fn seal<'a>(&self, body: &'a [u8]) -> io::Result<Cow<'a, [u8]>> {
        match &self.cipher {
            Some(cipher) => Ok(cipher.encrypt(&self.addressee.context(), body)?.into()),
            None => Ok(body.into()),
        }
    }

    /// The body as it was before [`seal`](Self::seal). `None` if it was changed since.
    pub(super) fn open(&self, body: Vec<u8>) -> Option<Vec<u8>> {
        match &self.cipher {
            Some(cipher) => cipher.decrypt(&self.addressee.context(), &body),
            None => Some(body),
        }
    }
}
