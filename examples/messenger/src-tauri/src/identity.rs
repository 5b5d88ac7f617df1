//! Who the user is: a name, and a key pair that is kept in the folder of the profile.

use std::{fs, io, path::Path};

use base64::{Engine, prelude::BASE64_STANDARD};
use crypto_box::{
    Nonce, PublicKey, SalsaBox, SecretKey,
    aead::{Aead, AeadCore, OsRng},
};

/// The bytes of a nonce, before what is encrypted with it.
const NONCE: usize = 24;

/// A user.
pub struct Identity {
    /// Unique at the server.
    pub name: String,
    secret: SecretKey,
}

impl Identity {
    /// The user of a profile. Whoever has none gets a new key.
    ///
    /// # Errors
    /// If the key cannot be read or written.
    pub fn open(profile: Option<&Path>, name: String) -> io::Result<Self> {
        let secret = match profile {
            None => SecretKey::generate(&mut OsRng),
            Some(folder) => kept(folder)?,
        };
        Ok(Self { name, secret })
    }

    /// The key for those who write to this user.
    pub fn public_key(&self) -> String {
        BASE64_STANDARD.encode(self.secret.public_key().as_bytes())
    }

    /// Encrypts a text that only `peer` can read.
    pub fn seal(&self, peer: &PublicKey, text: &[u8]) -> Result<String, String> {
        let nonce = SalsaBox::generate_nonce(&mut OsRng);
        let sealed = SalsaBox::new(peer, &self.secret).encrypt(&nonce, text);
        let sealed = sealed.map_err(|_| "the message cannot be encrypted".to_owned())?;
        Ok(BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts what `peer` has sealed for this user.
    pub fn unseal(&self, peer: &PublicKey, sealed: &str) -> Result<Vec<u8>, String> {
        let bytes = BASE64_STANDARD.decode(sealed).ok();
        bytes
            .as_deref()
            .and_then(|bytes| bytes.split_at_checked(NONCE))
            .and_then(|(nonce, sealed)| {
                let opened = SalsaBox::new(peer, &self.secret);
                opened.decrypt(Nonce::from_slice(nonce), sealed).ok()
            })
            .ok_or_else(|| "the message is not for this key, or not by its sender".to_owned())
    }
}

/// A public key as an account has it.
pub fn public_key(text: &str) -> Option<PublicKey> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    Some(PublicKey::from(<[u8; 32]>::try_from(bytes).ok()?))
}

fn kept(folder: &Path) -> io::Result<SecretKey> {
    let file = folder.join("key");
    match fs::read(&file) {
        Ok(bytes) => {
            let bytes = <[u8; 32]>::try_from(bytes);
            let wrong = |_| io::Error::other(format!("{} is no key", file.display()));
            Ok(SecretKey::from(bytes.map_err(wrong)?))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = SecretKey::generate(&mut OsRng);
            fs::create_dir_all(folder)?;
            write_private(&file, &secret.to_bytes())?;
            Ok(secret)
        }
        Err(error) => Err(error),
    }
}

fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;

    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(bytes)
}
