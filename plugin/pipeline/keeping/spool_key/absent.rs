//! The key of the spool in a build without the feature `encrypted-spool`: there is none. If the configuration asks for an encrypted
//! spool, nothing is kept on disk.

use std::{convert::Infallible, io, sync::Arc};

use crate::diagnostics;

/// There is no key.
#[derive(Debug)]
pub(crate) struct SpoolKey;

impl SpoolKey {
    pub(crate) fn new(_identifier: &str) -> Arc<Self> {
        diagnostics::warn(format_args!(
            "the spool is to be encrypted, so what cannot be delivered at once is lost: this build is without the feature \
             `encrypted-spool`"
        ));
        Arc::new(Self)
    }

    pub(crate) fn ask(self: &Arc<Self>) {}

    pub(crate) fn wait(self: &Arc<Self>) {}

    pub(crate) fn cipher(self: &Arc<Self>) -> io::Result<Arc<Cipher>> {
        Err(io::Error::other(
            "this build is without the feature `encrypted-spool`",
        ))
    }
}

/// Nothing encrypts.
#[derive(Debug)]
pub(crate) struct Cipher(Infallible);

impl Cipher {
    pub(crate) fn number(&self) -> u64 {
        match self.0 {}
    }

    pub(crate) fn encrypt(&self, _context: &[u8], _body: &[u8]) -> io::Result<Vec<u8>> {
        match self.0 {}
    }

    pub(crate) fn decrypt(&self, _context: &[u8], _encrypted: &[u8]) -> Option<Vec<u8>> {
        match self.0 {}
    }
}
