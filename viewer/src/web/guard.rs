//! Who may talk to the viewer.
//!
//! A web page anywhere can make a browser send requests to the loopback interface. They are refused by `Host` (a name that was
//! rebound to 127.0.0.1), by `Origin` and `Sec-Fetch-Site` (another page), and, for everything that reads, by the token of the
//! run.

use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{AUTHORIZATION, COOKIE, HOST, ORIGIN},
};
use subtle::ConstantTimeEq;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Bytes of a random token.
const TOKEN_BYTES: usize = 32;

/// The secret of one run of the program.
#[derive(Clone)]
pub(crate) struct Token(String);

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Host,
    Origin,
    Token,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Host | Self::Origin => StatusCode::FORBIDDEN,
            Self::Token => StatusCode::UNAUTHORIZED,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Host => "Host must be the loopback interface",
            Self::Origin => "a page of another origin may not talk to the viewer",
            Self::Token => "the token is missing or wrong; open the link that tracepane printed",
        }
    }
}

impl Token {
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(crate::query::hex(&bytes)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }

    /// Whether the request has the token, as a bearer token or in the cookie with this name.
    pub(crate) fn check(&self, headers: &HeaderMap, cookie: &str) -> Result<(), Refusal> {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let cookies = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let mut pairs = cookies
            .flat_map(|list| list.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let has_cookie = pairs.any(|(name, value)| name == cookie && self.is(value));
        if has_cookie || bearer.is_some_and(|bearer| self.is(bearer)) {
            Ok(())
        } else {
            Err(Refusal::Token)
        }
    }
}

/// Whether the request comes from a place that may ask at all.
pub(crate) fn check_place(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .filter(|host| is_loopback(host));
    let host = host.ok_or(Refusal::Host)?;
    // Programs that are no browser name neither.
    let is_own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    if headers
        .get(ORIGIN)
        .is_some_and(|origin| !origin.to_str().is_ok_and(is_own))
    {
        return Err(Refusal::Origin);
    }
    match headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes()) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Refusal::Origin),
    }
}

/// Whether a page that the user opens may be served: a link on another site leads to it as well.
pub(crate) fn check_host(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(is_loopback) {
        Ok(())
    } else {
        Err(Refusal::Host)
    }
}

fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| {
            let port = rest.strip_prefix(':');
            rest.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn only_the_loopback_interface_is_a_host() {
        for host in ["localhost", "localhost:4318", "127.0.0.1:1", "[::1]:80"] {
            assert_eq!(check_place(&headers(&[("host", host)])), Ok(()), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.2",
            "0.0.0.0",
            "user@localhost",
            "localhost:x",
        ] {
            assert_eq!(
                check_place(&headers(&[("host", host)])),
                Err(Refusal::Host),
                "{host}"
            );
            assert_eq!(
                check_host(&headers(&[("host", host)])),
                Err(Refusal::Host),
                "{host}"
            );
        }
        assert_eq!(check_place(&HeaderMap::new()), Err(Refusal::Host));
    }

    #[test]
    fn only_the_own_page_is_a_place() {
        let place =
            |name, value| check_place(&headers(&[("host", "127.0.0.1:4318"), (name, value)]));
        assert_eq!(place("origin", "http://127.0.0.1:4318"), Ok(()));
        assert_eq!(place("sec-fetch-site", "same-origin"), Ok(()));
        assert_eq!(place("sec-fetch-site", "none"), Ok(()));
        for origin in [
            "null",
            "http://127.0.0.1",
            "http://localhost:4318",
            "https://127.0.0.1:4318",
            "http://example.com",
        ] {
            assert_eq!(place("origin", origin), Err(Refusal::Origin), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                place("sec-fetch-site", site),
                Err(Refusal::Origin),
                "{site}"
            );
        }
    }

    #[test]
    fn the_token_comes_as_bearer_or_as_cookie() {
        let token = Token("secret".to_owned());
        let check = |name, value| token.check(&headers(&[(name, value)]), "viewer");
        assert_eq!(check("authorization", "Bearer secret"), Ok(()));
        assert_eq!(check("cookie", "a=b; viewer=secret; c=d"), Ok(()));
        for (name, value) in [
            ("authorization", "secret"),
            ("authorization", "Bearer secret0"),
            ("authorization", "Bearer "),
            ("cookie", "other=secret"),
            ("cookie", "viewer=secre"),
            ("cookie", "secret"),
        ] {
            assert_eq!(check(name, value), Err(Refusal::Token), "{name}: {value}");
        }
    }
}
