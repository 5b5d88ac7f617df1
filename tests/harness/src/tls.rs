//! Certificates, good and bad, as PEM files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

/// A certificate authority, and certificates that it has signed; the files go when it is dropped.
pub struct Certificates(TempDir);

impl Certificates {
    /// For a server at the loopback address, valid now.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn valid() -> Result<Self> {
        Self::until(OffsetDateTime::now_utc() + Duration::days(1))
    }

    /// The same, but the certificate of the server is past its time.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn expired() -> Result<Self> {
        Self::until(OffsetDateTime::now_utc() - Duration::days(1))
    }

    fn until(end: OffsetDateTime) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        write(dir.path(), "ca", &authority.self_signed(&key)?, &key)?;
        let issuer = Issuer::new(authority, key);

        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        for (name, end) in [
            ("server", end),
            ("client", OffsetDateTime::now_utc() + Duration::days(1)),
        ] {
            let mut params = CertificateParams::new(names.clone())?;
            params.not_before = OffsetDateTime::now_utc() - Duration::days(2);
            params.not_after = end;
            let key = KeyPair::generate()?;
            write(dir.path(), name, &params.signed_by(&key, &issuer)?, &key)?;
        }
        Ok(Self(dir))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The certificate of the authority.
    pub fn ca(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// The certificate of the server.
    pub fn server(&self) -> PathBuf {
        self.path("server.pem")
    }

    /// Its private key.
    pub fn server_key(&self) -> PathBuf {
        self.path("server.key")
    }

    /// The certificate of a client.
    pub fn client(&self) -> PathBuf {
        self.path("client.pem")
    }

    /// Its private key.
    pub fn client_key(&self) -> PathBuf {
        self.path("client.key")
    }
}

fn write(dir: &Path, name: &str, certificate: &Certificate, key: &KeyPair) -> Result<()> {
    fs::write(dir.join(format!("{name}.pem")), certificate.pem())?;
    fs::write(dir.join(format!("{name}.key")), key.serialize_pem())?;
    Ok(())
}
