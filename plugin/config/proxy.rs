//! The proxies that exports over HTTP go through (`HTTPS_PROXY` and the like).

use std::fmt;

use tauri::Url;

use super::over::over;

/// The proxies of a source of settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    pub(crate) http: Option<String>,
    pub(crate) https: Option<String>,
    /// For both schemes, where they have none of their own.
    pub(crate) all: Option<String>,
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
    pub(crate) fn of(&self, endpoint: &Url) -> Option<Proxy> {
        let own = match endpoint.scheme() {
            "https" => &self.https,
            _ => &self.http,
        };
        let url = own.as_ref().or(self.all.as_ref())?;
        let exceptions = self.exceptions.as_deref().unwrap_or_default();
        Some(Proxy {
            url: url.clone(),
            exceptions: exceptions
                .split(',')
                .map(|host| host.trim().to_owned())
                .filter(|host| !host.is_empty())
                .collect(),
        })
    }
}

/// Not what they are: a proxy may have a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").finish_non_exhaustive()
    }
}

/// Not what it is: it may have a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}
