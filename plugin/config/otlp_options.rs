//! How signals are sent over OTLP: what the builder, `tauri.conf.json` and the environment can say about all of
//! them or about one.

use std::{collections::BTreeMap, error::Error, fmt, path::PathBuf, sync::Arc, time::Duration};

use serde::Deserialize;
use tauri::{
    Url,
    http::{HeaderName, HeaderValue},
};

use super::{
    Warning,
    options::Millis,
    over::{Over, over},
    transport::{Compression, Protocol, http_url},
};

/// How one signal is sent over OTLP, where it differs from the others: see
/// `Builder::traces_otlp`.
///
/// ```
/// use tauri_plugin_opentelemetry::{Builder, OtlpOptions};
///
/// let builder = Builder::new().endpoint("https://otlp.example.com").logs_otlp(
///     OtlpOptions::new()
///         .endpoint("https://logs.example.com/v1/logs")
///         .header("authorization", "Bearer …"),
/// );
/// ```
// The comments of the fields are the descriptions in the JSON schema.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct OtlpOptions {
    /// The OTLP endpoint. For all signals it is the base, to which the path of each signal is added; for one signal
    /// it is the whole URL. Turns telemetry on.
    #[cfg_attr(test, schemars(with = "Option<Url>"))]
    pub(crate) endpoint: Option<Endpoint>,
    /// The OTLP protocol. Default: http/protobuf.
    pub(crate) protocol: Option<Protocol>,
    /// Headers of every export. A secret in here is in the hands of everybody who has the app.
    pub(crate) headers: Headers,
    /// Where headers come from that change while the app runs; only the builder can say so.
    #[serde(skip)]
    pub(crate) header_source: Option<HeaderSource>,
    /// How exports are compressed. Default: none.
    pub(crate) compression: Option<Compression>,
    /// Milliseconds that one export may take; 0 is no limit. Default: 10000.
    pub(crate) timeout: Option<Millis>,
    /// A PEM file with the root certificates to trust instead of the system's.
    pub(crate) certificate: Option<PathBuf>,
    /// A PEM file with the certificate to show to the collector.
    pub(crate) client_certificate: Option<PathBuf>,
    /// A PEM file with the private key of `clientCertificate`.
    pub(crate) client_key: Option<PathBuf>,
    /// Whether a gRPC endpoint without a scheme is spoken to without TLS. Default: false.
    pub(crate) insecure: Option<bool>,
    /// About what was given to the methods below.
    #[serde(skip)]
    pub(crate) warnings: Vec<Warning>,
}

over!(OtlpOptions {
    endpoint,
    protocol,
    headers,
    header_source,
    compression,
    timeout,
    certificate,
    client_certificate,
    client_key,
    insecure,
    warnings,
});

impl OtlpOptions {
    /// The keys of these options in `tauri.conf.json`.
    pub(super) const KEYS: [&str; 9] = [
        "endpoint",
        "protocol",
        "headers",
        "compression",
        "timeout",
        "certificate",
        "clientCertificate",
        "clientKey",
        "insecure",
    ];

    /// Options that say nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The URL that this signal is sent to, with its path (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`). Turns the signal
    /// on. With gRPC the scheme may be left out: see [`insecure`](Self::insecure).
    #[must_use]
    pub fn endpoint(mut self, url: impl AsRef<str>) -> Self {
        match Endpoint::parse(url.as_ref(), "the builder's endpoint") {
            Ok(endpoint) => self.endpoint = Some(endpoint),
            Err(warning) => self.warnings.push(warning),
        }
        self
    }

    /// The OTLP protocol (`OTEL_EXPORTER_OTLP_PROTOCOL`). Default: [`Protocol::HttpProtobuf`].
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// A header of every export (`OTEL_EXPORTER_OTLP_HEADERS`). Names are compared without case. Headers go to the
    /// origin of the endpoint that is configured beside them, and to no other that the environment names.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        let (name, value) = (name.as_ref(), value.into());
        if name.parse::<HeaderName>().is_ok() && value.parse::<HeaderValue>().is_ok() {
            self.headers.insert(name, value);
        } else {
            // Without the value, which may be a secret.
            self.warnings.push(Warning::plain(format!(
                "the builder's header {name:?} has a name or a value that HTTP does not allow; ignored"
            )));
        }
        self
    }

    /// Headers that change while the app runs, such as a token that expires. They win over those of
    /// [`header`](Self::header) that have the same name.
    ///
    /// `source` is called before every export, on a thread of its own and never on the main thread, so keep what is
    /// costly to make. If it fails, panics, or takes longer than [`timeout`](Self::timeout), the export counts as one
    /// that did not reach the collector: it is kept and tried again later. What it returns is never logged, and
    /// neither is its error.
    #[must_use]
    pub fn headers_with<F>(mut self, source: F) -> Self
    where
        F: Fn() -> Result<Vec<(String, String)>, Box<dyn Error + Send + Sync>>
            + Send
            + Sync
            + 'static,
    {
        self.header_source = Some(HeaderSource(Arc::new(source)));
        self
    }

    /// How exports are compressed (`OTEL_EXPORTER_OTLP_COMPRESSION`). Default: [`Compression::None`].
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// How long one export may take (`OTEL_EXPORTER_OTLP_TIMEOUT`); zero is no limit. Default: 10 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(Millis(timeout));
        self
    }

    /// A PEM file with the root certificates to trust instead of the system's
    /// (`OTEL_EXPORTER_OTLP_CERTIFICATE`).
    #[must_use]
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.certificate = Some(file.into());
        self
    }

    /// PEM files with the certificate to show to the collector, and its private key
    /// (`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY`).
    #[must_use]
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.client_certificate = Some(certificate.into());
        self.client_key = Some(key.into());
        self
    }

    /// Whether a gRPC endpoint without a scheme, such as `collector:4317`, is spoken to without TLS
    /// (`OTEL_EXPORTER_OTLP_INSECURE`). Default: `false`.
    #[must_use]
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.insecure = Some(insecure);
        self
    }

    /// Takes from the options of all signals what these of one signal do not say. As the specification asks, its
    /// headers are not added to the general ones but replace them.
    pub(super) fn over_general(mut self, mut general: Self) -> Self {
        if let Some(endpoint) = &mut general.endpoint {
            endpoint.is_base = true;
        }
        if !self.headers.is_empty() {
            general.headers = Headers::default();
        }
        self.warnings.clear();
        self.over(general)
    }

    /// Whether these options say who the app is.
    pub(super) fn have_credentials(&self) -> bool {
        !self.headers.is_empty()
            || self.header_source.is_some()
            || self.client_certificate.is_some()
            || self.client_key.is_some()
    }

    /// These options without what says who the app is.
    pub(super) fn without_credentials(self) -> Self {
        Self {
            headers: Headers::default(),
            header_source: None,
            client_certificate: None,
            client_key: None,
            ..self
        }
    }
}

/// An endpoint as it was written. Whether it makes sense depends on the protocol: gRPC knows endpoints without a
/// scheme.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Endpoint {
    text: String,
    /// The setting it comes from, for whoever has to correct it.
    pub(super) source: String,
    /// Whether the path of a signal is added to it.
    pub(super) is_base: bool,
}

impl Endpoint {
    pub(crate) const EXPECTED: &str = "a URL that begins with http:// or https://";

    pub(crate) fn parse(text: &str, source: &str) -> Result<Self, Warning> {
        let is_short = cfg!(feature = "grpc") && !text.contains("://");
        if http_url(text).is_none() && !(is_short && with_scheme(text, false).is_some()) {
            return Err(Warning::new(source, text, Self::EXPECTED));
        }
        Ok(Self {
            text: text.to_owned(),
            source: source.to_owned(),
            is_base: false,
        })
    }

    pub(super) fn url(&self, protocol: Protocol, insecure: bool) -> Result<Url, Warning> {
        let url = if protocol.is_http() || self.text.contains("://") {
            http_url(&self.text)
        } else {
            with_scheme(&self.text, insecure)
        };
        url.ok_or_else(|| Warning::new(&self.source, &self.text, Self::EXPECTED))
    }
}

fn with_scheme(text: &str, insecure: bool) -> Option<Url> {
    let scheme = if insecure { "http" } else { "https" };
    http_url(&format!("{scheme}://{text}"))
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text, "the endpoint of tauri.conf.json")
            .map_err(|_| format!("must be {}", Self::EXPECTED))
    }
}

/// Without a user and password.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.text.split_once("://").unwrap_or(("", &self.text));
        let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
        write!(f, "{scheme}://{host}")
    }
}

/// Headers by their names in lower case; their values are secrets.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(with = "BTreeMap<String, String>")
)]
#[serde(from = "BTreeMap<String, String>")]
pub(crate) struct Headers(BTreeMap<String, String>);

impl Headers {
    pub(crate) fn insert(&mut self, name: &str, value: String) {
        self.0.insert(name.to_ascii_lowercase(), value);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<T: IntoIterator<Item = (String, String)>> From<T> for Headers {
    fn from(pairs: T) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.insert(&name, value);
        }
        headers
    }
}

impl Over for Headers {
    fn over(self, lower: Self) -> Self {
        Self(self.0.over(lower.0))
    }
}

/// The names only.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

type MakeHeaders =
    dyn Fn() -> Result<Vec<(String, String)>, Box<dyn Error + Send + Sync>> + Send + Sync;

/// Where headers come from that change while the app runs.
#[derive(Clone)]
pub(crate) struct HeaderSource(Arc<MakeHeaders>);

impl HeaderSource {
    /// `None` if there are none now. The error stays with the app: it may hold a secret.
    pub(crate) fn call(&self) -> Option<Headers> {
        (self.0)().ok().map(Headers::from)
    }
}

impl PartialEq for HeaderSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for HeaderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeaderSource")
    }
}
