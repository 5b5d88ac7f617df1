//! Compares [`Patterns`] with the `regex` crate: both have to find the same matches. The generated texts are ASCII, because on ASCII both have the
//! same classes, word boundaries and letter cases.

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

use super::*;

fn compiled(pattern: &str) -> Patterns {
    Patterns::new(&[pattern]).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

/// All matches.
fn found(patterns: &Patterns, text: &str) -> Vec<Match> {
    let mut all = Vec::new();
    patterns.replace(text, |found| {
        all.push(found);
        Some((found.range(), String::new()))
    });
    all
}

fn texts<'a>(pattern: &str, text: &'a str) -> Vec<&'a str> {
    let all = found(&compiled(pattern), text).into_iter();
    all.map(|found| &text[found.range()]).collect()
}

/// Every part of the syntax at least once. None of them matches an empty text.
const SYNTAX: [&str; 47] = [
    "ab",
    "a.b",
    "(?s)a.b",
    "a|bc|d(?:c|)",
    r"\d+",
    r"\D\D",
    r"\s",
    r"\S+",
    r"\w+",
    r"\W",
    "[a-c]+",
    "[^a-c]+",
    "[^ab\u{e4}]",
    r"[\d_-]+",
    r"[^\w]",
    "[a-z&&[^b]]+",
    "[a-z--b]+",
    "[a-c~~b-d]+",
    "[[:alnum:]]+",
    "[[:alpha:]][[:digit:]]",
    "[[:^upper:]]+",
    "[[:lower:]]+",
    "(?i)[[:lower:]]+",
    "(?i)[[:upper:]]+",
    "[[:blank:]]",
    "[[:cntrl:]]",
    "[[:graph:]]+",
    "[[:print:]]+",
    "[[:punct:]]",
    "[[:space:]]",
    "[[:word:]]+",
    "[[:xdigit:]]{2}",
    "[[:^ascii:]]",
    "a{2}",
    "a{2,}",
    "a{1,2}b",
    "a+?b?",
    "(?U)a+",
    "(?i)aB[c-d]",
    "(?i:b)c",
    "(?:(?i)b|c)d",
    "(?x) a  b # a and b",
    r"^a|b$|\Aab|a\z",
    r"(?m)^a|b$",
    r"\ba|b\b|\Bc",
    r"\b{start}a|b\b{end}|\b{start-half}c|d\b{end-half}",
    "(a)(?<name>b)(?P<other>c)?",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_syntax_is_that_of_the_regex_crate(text in r"[abcdABCD\-_019 .\n\t\x07]{0,16}") {
        static BOTH: LazyLock<Vec<(Regex, Patterns)>> = LazyLock::new(|| {
            let both = SYNTAX.map(|pattern| (Regex::new(pattern).expect("it is valid"), compiled(pattern)));
            both.into()
        });
        for (reference, patterns) in &*BOTH {
            let expected: Vec<_> = reference.find_iter(&text).map(|found| found.range()).collect();
            let ranges: Vec<_> = found(patterns, &text).iter().map(Match::range).collect();
            prop_assert_eq!(ranges, expected, "{}", reference);
        }
    }
}

#[test]
fn a_character_beyond_ascii_is_one_character_of_no_class() {
    assert_eq!(texts("a.b", "a\u{20ac}b"), ["a\u{20ac}b"]);
    assert_eq!(texts("[^ab\u{e4}]", "a\u{e4}\u{20ac}b"), ["\u{20ac}"]);
    assert_eq!(texts("[[:^ascii:]]", "a\u{e4}b"), ["\u{e4}"]);
    assert_eq!(texts(r"\w+", "a\u{e4}b"), ["a", "b"]);
    assert!(texts(r"\d|\s", "\u{0663}\u{a0}").is_empty());
    assert_eq!(texts("(?i)\u{e4}b", "\u{c4}B\u{e4}B"), ["\u{e4}B"]);
    assert_eq!(texts(r"\B", "\u{20ac}"), ["", ""]);
}

#[test]
fn the_first_pattern_counts_where_two_match_at_the_same_place() {
    let patterns = Patterns::new(&["bc", "a+", "ab"]).expect("they are valid");
    let found = found(&patterns, "ab bc aab");
    let found: Vec<_> = found
        .iter()
        .map(|found| (found.pattern().as_usize(), found.range()))
        .collect();
    assert_eq!(found, [(1, 0..1), (0, 3..5), (1, 6..8)]);
}

#[test]
fn another_match_may_begin_in_one_that_is_refused() {
    let patterns = compiled("\u{e4}[a-z]|[a-z]{2}");
    let replaced = patterns.replace("\u{e4}bc", |found| {
        (found.start() > 0).then(|| (found.range(), "*".to_owned()))
    });
    assert_eq!(replaced, "\u{e4}*");
}

#[test]
fn a_group_is_that_of_the_pattern_which_matched() {
    let patterns = Patterns::new(&["a(?<value>b)?", "c(?<value>d)"]);
    let patterns = patterns.expect("they are valid");
    let text = "a ab cd";
    let groups = found(&patterns, text).into_iter();
    let groups: Vec<_> = groups
        .map(|found| patterns.group("value", text, found))
        .collect();
    assert_eq!(groups, [None, Some(3..4), Some(6..7)]);
}

#[test]
fn what_is_not_supported_is_an_error_that_names_it() {
    for (pattern, named) in [
        (r"\pL", r"\p"),
        (r"[\p{Greek}]", r"\p"),
        ("(?R)a$", "flag R"),
        ("(a", "unclosed group"),
        ("(?:a{1000}){1000}", "limit of 1048576"),
    ] {
        let error = Patterns::new(&[pattern]).expect_err(pattern);
        assert!(error.contains(named), "{pattern}: {error}");
    }
}
