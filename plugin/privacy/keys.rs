//! What the key of an attribute says about its value.

use std::collections::HashMap;

use parking_lot::RwLock;
use wildmatch::WildMatch;

use super::settings::{Redaction, Replacement};

/// How keys end that name a secret, in lower case and without `_` and `-`: `accessToken` and `access_token` are one.
/// The rule for credentials finds the same names in texts.
const SECRETS: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "secretkey",
    "encryptionkey",
    "signingkey",
    "authorization",
    "cookie",
];

/// Keys of the semantic conventions whose values are secrets or persons.
const PERSONAL: [&str; 8] = [
    "url.query",
    "url.fragment",
    "user.email",
    "user.full_name",
    "user.name",
    "enduser.id",
    "enduser.pseudo.id",
    "email",
];

/// Attributes of database statements, whose literals are data.
const STATEMENTS: [&str; 2] = ["db.query.text", "db.statement"];

/// An app has some hundred keys. Keys beyond this many are decided each time, so that keys without end take no memory without end.
const MAX_REMEMBERED: usize = 2048;

/// What is done with the value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyDecision {
    /// The texts in it are read by the rules.
    Scan,
    /// As [`Scan`](Self::Scan), and literals of SQL are replaced.
    Statement,
    /// The value is exported as it is.
    Allow,
    /// The whole value is replaced.
    Deny(Replacement),
}

/// Decides by key, and remembers its decisions.
pub(super) struct KeyPolicy {
    denied: Vec<(WildMatch, Replacement)>,
    allowed: Vec<WildMatch>,
    /// What replaces the values of [`SECRETS`] and [`PERSONAL`].
    replacement: Replacement,
    remembered: RwLock<HashMap<String, KeyDecision>>,
}

impl KeyPolicy {
    pub(super) fn new(settings: &Redaction) -> Self {
        Self {
            denied: settings
                .deny
                .iter()
                .map(|(key, replacement)| (WildMatch::new_case_insensitive(key), *replacement))
                .collect(),
            allowed: settings
                .allow
                .iter()
                .map(|key| WildMatch::new_case_insensitive(key))
                .collect(),
            replacement: settings.replacement,
            remembered: RwLock::default(),
        }
    }

    /// `reveals` says whether the key itself contains a secret or an identity.
    pub(super) fn decide(&self, key: &str, reveals: impl FnOnce(&str) -> bool) -> KeyDecision {
        if let Some(decision) = self.remembered.read().get(key) {
            return *decision;
        }
        let denied = self.denied.iter().find(|(pattern, _)| pattern.matches(key));
        let is_allowed = || self.allowed.iter().any(|pattern| pattern.matches(key));
        let decision = if denied.is_none() && is_allowed() {
            KeyDecision::Allow
        } else if reveals(key) {
            // Not a mark in its place: the marks of two keys would be one key.
            KeyDecision::Deny(Replacement::Drop)
        } else if let Some((_, replacement)) = denied {
            KeyDecision::Deny(*replacement)
        } else if names_secret(key) {
            KeyDecision::Deny(self.replacement)
        } else if STATEMENTS.contains(&key) {
            KeyDecision::Statement
        } else {
            KeyDecision::Scan
        };
        let mut remembered = self.remembered.write();
        if remembered.len() < MAX_REMEMBERED {
            remembered.insert(key.to_owned(), decision);
        }
        decision
    }
}

/// Whether the value of `key` is a secret or a person.
fn names_secret(key: &str) -> bool {
    let name = key.replace(['_', '-'], "").to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.ends_with(secret))
        || PERSONAL
            .iter()
            .any(|personal| key.eq_ignore_ascii_case(personal))
}
