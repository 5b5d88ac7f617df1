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
    pub(super) fn new(addressee: Addressee, key: Option<&Arc<SpoolKey>>) -> io::Result<Self> {
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
        key: Option<&Arc<SpoolKey>>,
    ) -> Option<Self> {
        // First whether it is for this addressee, because the keyring may keep the caller waiting.
        if (Addressee { key: 0, ..header }) != addressee {
            return None;
        }
        let key = match header.key {
            0 => None,
            _ => Some(key?),
        };
        let envelope = Self::new(addressee, key).ok()?;
        (envelope.addressee == header).then_some(envelope)
    }

    /// The body as it is written.
    ///
    /// # Errors
    /// If it is too large to be encrypted.
    pub(super) fn encrypt<'a>(&self, body: &'a [u8]) -> io::Result<Cow<'a, [u8]>> {
        match &self.cipher {
            Some(cipher) => Ok(cipher.encrypt(&self.addressee.context(), body)?.into()),
            None => Ok(body.into()),
        }
    }

    /// The body as it was before [`encrypt`](Self::encrypt). `None` if it was changed since.
    pub(super) fn decrypt(&self, body: Vec<u8>) -> Option<Vec<u8>> {
        match &self.cipher {
            Some(cipher) => cipher.decrypt(&self.addressee.context(), &body),
            None => Some(body),
        }
    }
}
