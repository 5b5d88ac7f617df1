//! TLS for OTLP over HTTP: the PEM files as ureq takes them.

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::{
    error::ClientError,
    tls::{CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, Pem},
};

/// # Errors
/// If a file holds no certificate or key.
pub(super) fn config(pem: Pem) -> Result<TlsConfig, ClientError> {
    let mut tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
    if let Some(roots) = pem.roots {
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates(
            CERTIFICATE,
            &roots,
        )?));
    }
    if let Some((chain, key)) = pem.identity {
        let chain = certificates(CLIENT_CERTIFICATE, &chain)?;
        let key = PrivateKey::from_pem(&key).map_err(|_| no_pem(CLIENT_KEY, "private key"))?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    Ok(tls.build())
}

fn certificates(
    variable: &'static str,
    pem: &[u8],
) -> Result<Vec<Certificate<'static>>, ClientError> {
    let certificates: Vec<_> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(no_pem(variable, "certificate"));
    }
    Ok(certificates)
}

fn no_pem(variable: &'static str, expected: &'static str) -> ClientError {
    ClientError::Content { variable, expected }
}
