//! What log records have in common.

use std::collections::HashMap;

use super::{
    logs::each,
    params::{Params, QueryError},
};
use crate::{
    api::{LogPattern, LogPatternsAnswer},
    store::Reader,
};

/// Records that are read.
const MAX_RECORDS: u64 = 10_000;

/// Patterns that are told.
const MAX_PATTERNS: usize = 200;

/// What stands where bodies differ.
const HOLE: &str = "<*>";

/// The patterns of the newest records that the parameters ask for.
pub(crate) fn patterns(
    reader: &mut Reader,
    params: &Params,
) -> Result<LogPatternsAnswer, QueryError> {
    let mut records = 0;
    let mut found: HashMap<String, LogPattern> = HashMap::new();
    each(reader, params, &mut |record| {
        records += 1;
        let text = pattern(&record.body);
        match found.get_mut(&text) {
            Some(known) => {
                known.count += 1;
                known.severity = known.severity.max(record.severity);
            }
            None => {
                let (severity, service) = (record.severity, record.service.clone());
                let known = LogPattern {
                    pattern: text.clone(),
                    count: 1,
                    severity,
                    service,
                    example: record,
                };
                found.insert(text, known);
            }
        }
        records < MAX_RECORDS
    })?;
    let mut items: Vec<LogPattern> = found.into_values().collect();
    items.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| a.pattern.cmp(&b.pattern))
    });
    items.truncate(MAX_PATTERNS);
    Ok(LogPatternsAnswer { items, records })
}

/// The body with a hole for every word that has a digit and every quoted text.
fn pattern(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'' | '`')
            && let Some(end) = rest[1..].find(first)
        {
            text.push(first);
            text.push_str(HOLE);
            text.push(first);
            rest = &rest[end + 2..];
            continue;
        }
        let is_word = |character: char| {
            character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | ':')
        };
        if is_word(first) {
            let end = rest
                .find(|character| !is_word(character))
                .unwrap_or(rest.len());
            let word = &rest[..end];
            let core = word.trim_end_matches(['.', ':', '-']);
            if core.bytes().any(|byte| byte.is_ascii_digit()) {
                text.push_str(HOLE);
                text.push_str(&word[core.len()..]);
            } else {
                text.push_str(word);
            }
            rest = &rest[end..];
            continue;
        }
        text.push(first);
        rest = &rest[first.len_utf8()..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn numbers_ids_and_quotes_are_holes() {
        assert_eq!(
            pattern("took 17 ms: user 5f3a-11 said 'hello you'."),
            "took <*> ms: user <*> said '<*>'."
        );
        assert_eq!(
            pattern("no hole, it's fine — ünïcode"),
            "no hole, it's fine — ünïcode"
        );
        assert_eq!(pattern(""), "");
    }
}
