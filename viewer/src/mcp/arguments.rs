//! The arguments of a tool as the parameters of a query.

use serde_json::{Map, Value};

use super::catalogue::Definition;
use crate::query::{Params, QueryError};

/// Reads the arguments; one that the tool does not have, or of no simple type, is refused by its name.
pub(super) fn read(
    definition: &Definition,
    arguments: &Map<String, Value>,
) -> Result<Params, QueryError> {
    let mut params = Params::default();
    for (name, value) in arguments {
        if !definition.has(name) {
            return Err(QueryError::field(
                name,
                format!(
                    "{} has no such parameter; it has {}",
                    definition.name,
                    definition.names()
                ),
            ));
        }
        let text = match value {
            Value::Null => continue,
            Value::String(text) if text.is_empty() => continue,
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => {
                return Err(QueryError::field(
                    name,
                    "it must be a text, a number or a truth value",
                ));
            }
        };
        match name.as_str() {
            "searchText" => params.set("search", text),
            "filter" => filter(definition, &text, &mut params)?,
            _ => params.set(name, text),
        }
    }
    time_range(&mut params)?;
    Ok(params)
}

/// Turns `timeRange` into `start`, unless both `start` and `end` are given.
fn time_range(params: &mut Params) -> Result<(), QueryError> {
    let Some(text) = params.text("timeRange") else {
        return Ok(());
    };
    if params.text("start").is_some() && params.text("end").is_some() {
        return Ok(());
    }
    let digits = text.trim_end_matches(|character: char| character.is_alphabetic());
    let seconds = match &text[digits.len()..] {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => f64::NAN,
    };
    let seconds = digits.parse::<f64>().unwrap_or(f64::NAN) * seconds;
    if !seconds.is_finite() || seconds <= 0.0 {
        return Err(QueryError::field(
            "timeRange",
            format!("{text:?} is none of 30m, 1h, 24h, 7d and the like"),
        ));
    }
    let now = crate::store::millis(crate::store::now());
    params.set("start", (now - seconds * 1000.0).to_string());
    Ok(())
}

/// `key = 'value' AND …`, of which what has a parameter of its own becomes it. What only other tools have a parameter for is refused.
fn filter(definition: &Definition, text: &str, params: &mut Params) -> Result<(), QueryError> {
    for (key, value) in conditions(text)? {
        let name = match key.as_str() {
            "service.name" => "service",
            "has_error" => "error",
            "trace_id" => "traceId",
            "severity_text" => "severity",
            "name" => "operation",
            _ => {
                params.set("attribute", format!("{key}={value}"));
                continue;
            }
        };
        if !definition.has(name) {
            return Err(QueryError::field(
                "filter",
                format!("{} cannot filter by {key}", definition.name),
            ));
        }
        params.set(name, value);
    }
    Ok(())
}

/// Splits at `AND` outside of quotes, and each part at its `=`.
pub(super) fn conditions(text: &str) -> Result<Vec<(String, String)>, QueryError> {
    let wrong = || {
        QueryError::field(
            "filter",
            format!("{text:?} is not key = 'value' AND …; other operators are not supported here"),
        )
    };
    let mut rest = text.trim();
    let mut found = Vec::new();
    loop {
        let (key, after) = rest.split_once('=').ok_or_else(wrong)?;
        let key = key.trim();
        if key.is_empty()
            || key.contains(|character: char| {
                character.is_whitespace() || "!<>'\"()".contains(character)
            })
        {
            return Err(wrong());
        }
        let after = after.trim_start();
        let (value, after) = match after.chars().next() {
            Some(quote @ ('\'' | '"')) => after[1..].split_once(quote).ok_or_else(wrong)?,
            _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        if value.is_empty() || value.starts_with('~') {
            return Err(wrong());
        }
        found.push((key.to_owned(), value.to_owned()));
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(found);
        }
        let and = rest
            .get(..4)
            .filter(|word| word.eq_ignore_ascii_case("and "))
            .ok_or_else(wrong)?;
        rest = rest[and.len()..].trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_split_outside_of_quotes() {
        let found =
            conditions("service.name = 'a AND b' and http.route=\"/x=1\" AND n = 5").unwrap();
        let expected = [
            ("service.name", "a AND b"),
            ("http.route", "/x=1"),
            ("n", "5"),
        ];
        assert_eq!(
            found,
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn other_operators_are_refused() {
        for text in [
            "a",
            "a != 'b'",
            "a > 5",
            "a = 'b' OR c = 'd'",
            "= 'b'",
            "a =",
            "a = 'b",
            "a ILIKE 'b'",
            "a >= 5",
        ] {
            assert!(conditions(text).is_err(), "{text}");
        }
    }
}
