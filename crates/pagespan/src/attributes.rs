//! The fields of a span or an event, as attributes in JSON.

use std::fmt::{Display, Write};

use crate::{field::Value, json::write_text};

/// Fields of a span or an event. The plugin accepts 128 attributes, and this crate adds up to two of its own.
const MAX_FIELDS: usize = 126;

/// Integers up to here are exact in JavaScript. Larger ones become text, as the plugin does with what exceeds 64 bits.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The members of a JSON object, by their names. A field that is recorded again replaces its value.
#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<(&'static str, String)>);

impl Attributes {
    /// The names, with their values in JSON.
    pub(crate) fn members(&self) -> &[(&'static str, String)] {
        &self.0
    }

    pub(crate) fn push(&mut self, key: &'static str, value: Value<'_>) {
        let value = to_json(value);
        if let Some((_, known)) = self.0.iter_mut().find(|(name, _)| *name == key) {
            *known = value;
        } else if self.0.len() < MAX_FIELDS {
            self.0.push((key, value));
        }
    }
}

/// What JavaScript cannot represent becomes text.
fn to_json(value: Value<'_>) -> String {
    let mut out = String::new();
    match value {
        Value::Text(value) => write_text(&mut out, value),
        Value::Bool(value) => write_number(&mut out, &value, true),
        // Infinite, or none.
        Value::Float(value) => write_number(&mut out, &value, value.is_finite()),
        Value::Signed(value) => {
            write_number(&mut out, &value, value.unsigned_abs() <= MAX_SAFE_INTEGER);
        }
        Value::Unsigned(value) => write_number(&mut out, &value, value <= MAX_SAFE_INTEGER),
    }
    out
}

fn write_number(out: &mut String, value: &dyn Display, is_representable: bool) {
    let quote = if is_representable { "" } else { "\"" };
    // Writing into a string does not fail.
    let _ = write!(out, "{quote}{value}{quote}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_fields_than_the_plugin_accepts_are_left_out() {
        let mut attributes = Attributes::default();
        for number in 0..200 {
            let name: &str = format!("field {number}").leak();
            attributes.push(name, Value::Unsigned(number));
        }
        let names: Vec<_> = attributes.members().iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names.len(),
            126,
            "two more are `target` and `span.unfinished`"
        );
        assert_eq!(names.last(), Some(&"field 125"));
    }
}
