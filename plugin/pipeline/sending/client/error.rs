//! What can be wrong with the configuration of a client.

use thiserror::Error;

/// Why nothing can be sent with this configuration.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    #[error("https:// takes the cargo feature `tls` of the plugin")]
    NoTls,
    #[cfg(feature = "tls")]
    #[error("{variable} names {path}, which cannot be read: {error}")]
    Read {
        variable: &'static str,
        path: String,
        error: std::io::Error,
    },
    #[cfg(feature = "tls")]
    #[error("{variable} names a file in which there is no {expected} in PEM form")]
    Content {
        variable: &'static str,
        expected: &'static str,
    },
    #[cfg(feature = "tls")]
    #[error(
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY must be set together"
    )]
    IncompleteIdentity,
    #[cfg(feature = "grpc")]
    #[error("gRPC: {0}")]
    Grpc(String),
}
