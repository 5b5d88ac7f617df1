//! The proxies that exports over HTTP go through (`HTTPS_PROXY` and the like).

use std::fmt;

use tauri::Url;

use super::{Warning, over::over, transport::http_url};

/// The URL of a proxy, or what is wrong with it. That is said only if an export would go through the proxy, because
/// the variables are there for all programs of a machine.
pub(crate) type ProxyUrl = Result<String, Warning>;

/// Reads what the setting `source` says. A proxy without a scheme is one for HTTP, as it is for curl.
pub(crate) fn proxy_url(text: &str, source: &str) -> ProxyUrl {
    let url = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    if http_url(&url).is_some() {
        return Ok(url);
    }
    Err(Warning::new(
        source,
        text,
        "the address of an HTTP proxy, such as http://proxy.example.com:3128",
    ))
}

/// The proxies of a source of settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    pub(crate) http: Option<ProxyUrl>,
    pub(crate) https: Option<ProxyUrl>,
    /// For both schemes, where they have none of their own.
    pub(crate) all: Option<ProxyUrl>,
    /// Hosts that are reached without one, separated by commas.
    pub(crate) exceptions: Option<String>,
}

over!(Proxies {
    http,
    https,
    all,
    exceptions,
});

/// The proxy of one endpoint.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// With the user and password, if there are.
    pub(crate) url: String,
    /// Hosts that are reached without it.
    pub(crate) exceptions: Vec<String>,
}

impl Proxies {
    /// The proxy that exports to `endpoint` go through.
    pub(super) fn of(&self, endpoint: &Url) -> Option<ProxyUrl> {
        let own = match endpoint.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        own.as_ref().or(self.all.as_ref()).cloned()
    }

    pub(super) fn exempt_hosts(&self) -> Vec<String> {
        let exceptions = self.exceptions.as_deref().unwrap_or_default();
        exceptions
            .split(',')
            .map(|host| host.trim().to_owned())
            .filter(|host| !host.is_empty())
            .collect()
    }
}

/// Prints no URL, because it may have a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").finish_non_exhaustive()
    }
}

/// Prints no URL, because it may have a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}
