//! Applies the rules to texts and attributes.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{LazyLock, OnceLock},
};

use opentelemetry::Context;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use percent_encoding::percent_decode_str;
use regex_automata::Match;

use super::{
    hash::InstallationKey,
    keys::{KeyDecision, KeyPolicy},
    patterns::Patterns,
    rules::{HOME, RuleSet, VALUE},
    settings::{Function, Pattern, Redaction, Replacement},
};

/// The mark of values that are replaced because of their key.
const REDACTED: &str = "redacted";

/// Once a secret is gone, what stood beside it can match: in `/home/alice/home/bob` the second home folder. Texts that need more rounds are
/// made up.
const MAX_ROUNDS: usize = 8;

/// What a statement is cut into: names in quotation marks, comments, and literals, which are texts and numbers.
static SQL: LazyLock<Patterns> = LazyLock::new(|| {
    let name = r#""(?:[^"]|"")*""#;
    let comment = r"--[^\n]*|/\*(?s:.*?)(?:\*/|\z)";
    let text = r"'(?:[^']|'')*'?";
    let number = r"\b(?:0[xX][0-9A-Fa-f]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\b";
    Patterns::new(&[name, comment, text, number]).expect("the patterns are valid: a test uses them")
});

/// Removes secrets and personal data, by the settings of the app.
pub(crate) struct Redactor {
    pub(super) rules: RuleSet,
    patterns: BTreeMap<String, Pattern>,
    functions: Vec<Function>,
    keys: KeyPolicy,
    replacement: Replacement,
    /// `None` until there is consent to write the file of the key. Nothing leaves before.
    installation: OnceLock<InstallationKey>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor")
            .field("replacement", &self.replacement)
            .finish_non_exhaustive()
    }
}

impl Redactor {
    /// `None` if redaction is off. `home` is the home folder of the user.
    pub(crate) fn new(settings: &Redaction, home: Option<&Path>) -> Option<Self> {
        settings.enabled.then(|| Self {
            rules: RuleSet::new(settings, home),
            patterns: settings.rules.clone(),
            functions: settings.functions.clone(),
            keys: KeyPolicy::new(settings),
            replacement: settings.replacement,
            installation: OnceLock::new(),
        })
    }

    /// Sets the key by which values are hashed, unless it is set already.
    pub(crate) fn hash_with(&self, key: impl FnOnce() -> InstallationKey) {
        self.installation.get_or_init(key);
    }

    /// Redacts a text that is not the value of an attribute.
    pub(crate) fn text(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.redacted(text) {
            *text = redacted;
        }
    }

    /// Redacts attributes by their keys and values.
    pub(crate) fn attributes(&self, attributes: &mut Vec<KeyValue>) {
        attributes.retain_mut(|attribute| match &mut attribute.value {
            Some(value) => self.keep_attribute(&attribute.key, value),
            None => true,
        });
    }

    /// Redacts a value without a key, such as the body of a log record.
    pub(crate) fn value(&self, value: &mut AnyValue) {
        self.scan(value, &mut |redactor, text| redactor.text(text));
    }

    /// Redacts the value of an attribute. Whether the attribute is kept.
    fn keep_attribute(&self, key: &str, value: &mut AnyValue) -> bool {
        let reveals = |key: &str| matches!(self.redacted(key), Cow::Owned(_));
        match self.keys.decide(key, reveals) {
            KeyDecision::Allow => true,
            KeyDecision::Deny(Replacement::Drop) => false,
            KeyDecision::Deny(replacement) => {
                let mark = |text: &str| self.mark(REDACTED, text, replacement);
                let mark = match &value.value {
                    None => return true,
                    Some(Value::StringValue(text)) if self.is_mark(text) => return true,
                    Some(Value::StringValue(text)) => mark(text),
                    Some(Value::IntValue(number)) => mark(&number.to_string()),
                    Some(Value::DoubleValue(number)) => mark(&number.to_string()),
                    Some(_) => format!("[{REDACTED}]"),
                };
                value.value = Some(Value::StringValue(mark));
                true
            }
            decision => {
                let mut found = false;
                self.scan(value, &mut |redactor, text| {
                    if decision == KeyDecision::Statement
                        && let Cow::Owned(statement) = without_literals(text)
                    {
                        *text = statement;
                    }
                    if let Cow::Owned(redacted) = redactor.redacted(text) {
                        *text = redacted;
                        found = true;
                    }
                });
                !(found && self.replacement == Replacement::Drop)
            }
        }
    }

    /// Calls `change` with each text in `value`. Attributes in it are treated by their own keys.
    fn scan(&self, value: &mut AnyValue, change: &mut dyn FnMut(&Self, &mut String)) {
        match &mut value.value {
            Some(Value::StringValue(text)) => change(self, text),
            Some(Value::ArrayValue(array)) => {
                for value in &mut array.values {
                    self.scan(value, change);
                }
            }
            Some(Value::KvlistValue(list)) => self.attributes(&mut list.values),
            _ => {}
        }
    }

    fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        let rounds = if self.rules.cannot_match(text) {
            0
        } else {
            MAX_ROUNDS
        };
        for _ in 0..rounds {
            if !(self.remove_matches(&mut redacted) || self.remove_encoded_matches(&mut redacted)) {
                break;
            }
        }
        for (name, pattern) in &self.patterns {
            apply(&mut redacted, |text| {
                self.without_pattern(name, pattern, text)
            });
        }
        for function in &self.functions {
            apply(&mut redacted, |text| self.replaced_by(function, text));
        }
        redacted
    }

    /// Removes what the built-in rules find. Whether they find anything.
    fn remove_matches(&self, text: &mut Cow<'_, str>) -> bool {
        // URLs first: a password and the host behind it look like an e-mail address.
        (has_url_secrets(text) && apply(text, |text| self.without_url_secrets(text)))
            || apply(text, |text| self.without_matches(text))
    }

    /// As [`remove_matches`](Self::remove_matches), in the text without percent-encoding. If the rules find nothing in it, the text stays encoded.
    ///
    /// `convertFileSrc` of Tauri encodes a whole path: `http://asset.localhost/C%3A%5CUsers%5Calice`.
    fn remove_encoded_matches(&self, text: &mut Cow<'_, str>) -> bool {
        // Most texts have no escape. The decoder takes several times as long to find that out.
        if !text.contains('%') {
            return false;
        }
        let Cow::Owned(decoded) = percent_decode_str(text).decode_utf8_lossy() else {
            return false;
        };
        let mut decoded = Cow::Owned(decoded);
        let is_found = self.remove_matches(&mut decoded);
        if is_found {
            *text = decoded;
        }
        is_found
    }

    /// Removes user information, query and fragment of URLs. A match with neither `?` nor `#` is user information.
    fn without_url_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.rules.url.replace(text, |found| {
            let query = text[found.range()].find(['?', '#']);
            let secret = found.start() + query.unwrap_or("://".len());
            Some((secret..found.end(), String::new()))
        })
    }

    /// Replaces the matches of the built-in rules.
    fn without_matches<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let patterns = &self.rules.patterns;
        patterns.replace(text, |found| {
            let group = patterns.group(VALUE, text, found);
            let secret = group.unwrap_or_else(|| found.range());
            let mark = self.mark_of(found, text, &text[secret.clone()])?;
            Some((secret, mark))
        })
    }

    /// The text in place of `secret`. `None` if the check of the rule rejects the match, or the secret is a mark.
    fn mark_of(&self, found: Match, text: &str, secret: &str) -> Option<String> {
        let rule = &self.rules.rules[found.pattern().as_usize()];
        if !(rule.accept)(&text[..found.start()], secret) || self.is_mark(secret) {
            return None;
        }
        if rule.name == HOME {
            return Some("~".to_owned());
        }
        Some(self.mark(rule.name, secret, self.replacement))
    }

    fn without_pattern<'a>(&self, name: &str, pattern: &Pattern, text: &'a str) -> Cow<'a, str> {
        pattern.compiled.replace(text, |found| {
            let secret = &text[found.range()];
            let mark = if self.is_mark(secret) {
                secret.to_owned()
            } else {
                self.mark(name, secret, self.replacement)
            };
            Some((found.range(), mark))
        })
    }

    fn replaced_by<'a>(&self, function: &Function, text: &'a str) -> Cow<'a, str> {
        // What the function logs would be redacted next, and its panic must not wait for an export that waits for it.
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        match catch_unwind(AssertUnwindSafe(|| (function.0)(text))) {
            Ok(Some(replaced)) => Cow::Owned(replaced),
            Ok(None) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(self.mark(REDACTED, text, Replacement::Mask)),
        }
    }

    /// Whether `text` is a mark already: what was redacted once stays as it is.
    fn is_mark(&self, text: &str) -> bool {
        let inner = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let Some(inner) = inner else {
            return !text.is_empty() && text.bytes().all(|byte| byte == b'*');
        };
        let is_hash = |hash: &str| hash.len() == 16 && u64::from_str_radix(hash, 16).is_ok();
        let name = match inner.rsplit_once('#') {
            Some((name, hash)) if is_hash(hash) => name,
            _ => inner,
        };
        name == REDACTED
            || self.patterns.contains_key(name)
            || self.rules.rules.iter().any(|rule| rule.name == name)
    }

    /// The mark of a rule. It is never longer than the secret, so limits of attribute length stay true, unless it has to hold a hash.
    fn mark(&self, rule: &str, secret: &str, replacement: Replacement) -> String {
        if replacement == Replacement::Hash {
            let key = self.installation.get().copied().unwrap_or_default();
            return format!("[{rule}#{:016x}]", key.hash(secret));
        }
        let masked = format!("[{rule}]");
        if masked.len() <= secret.len() {
            masked
        } else {
            "*".repeat(secret.len().min(3))
        }
    }
}

/// Redacts any text in every way: what comes out is longer for a hash only, and redacting it again changes nothing.
#[cfg(fuzzing)]
pub(crate) fn fuzz(text: &str) {
    static REDACTORS: LazyLock<[Redactor; 2]> = LazyLock::new(|| {
        [Replacement::Mask, Replacement::Hash].map(|replacement| {
            let settings = Redaction::new().replacement(replacement);
            let settings = settings.ip_addresses(true).cards(true).phone_numbers(true);
            let redactor = Redactor::new(&settings, Some(Path::new("/srv/people/alice")));
            redactor.expect("it is on")
        })
    });
    for redactor in &*REDACTORS {
        let mut once = text.to_owned();
        redactor.text(&mut once);
        let may_grow = redactor.replacement == Replacement::Hash;
        assert!(
            may_grow || once.len() <= text.len(),
            "{text:?} became {once:?}"
        );
        let mut twice = once.clone();
        redactor.text(&mut twice);
        assert_eq!(once, twice, "{text:?} was redacted twice");
    }
}

/// Replaces `text` by what `change` makes of it. Whether that is another text.
fn apply(text: &mut Cow<'_, str>, change: impl Fn(&str) -> Cow<'_, str>) -> bool {
    match change(text) {
        Cow::Owned(changed) if changed != **text => {
            *text = Cow::Owned(changed);
            true
        }
        _ => false,
    }
}

/// Replaces literals by `?`. An apostrophe in a name or in a comment begins none; comments are left out.
fn without_literals(statement: &str) -> Cow<'_, str> {
    SQL.replace(statement, |found| {
        let with = match found.pattern().as_usize() {
            0 => &statement[found.range()],
            1 => "",
            _ => "?",
        };
        Some((found.range(), with.to_owned()))
    })
}

/// Whether `text` may contain a URL, or the path of one, with user information, query or fragment.
fn has_url_secrets(text: &str) -> bool {
    text.contains('/') && text.contains(['@', '?', '#'])
}
