//! The built-in patterns.
//!
//! Two searches read a text: one finds URLs, the other what any of the rules is for. Both take time linear in the length of the text, however many
//! rules there are.

use std::{borrow::Cow, net::IpAddr, path::Path};

use super::{patterns::Patterns, settings::Redaction};

/// The name of the rules that find the home folder of a user. The redactor replaces the folder by `~`, and not by a mark.
pub(super) const HOME: &str = "home";

/// The group of a match that is the secret in it. Without it the whole match is.
pub(super) const VALUE: &str = "value";

/// One built-in rule.
pub(super) struct Rule {
    /// The word of its mark: `[email]`.
    pub(super) name: &'static str,
    /// Checks the parts that a regular expression cannot. It is given the text before the match, and the match.
    pub(super) accept: fn(&str, &str) -> bool,
    pub(super) pattern: Cow<'static, str>,
}

/// The rules that are on.
pub(super) struct RuleSet {
    pub(super) rules: Vec<Rule>,
    /// The patterns of the rules, in the same order.
    pub(super) patterns: Patterns,
    pub(super) url: Patterns,
    /// Whether there are rules beside [`ALWAYS`] and the home folder of the user.
    has_extra: bool,
}

impl RuleSet {
    /// `home` is the home folder of the user, which need not lie where [`HOME_FOLDER`] expects it.
    pub(super) fn new(settings: &Redaction, home: Option<&Path>) -> Self {
        let extra = [
            (settings.cards, CARD),
            (settings.phone_numbers, PHONE),
            (settings.ip_addresses, IP),
        ];
        let extra = extra.into_iter().filter(|(on, _)| *on);
        let extra: Vec<Rule> = extra.map(|(_, rule)| rule).collect();
        let has_extra = !extra.is_empty();
        let own_home = home
            .and_then(Path::to_str)
            .filter(|home| home.len() >= MIN_HOME_BYTES)
            .map(|home| Rule {
                pattern: own_home_pattern(home).into(),
                ..rule(HOME, "")
            });
        let rules: Vec<Rule> = own_home.into_iter().chain(ALWAYS).chain(extra).collect();
        let patterns: Vec<&str> = rules.iter().map(|rule| &*rule.pattern).collect();
        Self {
            patterns: Patterns::new(&patterns)
                .expect("the built-in patterns are valid: a test compiles them"),
            url: Patterns::new(&URL).expect("the patterns of URLs are valid: a test compiles them"),
            rules,
            has_extra,
        }
    }

    /// Whether no rule can match `text`. Most texts of telemetry are a short word, for which this takes a tenth of a search.
    pub(super) fn cannot_match(&self, text: &str) -> bool {
        let is_trigger = |byte: u8| b"@:=/\\%".contains(&byte);
        !self.has_extra && text.len() < MIN_TOKEN_BYTES && !text.bytes().any(is_trigger)
    }
}

/// No token and no `basic …` is shorter, and everything else that [`ALWAYS`] finds has one of the characters `@ : = / \`
/// or, percent-encoded, a `%`.
const MIN_TOKEN_BYTES: usize = 14;

/// Between the parts of a path. JSON and `Debug` write two backslashes for one.
macro_rules! separator {
    () => {
        r"(?:\\{1,2}|/)"
    };
}

/// A home folder of fewer bytes, such as `/`, would match in every path.
const MIN_HOME_BYTES: usize = 4;

/// User information; and a URL up to the end of its query or fragment, or an absolute path up to the end of its query. An apostrophe ends
/// them unless a character of a URL follows.
const URL: [&str; 2] = [
    r#"://(?:[^\s/?#"'<>\\]|'\w)*@"#,
    r#"(?:[A-Za-z0-9]{2}:/(?:[^\s"'<>?#]|'\w)*[?#]|(?:^|[\s"'(\[=,])/(?:[^\s"'<>?#]|'\w)*\?[\w%&=])(?:[^\s"'<>]|'[\w%&=])*"#,
];

/// A text in quotation marks, whose end is missing where the text was cut.
macro_rules! quoted {
    () => {
        r#"\\?"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?"#
    };
}

/// What stands between the name of a secret and the secret, after the quotation mark of a key. `my_app::token::refresh` is a path: no secret
/// follows a `:` with another one.
macro_rules! assigned {
    () => {
        r#"\\?["']?\s{0,4}(?:=\s{0,4}:{0,4}|:(?:\s{1,4}:{0,4})?)"#
    };
}

/// What is in brackets, as `Debug` and JSON write it: `Some("…")`, `Secret { inner: "…" }`, `[18, 52]`. Also what follows without a gap:
/// a secret may begin with a bracket.
macro_rules! bracketed {
    () => {
        r#"(?:\w[\w:]*)?(?:[(\[]| ?\{)(?:"(?:[^"\\]|\\.)*"?|[^"\])}])*[\])}]?[^\s"',;&<>)}\]]*"#
    };
}

const fn rule(name: &'static str, pattern: &'static str) -> Rule {
    Rule {
        name,
        accept: |_, _| true,
        pattern: Cow::Borrowed(pattern),
    }
}

/// Finds the home folder of the user. As on Windows and macOS, upper and lower case are the same.
fn own_home_pattern(home: &str) -> String {
    let parts = home.trim_end_matches(['/', '\\']).split(['/', '\\']);
    let parts: Vec<_> = parts.map(regex_syntax::escape).collect();
    format!(r"(?i:{})\b{{end-half}}", parts.join(separator!()))
}

/// Where two rules match at the same place, the first counts.
const ALWAYS: [Rule; 8] = [
    rule(
        "private_key",
        r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|\z)",
    ),
    rule(
        "jwt",
        r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3}",
    ),
    // The prefixes by which vendors let scanners find their tokens, in this order: GitHub, GitLab, Slack, Stripe, Google, AWS, OpenAI and
    // Anthropic, Hugging Face, npm, PyPI, SendGrid, Twilio, DigitalOcean, Shopify, Telegram, Discord.
    rule(
        "token",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeprs]-[A-Za-z0-9-]{10,}|[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}|AIza[A-Za-z0-9_-]{30,}|A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{16}|sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{16,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|(?:AC|SK)[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{32,}|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}|[MNO][A-Za-z0-9_-]{23,}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,})",
    ),
    // Headers have secrets up to the end of the line: `Cookie: a=…; b=…`, `Authorization: Digest username="…", response="…"`.
    rule(
        "credential",
        concat!(
            r"(?i:\b(?:[a-z0-9-]{1,32}-)?(?:authorization|cookie)",
            assigned!(),
            r")(?<value>",
            quoted!(),
            "|",
            bracketed!(),
            r#"|[^\s"'*\\:](?:\\.|="[^"\r\n]*"?|[^"\\\r\n])*)"#,
        ),
    ),
    // The names are those of `keys::SECRETS`: `password = …`, `"apiKey": "…"`, `password: Some("…")`.
    rule(
        "credential",
        concat!(
            r"(?i:\b[a-z0-9_-]{0,32}(?:password|passwd|passphrase|pwd|secret|token|(?:api|access|account|private|secret|encryption|signing)[_-]?key|authorization|cookie)",
            assigned!(),
            r"(?:(?:bearer|basic)\s{1,4})?)(?<value>",
            quoted!(),
            "|",
            bracketed!(),
            r#"|[^\s"',;&<>)}:][^\s"',;&<>)}]*)"#,
        ),
    ),
    rule(
        "bearer",
        r"(?i:\b(?:bearer|basic)\s{1,4})[A-Za-z0-9._~+/=-]{8,}",
    ),
    // Also with the letters of other European languages. In the text around an address of another script nothing tells where it begins.
    rule(
        "email",
        r"[A-Za-z0-9._%+'\x{C0}-\x{24F}\x{370}-\x{52F}-]{1,64}@(?:[A-Za-z0-9\x{C0}-\x{24F}\x{370}-\x{52F}-]{1,63}\.){1,8}[A-Za-z\x{C0}-\x{24F}\x{370}-\x{52F}]{2,24}\b{end-half}",
    ),
    HOME_FOLDER,
];

/// The home folder in a path of Linux, macOS or Windows. It becomes `~`.
const HOME_FOLDER: Rule = Rule {
    name: HOME,
    // In `https://example.com/home/about` the folder is not at the start of a path.
    accept: |before, _| {
        !before.ends_with(|last: char| last.is_alphanumeric() || "._-".contains(last))
    },
    pattern: Cow::Borrowed(concat!(
        r"(?:/(?:home|Users)/|[A-Za-z]:",
        separator!(),
        "(?:Users|Documents and Settings)",
        separator!(),
        r#")[^\s/\\:"'<>|*?,;)]{1,64}"#,
    )),
};

const CARD: Rule = Rule {
    name: "card",
    accept: |_, number| passes_luhn(number),
    pattern: Cow::Borrowed(r"\b[0-9](?:[ -]?[0-9]){12,18}\b"),
};

const PHONE: Rule = rule(
    "phone",
    r"(?:\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?|\([0-9]{2,4}\)[ .-]?)[0-9]{2,4}(?:[ .-]?[0-9]{2,4}){1,4}\b",
);

const IP: Rule = Rule {
    name: "ip",
    accept: |_, address| address.parse::<IpAddr>().is_ok(),
    pattern: Cow::Borrowed(
        r"\b(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7})\b",
    ),
};

/// The check digit of payment card numbers (ISO/IEC 7812-1, annex B).
fn passes_luhn(text: &str) -> bool {
    let digits = text.bytes().rev().filter(u8::is_ascii_digit);
    let sum: u32 = digits
        .enumerate()
        .map(|(index, digit)| {
            let value = u32::from(digit - b'0') * (1 + index as u32 % 2);
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}
