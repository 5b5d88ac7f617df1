//! What the bridge is configured to do (`DEV_WS_BRIDGE*`).
//!
//! Unlike a setting of telemetry, one that makes no sense is not ignored: the bridge then stays closed.

use std::fmt;

use tauri::Url;

use super::environment::switch;

/// The port of `DEV_WS_BRIDGE_PORT` when it is not set.
const DEFAULT_PORT: u16 = 3333;

/// The size of a frame in bytes when `DEV_WS_BRIDGE_MAX_FRAME` is not set: a mebibyte of raw bytes as
/// base64, and room to spare.
const DEFAULT_MAX_FRAME: usize = 2 * 1024 * 1024;

/// As many characters as 128 bits take when they are written in hexadecimal.
const MIN_TOKEN: usize = 32;

/// The settings of an open bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WsBridgeSettings {
    /// 0 for one that is free.
    pub(crate) port: u16,
    /// `None` for a random one.
    pub(crate) token: Option<String>,
    /// The origins of `DEV_WS_BRIDGE_ORIGINS`, as browsers write them.
    pub(crate) origins: Vec<String>,
    /// Bytes of the largest frame that is read.
    pub(crate) max_frame: usize,
}

/// A setting because of which the bridge stays closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    name: &'static str,
    expected: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the value: it may be a token.
        let Self { name, expected } = self;
        write!(f, "{name} must be {expected}; the ws bridge stays closed")
    }
}

impl WsBridgeSettings {
    /// Decides from the environment and the builder; `None` means that there is no bridge.
    pub(crate) fn resolve(
        env: &dyn Fn(&str) -> Option<String>,
        builder: bool,
    ) -> Result<Option<Self>, Invalid> {
        let open = read(env, "DEV_WS_BRIDGE", "1 or 0", switch)?;
        if !open.unwrap_or(builder) {
            return Ok(None);
        }
        // Everybody who gets the page can read it there.
        read::<()>(
            env,
            "VITE_WS_BRIDGE_TOKEN",
            "unset, because Vite writes it into the code of the page (see docs/ws-bridge.md for other ways to hand the \
             token to a page)",
            |_| None,
        )?;
        Ok(Some(Self {
            port: read(env, "DEV_WS_BRIDGE_PORT", "a port, or 0", |text| {
                text.parse().ok()
            })?
            .unwrap_or(DEFAULT_PORT),
            token: read(
                env,
                "DEV_WS_BRIDGE_TOKEN",
                &format!("at least {MIN_TOKEN} letters, digits, hyphens and underscores"),
                |text| is_token(text).then(|| text.to_owned()),
            )?,
            origins: read(
                env,
                "DEV_WS_BRIDGE_ORIGINS",
                "a list of origins separated by commas, such as http://localhost:5173",
                |text| text.split(',').map(|one| origin(one.trim())).collect(),
            )?
            .unwrap_or_default(),
            max_frame: read(
                env,
                "DEV_WS_BRIDGE_MAX_FRAME",
                "a positive number of bytes",
                |text| text.parse().ok().filter(|bytes| *bytes > 0),
            )?
            .unwrap_or(DEFAULT_MAX_FRAME),
        }))
    }
}

fn read<T>(
    env: &dyn Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Invalid> {
    let value = env(name).unwrap_or_default();
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    match parse(value) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(Invalid {
            name,
            expected: expected.to_owned(),
        }),
    }
}

/// The characters are those that stand for themselves in a list of WebSocket subprotocols.
fn is_token(text: &str) -> bool {
    text.len() >= MIN_TOKEN
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The origin of `url` as a browser writes it into the header `Origin`.
pub(crate) fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(env: &[(&str, &str)], builder: bool) -> Result<Option<WsBridgeSettings>, Invalid> {
        let env = |name: &str| {
            let value = env.iter().find(|(key, _)| *key == name);
            value.map(|(_, value)| (*value).to_owned())
        };
        WsBridgeSettings::resolve(&env, builder)
    }

    const ON: (&str, &str) = ("DEV_WS_BRIDGE", "1");

    #[test]
    fn it_is_closed_unless_something_opens_it() {
        assert_eq!(resolve(&[], false), Ok(None));
        assert_eq!(resolve(&[("DEV_WS_BRIDGE_PORT", "1")], false), Ok(None));
        assert!(resolve(&[], true).unwrap().is_some());
        assert!(resolve(&[ON], false).unwrap().is_some());
        assert_eq!(resolve(&[("DEV_WS_BRIDGE", "0")], true), Ok(None));
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let settings = resolve(&[ON], false).unwrap().unwrap();
        assert_eq!(
            settings,
            WsBridgeSettings {
                port: DEFAULT_PORT,
                token: None,
                origins: vec![],
                max_frame: DEFAULT_MAX_FRAME,
            }
        );
    }

    #[test]
    fn a_value_that_makes_no_sense_keeps_it_closed_and_is_not_repeated() {
        for (name, value) in [
            ("DEV_WS_BRIDGE", "yes"),
            ("DEV_WS_BRIDGE_PORT", "70000"),
            ("DEV_WS_BRIDGE_TOKEN", "too-short-a-secret"),
            (
                "DEV_WS_BRIDGE_TOKEN",
                "a secret, but with a comma and blanks",
            ),
            ("DEV_WS_BRIDGE_ORIGINS", "*"),
            ("DEV_WS_BRIDGE_ORIGINS", "null"),
            ("DEV_WS_BRIDGE_ORIGINS", "file:///index.html"),
            ("DEV_WS_BRIDGE_MAX_FRAME", "0"),
            ("VITE_WS_BRIDGE_TOKEN", "a-secret-of-any-length"),
        ] {
            let error = resolve(&[(name, value), ON], true).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let list = "http://LOCALHOST:5173/, https://example.com:443";
        let settings = resolve(&[ON, ("DEV_WS_BRIDGE_ORIGINS", list)], false);
        assert_eq!(
            settings.unwrap().unwrap().origins,
            ["http://localhost:5173", "https://example.com"]
        );
    }
}
