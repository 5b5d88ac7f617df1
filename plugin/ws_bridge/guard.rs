//! Who may talk to the bridge.
//!
//! Everything that a web page anywhere can make a browser send is refused before anything is looked at:
//! by `Host` (a name that was rebound to the loopback address), by `Origin` (another page), and by the
//! token, which a page only has from somebody who can read the token file.

use subtle::ConstantTimeEq;
use tauri::http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL},
};

/// From where a page asks (<https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The subprotocol that the server selects.
pub(super) const SUBPROTOCOL: &str = "tauri-ws-bridge";

/// What stands before the token in the list of subprotocols, the only header that a page can set on a
/// WebSocket.
const TOKEN_PREFIX: &str = "token.";

/// Bytes of a random token.
const TOKEN_BYTES: usize = 32;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Host,
    Origin,
    Token,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Host | Self::Origin => StatusCode::FORBIDDEN,
            Self::Token => StatusCode::UNAUTHORIZED,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Host => "Host must be the loopback interface",
            Self::Origin => {
                "Origin must be the dev server of the app; DEV_WS_BRIDGE_ORIGINS allows others"
            }
            Self::Token => "the token of the token file is missing or wrong",
        }
    }
}

/// The secret of one run.
pub(super) struct Token(String);

impl Token {
    /// The given one, which the configuration has checked, or a random one.
    pub(super) fn new(given: Option<String>) -> Result<Self, getrandom::Error> {
        if let Some(token) = given {
            return Ok(Self(token));
        }
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

/// What is asked of every request.
pub(super) struct Guard {
    pub(super) token: Token,
    /// The origins that pages may come from, as browsers write them.
    pub(super) origins: Vec<String>,
}

impl Guard {
    /// Whether the request comes from a place that may ask; the token is checked apart.
    pub(super) fn place(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        if !host.is_some_and(is_loopback) {
            return Err(Refusal::Host);
        }
        // A browser names the origin of a WebSocket, and of a request to elsewhere whose answer a page may read. Of
        // other requests of a page, such as that for an image, it says only whether the page is of the same site.
        // Without both it is no page that asks but a program of this user, which has the token or has not.
        match headers.get(ORIGIN) {
            None if headers.get(SEC_FETCH_SITE).is_none_or(is_no_other_site) => Ok(()),
            None => Err(Refusal::Origin),
            Some(origin) if self.origins.iter().any(|known| *origin == **known) => Ok(()),
            Some(_) => Err(Refusal::Origin),
        }
    }

    /// Whether the request has the token.
    pub(super) fn token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let bearer = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let subprotocols: Vec<&str> = headers
            .get_all(SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .collect();
        let offered = subprotocols
            .iter()
            .find_map(|one| one.strip_prefix(TOKEN_PREFIX))
            .filter(|_| subprotocols.contains(&SUBPROTOCOL));
        match bearer.or(offered) {
            Some(candidate) if self.token.is(candidate) => Ok(()),
            _ => Err(Refusal::Token),
        }
    }
}

/// Whether `Sec-Fetch-Site` says that no page of elsewhere has asked: the user did, or the bridge's own answer.
fn is_no_other_site(site: &HeaderValue) -> bool {
    site == "none" || site == "same-origin"
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
    use tauri::http::HeaderName;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn guard() -> Guard {
        Guard {
            token: Token::new(Some(SECRET.to_owned())).unwrap(),
            origins: vec!["http://localhost:5173".to_owned()],
        }
    }

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value).unwrap();
                (HeaderName::from_static(name), value)
            })
            .collect()
    }

    #[test]
    fn only_the_loopback_interface_is_a_host() {
        for host in [
            "localhost",
            "localhost:3333",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:80",
        ] {
            assert_eq!(guard().place(&headers(&[("host", host)])), Ok(()), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "127.0.0.2",
            "0.0.0.0",
            "user@localhost",
            "localhost:99999999",
            "localhost@example.com",
        ] {
            let refused = guard().place(&headers(&[("host", host)]));
            assert_eq!(refused, Err(Refusal::Host), "{host}");
        }
        assert_eq!(guard().place(&headers(&[])), Err(Refusal::Host));
    }

    #[test]
    fn only_a_known_origin_is_a_place() {
        let place = |origin| guard().place(&headers(&[("host", "localhost"), ("origin", origin)]));
        assert_eq!(place("http://localhost:5173"), Ok(()));
        for origin in [
            "null",
            "",
            "http://localhost",
            "https://localhost:5173",
            "http://localhost:5173.example.com",
            "http://example.com",
        ] {
            assert_eq!(place(origin), Err(Refusal::Origin), "{origin}");
        }
    }

    #[test]
    fn a_page_that_names_no_origin_is_known_by_its_site() {
        let place = |site: &str| {
            guard().place(&headers(&[("host", "localhost"), ("sec-fetch-site", site)]))
        };
        for site in ["none", "same-origin"] {
            assert_eq!(place(site), Ok(()), "{site}");
        }
        for site in ["cross-site", "same-site", "", "None"] {
            assert_eq!(place(site), Err(Refusal::Origin), "{site}");
        }
        let of_dev_server = headers(&[
            ("host", "localhost"),
            ("sec-fetch-site", "same-site"),
            ("origin", "http://localhost:5173"),
        ]);
        assert_eq!(guard().place(&of_dev_server), Ok(()));
    }

    #[test]
    fn the_token_comes_as_bearer_or_as_subprotocol() {
        let offer = format!("tauri-ws-bridge, token.{SECRET}");
        let bearer = format!("Bearer {SECRET}");
        for list in [
            [("sec-websocket-protocol", offer.as_str())],
            [("authorization", bearer.as_str())],
        ] {
            assert_eq!(guard().token(&headers(&list)), Ok(()));
        }
        let alone = format!("token.{SECRET}");
        let longer = format!("Bearer {SECRET}0");
        let basic = format!("Basic {SECRET}");
        for list in [
            &[][..],
            &[("sec-websocket-protocol", "tauri-ws-bridge")],
            &[("sec-websocket-protocol", "tauri-ws-bridge, token.")],
            &[("sec-websocket-protocol", &alone)],
            &[("authorization", "Bearer ")],
            &[("authorization", &SECRET[1..])],
            &[("authorization", &longer)],
            &[("authorization", &basic)],
        ] {
            assert_eq!(
                guard().token(&headers(list)),
                Err(Refusal::Token),
                "{list:?}"
            );
        }
    }

    #[test]
    fn a_random_token_has_256_bits_and_is_never_the_same() {
        let token = || Token::new(None).unwrap().0;
        assert_eq!(token().len(), 64);
        assert_ne!(token(), token());
    }
}

/// Reads anything as the head of a request; only the token of the run gets through.
#[cfg(fuzzing)]
pub(crate) fn fuzz(headers: &HeaderMap) {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let guard = Guard {
        token: Token(SECRET.to_owned()),
        origins: vec!["http://localhost:5173".to_owned()],
    };
    let has_secret = |name| {
        let mut values = headers.get_all(name).iter();
        values.any(|value| {
            value
                .as_bytes()
                .windows(SECRET.len())
                .any(|part| part == SECRET.as_bytes())
        })
    };
    if guard.token(headers).is_ok() {
        assert!(has_secret(AUTHORIZATION) || has_secret(SEC_WEBSOCKET_PROTOCOL));
    }
    if guard.place(headers).is_ok() {
        let origin = headers.get(ORIGIN);
        assert!(origin.is_none_or(|origin| origin == guard.origins[0].as_str()));
        let host = headers[HOST].to_str().expect("a host that was understood");
        assert!(
            ["localhost", "127.0.0.1", "[::1]"]
                .iter()
                .any(|name| host.starts_with(name))
        );
    }
}
