//! The built-in patterns.
//!
//! Two regular expressions read a text: one finds URLs, the other has a named group for each rule. Both take time linear in the
//! length of the text, however many rules there are. They are ASCII only (`(?-u:\b)`), because Unicode word boundaries make the engine
//! slower for every text with a letter beyond ASCII.

use std::{net::IpAddr, path::Path};

use regex::Regex;

use super::settings::Redaction;

/// One built-in rule.
pub(super) struct Rule {
    /// The name of its group in [`RuleSet::regex`], and the word of its mark: `[email]`.
    pub(super) name: &'static str,
    /// Checks the parts that a regular expression cannot. It is given the text before the match, and the match.
    pub(super) accept: fn(&str, &str) -> bool,
    pattern: &'static str,
}

/// The rules that are on.
pub(super) struct RuleSet {
    pub(super) rules: Vec<Rule>,
    /// The alternatives of all rules. The group `value` of a match, where there is one, is the secret in it; otherwise the
    /// whole match is.
    pub(super) regex: Regex,
    /// A URL, whose group `user` is its user information, and whose group `query` is its query and fragment.
    pub(super) url: Regex,
    /// Whether there are rules beside [`ALWAYS`].
    has_extra: bool,
}

impl RuleSet {
    /// `home` is the home folder of the user, which need not lie where [`HOME`] expects it.
    pub(super) fn new(settings: &Redaction, home: Option<&Path>) -> Self {
        let extra = [
            (settings.cards, CARD),
            (settings.phone_numbers, PHONE),
            (settings.ip_addresses, IP),
        ];
        let extra = extra
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, rule)| rule);
        let rules: Vec<Rule> = ALWAYS.into_iter().chain(extra).collect();
        let has_extra = rules.len() > ALWAYS.len();
        let own_home = home
            .and_then(Path::to_str)
            .filter(|home| home.len() >= MIN_HOME_BYTES)
            .map(|home| format!("(?<own_home>{})(?-u:\\b)", regex::escape(home)));
        let alternatives: Vec<String> = own_home
            .into_iter()
            .chain(
                rules
                    .iter()
                    .map(|rule| format!("(?<{}>{})", rule.name, rule.pattern)),
            )
            .collect();
        Self {
            rules,
            regex: Regex::new(&alternatives.join("|"))
                .expect("the built-in patterns are valid: a test compiles them"),
            url: Regex::new(URL).expect("the pattern of URLs is valid: a test compiles it"),
            has_extra,
        }
    }

    /// Whether no rule can match `text`. Most texts of telemetry are a short word, for which this takes a tenth of a search.
    pub(super) fn exclude(&self, text: &str) -> bool {
        let is_telling = |byte: u8| b"@:=/\\".contains(&byte);
        !self.has_extra && text.len() < MIN_TOKEN_BYTES && !text.bytes().any(is_telling)
    }
}

/// No token and no `basic …` is shorter, and everything else that [`ALWAYS`] finds has one of the characters `@ : = / \`.
const MIN_TOKEN_BYTES: usize = 14;

/// A home folder of fewer bytes, such as `/`, would match in every path.
const MIN_HOME_BYTES: usize = 4;

const URL: &str = r#"(?-u:\b)[A-Za-z][A-Za-z0-9+.-]{1,15}://(?<user>[^\s/?\#"'<>@\\]{1,256}@)?[^\s?\#"'<>]*(?<query>[?\#][^\s"'<>]*)?"#;

const fn rule(name: &'static str, pattern: &'static str) -> Rule {
    Rule {
        name,
        accept: |_, _| true,
        pattern,
    }
}

/// Where two rules match at the same place, the first counts.
const ALWAYS: [Rule; 7] = [
    rule(
        "private_key",
        r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|\z)",
    ),
    rule(
        "jwt",
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3}",
    ),
    // The prefixes by which vendors let scanners find their tokens, in this order: GitHub, GitLab, Slack, Stripe, Google, AWS, OpenAI and
    // Anthropic, Hugging Face, npm, PyPI, SendGrid, Twilio, DigitalOcean, Shopify, Telegram, Discord.
    rule(
        "token",
        r"(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeprs]-[A-Za-z0-9-]{10,}|[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}|AIza[A-Za-z0-9_-]{30,}|A(?:KIA|SIA|ROA|IDA)[A-Z0-9]{16}|sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{16,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|(?:AC|SK)[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{32,}|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|[0-9]{8,10}:AA[A-Za-z0-9_-]{32,}|[MNO][A-Za-z0-9_-]{23,}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,})",
    ),
    // `password = …`, `"apiKey": "…"`, `Authorization: Bearer …`.
    rule(
        "credential",
        r#"(?i:(?-u:\b)(?:[a-z0-9_-]{0,32}(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|session[_-]?token|authorization)|pwd|token|cookie)\\?["']?\s{0,4}[:=]\s{0,4}(?:(?:bearer|basic|digest|negotiate)\s{1,4})?)(?<value>\\?"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s"',;&<>)}]+)"#,
    ),
    rule(
        "bearer",
        r"(?i:(?-u:\b)(?:bearer|basic)\s{1,4})[A-Za-z0-9._~+/=-]{8,}",
    ),
    rule(
        "email",
        r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?-u:\b)",
    ),
    HOME,
];

/// The home folder in a path of Linux, macOS or Windows. It becomes `~`.
const HOME: Rule = Rule {
    name: "home",
    // In `https://example.com/home/about` the folder is not at the start of a path.
    accept: |before, _| {
        !before.ends_with(|last: char| last.is_alphanumeric() || "._-".contains(last))
    },
    pattern: r#"(?:/(?:home|Users)/|[A-Za-z]:(?:\\{1,2}|/)(?:Users|Documents and Settings)(?:\\{1,2}|/))[^\s/\\:"'<>|*?,;)]{1,64}"#,
};

const CARD: Rule = Rule {
    name: "card",
    accept: |_, number| passes_luhn(number),
    pattern: r"(?-u:\b)[0-9](?:[ -]?[0-9]){12,18}(?-u:\b)",
};

const PHONE: Rule = rule(
    "phone",
    r"(?:\+[0-9]{1,3}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?|\([0-9]{2,4}\)[ .-]?)[0-9]{2,4}(?:[ .-]?[0-9]{2,4}){1,4}(?-u:\b)",
);

const IP: Rule = Rule {
    name: "ip",
    accept: |_, address| address.parse::<IpAddr>().is_ok(),
    pattern: r"(?-u:\b)(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?-u:\b)",
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
