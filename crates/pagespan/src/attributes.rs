//! The fields of a span or an event, as attributes in JSON.

use std::fmt::{Display, Write};

use crate::{
    field::Value,
    json::{separate, write_text},
};

/// Fields of a span or an event. The plugin accepts 128 attributes, and this crate adds up to two of its own.
const MAX_FIELDS: usize = 126;

/// Integers up to here are exact in JavaScript. Larger ones become text, as the plugin does with what exceeds 64 bits.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The members of a JSON object. Of two members with one name the reader takes the later, so recording a field again
/// replaces its value.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    members: String,
    count: usize,
}

impl Attributes {
    pub(crate) fn members(&self) -> &str {
        &self.members
    }

    fn key(&mut self, key: &str) -> Option<&mut String> {
        if self.count == MAX_FIELDS {
            return None;
        }
        self.count += 1;
        separate(&mut self.members);
        write_text(&mut self.members, key);
        self.members.push(':');
        Some(&mut self.members)
    }

    pub(crate) fn push(&mut self, key: &str, value: Value<'_>) {
        match value {
            Value::Text(value) => {
                if let Some(out) = self.key(key) {
                    write_text(out, value);
                }
            }
            Value::Bool(value) => self.number(key, &value, true),
            // Infinite, or none.
            Value::Float(value) => self.number(key, &value, value.is_finite()),
            Value::Signed(value) => {
                self.number(key, &value, value.unsigned_abs() <= MAX_SAFE_INTEGER);
            }
            Value::Unsigned(value) => self.number(key, &value, value <= MAX_SAFE_INTEGER),
        }
    }

    /// What JavaScript cannot represent becomes text.
    fn number(&mut self, key: &str, value: &dyn Display, is_representable: bool) {
        let quote = if is_representable { "" } else { "\"" };
        if let Some(out) = self.key(key) {
            // Writing into a string does not fail.
            let _ = write!(out, "{quote}{value}{quote}");
        }
    }
}
