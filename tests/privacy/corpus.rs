//! A thousand secrets and identities, and a thousand values that are none: the same at each run.

use proptest::{
    strategy::{Strategy, ValueTree},
    string::string_regex,
    test_runner::TestRunner,
};
use serde_json::{Value, json};

/// The number of secrets, and of values that are none.
pub const ALL: usize = 1000;

/// The text in which a secret stands, with `{}` in its place, and the form of the secret.
const FORMS: [(&str, &str); 40] = [
    (
        "mail to {} now",
        "[a-z]{4,10}\\.[a-z]{4,10}@[a-z]{4,10}\\.(com|org|de|co\\.uk)",
    ),
    ("<{}>", "[a-z]{6,10}\\+[a-z]{2,6}@mail\\.[a-z]{4,10}\\.net"),
    ("opened /home/{}/diary.txt", "[a-z]{12,16}"),
    ("opened /Users/{}/Library/Mail", "[a-z]{12,16}"),
    ("opened C:\\Users\\{}\\AppData", "[a-z]{12,16}"),
    ("{\"path\":\"D:\\\\Users\\\\{}\\\\x\"}", "[a-z]{12,16}"),
    ("file:///home/{}/notes", "[a-z]{12,16}"),
    ("Authorization: Bearer {}", "[A-Za-z0-9._~-]{24,40}"),
    ("authorization=Basic {}", "[A-Za-z0-9+/]{20,30}=="),
    ("sent Bearer {} to the server", "[A-Za-z0-9]{24,40}"),
    ("password={}", "[A-Za-z0-9!%-]{12,20}"),
    ("DB_PASSWORD={}", "[A-Za-z0-9!%-]{12,20}"),
    ("{\"apiKey\": \"{}\"}", "[A-Za-z0-9]{20,32}"),
    (
        "{\"passphrase\": \"{}\"}",
        "[a-z]{5,9} [a-z]{5,9} [a-z]{5,9}",
    ),
    (
        "AccountKey={};EndpointSuffix=core",
        "[A-Za-z0-9+/]{40,60}==",
    ),
    ("Cookie: {}", "[a-z]{4}=[0-9a-f]{32}"),
    ("access_token: {}", "[A-Za-z0-9]{24,40}"),
    (
        "GET https://{}@example.com/a",
        "[a-z]{5,9}:[A-Za-z0-9]{9,14}",
    ),
    ("GET https://example.com/a?key={}", "[A-Za-z0-9]{14,20}"),
    ("GET https://example.com/a#{}", "[A-Za-z0-9]{14,20}"),
    (
        "postgres://{}@db.internal:5432/app",
        "[a-z]{5,9}:[A-Za-z0-9]{9,14}",
    ),
    ("token {} used", "gh[pousr]_[A-Za-z0-9]{36}"),
    (
        "token {} used",
        "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    ),
    ("token {} used", "glpat-[A-Za-z0-9_-]{20}"),
    ("hook of {}", "xox[abprs]-[0-9]{12}-[A-Za-z0-9]{24}"),
    ("charged with {}", "[rs]k_(live|test)_[A-Za-z0-9]{24}"),
    ("map of {}", "AIza[A-Za-z0-9]{35}"),
    ("role {} assumed", "A(KIA|SIA)[A-Z0-9]{16}"),
    ("asked with {}", "sk-(ant-|proj-)?[A-Za-z0-9]{40}"),
    ("model of {}", "hf_[A-Za-z0-9]{34}"),
    ("published by {}", "npm_[A-Za-z0-9]{36}"),
    ("published by {}", "pypi-AgEIcHlwaS5vcmc[A-Za-z0-9]{60}"),
    ("mailed by {}", "SG\\.[A-Za-z0-9]{22}\\.[A-Za-z0-9]{43}"),
    ("called by {}", "(AC|SK)[0-9a-f]{32}"),
    ("shop of {}", "shp(at|ca|pa|ss)_[0-9a-f]{32}"),
    ("bot {}", "[1-9][0-9]{8}:AA[A-Za-z0-9]{33}"),
    (
        "session {}",
        "eyJ[A-Za-z0-9]{20}\\.eyJ[A-Za-z0-9_-]{30}\\.[A-Za-z0-9_-]{43}",
    ),
    (
        "key -----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY----- read",
        "[A-Za-z0-9+/]{64}",
    ),
    ("call {} back", "\\+[1-9][0-9] [1-9][0-9]{2} [0-9]{7}"),
    (
        "peer {} left",
        "(10|172|192)\\.[1-9][0-9]\\.[1-9][0-9]\\.[1-9][0-9]",
    ),
];

/// Attributes whose key says that the value is a secret.
const KEYS: [(&str, &str); 6] = [
    ("user.full_name", "[A-Z][a-z]{5,9} [A-Z][a-z]{5,9}"),
    ("smtp.password", "[a-z]{5,9} [a-z]{5,9} [a-z]{5,9}"),
    ("http.request.header.authorization", "[A-Za-z0-9]{20,30}"),
    ("http.request.header.cookie", "[A-Za-z0-9]{20,30}"),
    ("enduser.id", "[a-z]{5,9}-[0-9]{6}"),
    ("db.query.text", "[A-Z][a-z]{8,14}"),
];

/// So many stand in one text, because a debug build takes its time for a text.
const INNOCENT_IN_TEXT: usize = 20;

const INNOCENT: [&str; 8] = [
    "[0-9a-f]{40}",
    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "v[1-9][0-9]?\\.[0-9]{1,2}\\.[0-9]{1,3}-(alpha|beta|rc)\\.[0-9]{1,3}",
    "[a-z]{6,12}\\.(internal|example)\\.(com|org|net)(:[1-9][0-9]{3})?",
    "plugin:[a-z]{5,9}\\|[a-z]{4,8}_[a-z]{4,8}",
    "[a-z]{5,9}::[a-z]{5,9}::[a-z]{5,9}",
    "[A-Z][a-z]{5,9} [a-z]{5,9} [1-9][0-9]{3,5}",
    "2026-0[1-9]-1[0-9]T1[0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z",
];

/// What an app is told to record.
pub struct Corpus {
    /// Texts for every field that holds a text.
    pub texts: Vec<String>,
    /// Keys and values of attributes.
    pub attributes: Vec<(String, String)>,
    /// What of it must not leave the app.
    pub secrets: Vec<String>,
    /// What of it must leave as it is.
    pub innocent: Vec<String>,
}

impl Corpus {
    /// Generates so many secrets and innocent values. Fewer are the first of more.
    pub fn new(count: usize) -> Self {
        let mut runner = TestRunner::deterministic();
        let mut generate = |form: &str| {
            let strategy = string_regex(form).expect("a regular expression");
            let tree = strategy.new_tree(&mut runner).expect("a text");
            tree.current()
        };
        let mut corpus = Self {
            texts: Vec::new(),
            attributes: Vec::new(),
            secrets: Vec::new(),
            innocent: Vec::new(),
        };
        let kinds = FORMS.len() + KEYS.len() + 1;
        for index in 0..count {
            let secret = match index % kinds {
                kind if kind < FORMS.len() => {
                    let (text, form) = FORMS[kind];
                    let secret = generate(form);
                    corpus.texts.push(text.replace("{}", &secret));
                    secret
                }
                kind if kind < kinds - 1 => {
                    let (key, form) = KEYS[kind - FORMS.len()];
                    let secret = generate(form);
                    let value = match key {
                        "db.query.text" => format!("SELECT id FROM users WHERE name = '{secret}'"),
                        _ => secret.clone(),
                    };
                    corpus.attributes.push((key.to_owned(), value));
                    secret
                }
                _ => {
                    let secret = card(&generate("4[0-9]{14}"));
                    corpus.texts.push(format!("paid with {secret} today"));
                    secret
                }
            };
            corpus.secrets.push(secret);
            let innocent = generate(INNOCENT[index % INNOCENT.len()]);
            corpus.innocent.push(innocent);
        }
        let many = corpus.innocent.chunks(INNOCENT_IN_TEXT);
        corpus.texts.extend(many.map(|some| some.join(", ")));
        corpus
    }

    /// As the emitter reads it.
    pub fn as_json(&self) -> Value {
        json!({ "texts": self.texts, "attributes": self.attributes })
    }
}

/// The number of a payment card: these 15 digits and the check digit (ISO/IEC 7812-1, annex B).
fn card(digits: &str) -> String {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => *digit,
        })
        .sum();
    let digits: String = digits.iter().map(u32::to_string).collect();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
