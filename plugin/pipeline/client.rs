//! The HTTP client of the exporter: posts one encoded request, and says once what is wrong.

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;
use ureq::{
    Agent,
    http::{HeaderName, HeaderValue, Request, StatusCode},
    tls::{RootCerts, TlsConfig},
};

use crate::{config::Config, diagnostics};

/// Named as the specification of the OTLP exporter asks (section "User Agent").
const USER_AGENT: &str = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// Why an export did not arrive.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Unreachable(#[from] ureq::Error),
    #[error("it answered {0}")]
    Refused(StatusCode),
}

#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    endpoint: String,
    /// The endpoint as it may be shown: without a user and password.
    shown: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the last export failed, so that an outage is one line and not one per batch.
    failing: AtomicBool,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .timeout_global(Some(config.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(USER_AGENT)
            .tls_config(tls)
            .build()
            .into();
        let headers = config
            .headers
            .iter()
            .filter_map(|(name, value)| {
                let header = name.parse().ok().zip(value.parse().ok());
                if header.is_none() {
                    // Without the value, which may be a secret.
                    diagnostics::report(format_args!(
                        "{name:?} in OTEL_EXPORTER_OTLP_HEADERS is not a valid header; ignored"
                    ));
                }
                header
            })
            .collect();
        let mut shown = config.endpoint.clone();
        // Both can only fail for a URL without a host, which no endpoint is.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        Self {
            agent,
            endpoint: config.endpoint.to_string(),
            shown: shown.to_string(),
            headers,
            failing: AtomicBool::new(false),
        }
    }

    /// Posts one request; blocks until it is answered or the time-out of the configuration passes.
    pub(crate) fn post(&self, body: &[u8]) -> Result<(), Failure> {
        let result = self.send(body);
        let failed = result.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) != failed {
            match &result {
                Ok(()) => diagnostics::report(format_args!("{} is back", self.shown)),
                Err(failure) => diagnostics::report(format_args!(
                    "cannot export to {} (OTEL_EXPORTER_OTLP_ENDPOINT): {failure}; \
                     spans are lost until it is back",
                    self.shown
                )),
            }
        }
        result
    }

    fn send(&self, body: &[u8]) -> Result<(), Failure> {
        let mut request =
            Request::post(&self.endpoint).header("Content-Type", "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(ureq::Error::from)?;
        let mut response = self.agent.run(request)?;
        if !response.status().is_success() {
            return Err(Failure::Refused(response.status()));
        }
        // Read to its end, so that the connection can be used again.
        response.body_mut().read_to_vec()?;
        Ok(())
    }
}
