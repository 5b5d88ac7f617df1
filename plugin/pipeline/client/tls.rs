//! The PEM files of the configuration, and what can be wrong with them.

use std::{fs, path::Path};

use thiserror::Error;

use crate::config::Otlp;

/// Why nothing can be sent with this configuration.
#[derive(Debug, Error)]
pub(in crate::pipeline) enum ClientError {
    #[error("{variable} names {path}, which cannot be read: {error}")]
    Read {
        variable: &'static str,
        path: String,
        error: std::io::Error,
    },
    #[error("{variable} names a file in which there is no {expected} in PEM form")]
    Content {
        variable: &'static str,
        expected: &'static str,
    },
    #[error(
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY must be set together"
    )]
    Half,
    #[cfg(feature = "grpc")]
    #[error("gRPC: {0}")]
    Grpc(String),
}

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
        let roots = otlp.certificate.as_ref();
        let identity = match (&otlp.client_certificate, &otlp.client_key) {
            (Some(certificate), Some(key)) => Some((
                read(CLIENT_CERTIFICATE, certificate)?,
                read(CLIENT_KEY, key)?,
            )),
            (None, None) => None,
            _ => return Err(ClientError::Half),
        };
        Ok(Self {
            roots: roots.map(|path| read(CERTIFICATE, path)).transpose()?,
            identity,
        })
    }
}

fn read(variable: &'static str, path: &Path) -> Result<Vec<u8>, ClientError> {
    fs::read(path).map_err(|error| ClientError::Read {
        variable,
        path: path.display().to_string(),
        error,
    })
}
