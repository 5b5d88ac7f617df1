//! What the app asks of redaction.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Deserializer};

use super::patterns::Patterns;

/// What stands in place of a secret or an identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Replacement {
    /// A mark that names the rule, such as `[email]`.
    #[default]
    Mask,
    /// A mark with a keyed hash, such as `[email#5f1c09aad2b4e881]`. The key is random and stays on this installation, so equal values
    /// can be joined but not looked up. The mark may be longer than the value; a limit of the length of attributes cuts it. Lists and
    /// booleans are masked.
    Hash,
    /// Nothing: an attribute that contains a match is removed. In texts that are not attributes, such as a span name or a
    /// log body, the match is masked.
    Drop,
}

/// Which secrets and personal data are removed from spans, log records and metrics before they leave the app.
///
/// The built-in rules find e-mail addresses, home folders in paths (which become `~`), bearer tokens, JSON Web Tokens, the API tokens of common
/// vendors, private keys, credentials such as `password=…`, user information, query and fragment of URLs, and literals in
/// `db.query.text`. Attributes whose key names a secret or a person, such as `http.request.header.authorization` or `user.email`, are
/// replaced whole.
///
/// ```
/// use tauri_plugin_opentelemetry::{Redaction, Replacement};
///
/// # fn build() -> Result<Redaction, tauri_plugin_opentelemetry::RedactionError> {
/// Redaction::new()
///     .ip_addresses(true)
///     .deny("customer.*", Replacement::Hash)
///     .allow("build.path")
///     .rule("order", r"ORD-\d{6}")
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[must_use = "it does nothing until it is given to `Builder::redaction`"]
pub struct Redaction {
    /// Whether anything is redacted. Default: true.
    pub(super) enabled: bool,
    /// Whether IP addresses are replaced. Default: false.
    pub(super) ip_addresses: bool,
    /// Whether numbers of payment cards are replaced. Default: false.
    pub(super) cards: bool,
    /// Whether phone numbers are replaced. Default: false.
    pub(super) phone_numbers: bool,
    /// What stands in place of the matches of all rules. Default: mask.
    pub(super) replacement: Replacement,
    /// What replaces the whole value of attributes, by patterns of their keys.
    pub(super) deny: BTreeMap<String, Replacement>,
    /// Patterns of the keys of attributes that are exported as they are.
    pub(super) allow: Vec<String>,
    /// Regular expressions by the names of their rules.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, String>"))]
    #[serde(deserialize_with = "rules")]
    pub(super) rules: BTreeMap<String, Pattern>,
    #[serde(skip)]
    pub(super) functions: Vec<Function>,
}

/// A regular expression of the app.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    pub(super) compiled: Arc<Patterns>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

type Replace = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A rule of the app that is code.
#[derive(Clone)]
pub(super) struct Function(pub(super) Arc<Replace>);

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function(…)")
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self {
            enabled: true,
            ip_addresses: false,
            cards: false,
            phone_numbers: false,
            replacement: Replacement::default(),
            deny: BTreeMap::new(),
            allow: Vec::new(),
            rules: BTreeMap::new(),
            functions: Vec::new(),
        }
    }
}

fn rules<'de, D: Deserializer<'de>>(de: D) -> Result<BTreeMap<String, Pattern>, D::Error> {
    let rules = BTreeMap::<String, String>::deserialize(de)?;
    let compiled = rules.into_iter().map(|(name, pattern)| {
        let pattern = compile(&name, &pattern)?;
        Ok((name, pattern))
    });
    compiled
        .collect::<Result<_, RedactionError>>()
        .map_err(serde::de::Error::custom)
}

fn compile(name: &str, pattern: &str) -> Result<Pattern, RedactionError> {
    let refused = |reason: String| RedactionError {
        rule: name.to_owned(),
        reason,
    };
    let compiled = Patterns::new(&[pattern]).map_err(refused)?;
    if compiled.is_match("") {
        return Err(refused("it matches the empty text".to_owned()));
    }
    Ok(Pattern {
        text: pattern.to_owned(),
        compiled: Arc::new(compiled),
    })
}

impl Redaction {
    /// The built-in rules, with [`Replacement::Mask`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing is redacted, and nothing is read to find out.
    pub fn off() -> Self {
        Self {
            enabled: false,
            ..Self::default()
        }
    }

    /// Whether IP addresses are replaced. Default: `false`.
    pub fn ip_addresses(mut self, replaced: bool) -> Self {
        self.ip_addresses = replaced;
        self
    }

    /// Whether numbers of payment cards are replaced. Default: `false`.
    pub fn cards(mut self, replaced: bool) -> Self {
        self.cards = replaced;
        self
    }

    /// Whether phone numbers are replaced, in the forms `+49 30 123456` and `(030) 123456`. Default: `false`.
    pub fn phone_numbers(mut self, replaced: bool) -> Self {
        self.phone_numbers = replaced;
        self
    }

    /// What stands in place of the matches of all rules. Default: [`Replacement::Mask`].
    pub fn replacement(mut self, replacement: Replacement) -> Self {
        self.replacement = replacement;
        self
    }

    /// Replaces the whole value of attributes whose key matches `pattern`, in which `*` is any text and `?` any character. Upper
    /// and lower case are the same. It wins over [`allow`](Self::allow).
    pub fn deny(mut self, pattern: impl Into<String>, replacement: Replacement) -> Self {
        self.deny.insert(pattern.into(), replacement);
        self
    }

    /// Leaves the value of attributes whose key matches `pattern` as it is, also if the key is one that is replaced by default.
    pub fn allow(mut self, pattern: impl Into<String>) -> Self {
        self.allow.push(pattern.into());
        self
    }

    /// Replaces what the regular expression `pattern` finds, after the built-in rules, in linear time. The mark has the `name` of the rule.
    ///
    /// The syntax is that of the [`regex` crate](https://docs.rs/regex/latest/regex/#syntax). `\w`, `\d`, `\s`, `\b` and `(?i)` know ASCII only; `\p`
    /// and the flag `R` are not supported.
    ///
    /// # Errors
    /// If the pattern is not valid, matches the empty text, or needs more than 1 MiB of memory.
    pub fn rule(mut self, name: impl Into<String>, pattern: &str) -> Result<Self, RedactionError> {
        let name = name.into();
        let pattern = compile(&name, pattern)?;
        self.rules.insert(name, pattern);
        Ok(self)
    }

    /// Lets `replace` decide about each text after all other rules: `Some` is the text to export instead. It is called on the threads
    /// that export. If it panics, `[redacted]` replaces the whole text, unless the app is built with `panic = "abort"`: then it ends.
    /// Keys of attributes are texts as well: `Some` removes the attribute.
    pub fn function(
        mut self,
        replace: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.functions.push(Function(Arc::new(replace)));
        self
    }

    /// These settings with what `other` asks to be found. Where both say something about the same key or rule, and about
    /// whether anything is redacted, these count.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.ip_addresses |= other.ip_addresses;
        self.cards |= other.cards;
        self.phone_numbers |= other.phone_numbers;
        if self.replacement == Replacement::default() {
            self.replacement = other.replacement;
        }
        for (pattern, replacement) in other.deny {
            self.deny.entry(pattern).or_insert(replacement);
        }
        for (name, pattern) in other.rules {
            self.rules.entry(name).or_insert(pattern);
        }
        self.allow.extend(other.allow);
        self.functions.extend(other.functions);
        self
    }

    /// Whether any value is replaced by its hash.
    pub(crate) fn hashes(&self) -> bool {
        let mut replacements = self.deny.values().chain([&self.replacement]);
        self.enabled && replacements.any(|replacement| *replacement == Replacement::Hash)
    }
}

/// A rule that [`Redaction::rule`] refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the redaction rule {rule:?} is not usable: {reason}")]
pub struct RedactionError {
    rule: String,
    reason: String,
}
