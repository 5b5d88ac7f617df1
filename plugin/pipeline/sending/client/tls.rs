//! The PEM files of the configuration.

use std::{fs, path::Path};

use super::error::ClientError;
use crate::config::Otlp;

pub(super) const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
pub(super) const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
pub(super) const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// The PEM files, read.
#[derive(Debug, Default)]
pub(super) struct Pem {
    pub(super) roots: Option<Vec<u8>>,
    /// The certificates of the client, and its key.
    pub(super) identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Pem {
    pub(super) fn read(otlp: &Otlp) -> Result<Self, ClientError> {
        let identity = match (&otlp.client_certificate, &otlp.client_key) {
            (Some(certificate), Some(key)) => Some((
                read(CLIENT_CERTIFICATE, certificate)?,
                read(CLIENT_KEY, key)?,
            )),
            (None, None) => None,
            _ => return Err(ClientError::IncompleteIdentity),
        };
        let roots = match otlp.certificate.as_ref() {
            Some(path) => Some(read(CERTIFICATE, path)?),
            None if otlp.ignores_certificate_variables => system_roots(),
            None => None,
        };
        Ok(Self { roots, identity })
    }
}

/// The root certificates of the system, where the libraries that load them would look into the environment first.
/// `None` on systems whose own verifier does not.
fn system_roots() -> Option<Vec<u8>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    SYSTEM_ROOTS.iter().find_map(|path| fs::read(path).ok())
}

/// Where distributions of Linux keep the root certificates: Debian, Fedora, openSUSE, RHEL, Alpine.
const SYSTEM_ROOTS: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

fn read(variable: &'static str, path: &Path) -> Result<Vec<u8>, ClientError> {
    fs::read(path).map_err(|error| ClientError::Read {
        variable,
        path: path.display().to_string(),
        error,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use ureq::tls::{PemItem, parse_pem};

    use super::*;
    use crate::pipeline::sending::client::otlp;

    #[test]
    fn the_roots_of_the_system_are_read_here_only_if_the_environment_must_not_name_others() {
        let mut collector = otlp("https://collector.example");
        let roots = |collector: &Otlp| Pem::read(collector).unwrap().roots;
        assert_eq!(roots(&collector), None);
        collector.ignores_certificate_variables = true;
        assert_eq!(roots(&collector), system_roots());
    }

    #[test]
    fn the_system_has_root_certificates_of_its_own() {
        let roots = system_roots().expect("`ca-certificates` is installed");
        let certificates = parse_pem(&roots)
            .filter(|item| matches!(item, Ok(PemItem::Certificate(_))))
            .count();
        assert!(certificates > 10, "{certificates}");
    }
}
