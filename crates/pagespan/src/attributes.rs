//! The fields of a span or an event, as attributes in JSON.

use std::fmt::{Display, Write};

use crate::json::write_text;

/// Fields of a span or an event. The plugin accepts 128 attributes, and this crate adds up to two of its own.
const MAX_FIELDS: usize = 126;

/// Integers up to here are exact in JavaScript. Larger ones become text, as the plugin does with what exceeds 64 bits.
const MAX_SAFE_INTEGER: u128 = (1 << 53) - 1;

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
        if self.count > 0 {
            self.members.push(',');
        }
        self.count += 1;
        write_text(&mut self.members, key);
        self.members.push(':');
        Some(&mut self.members)
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        if let Some(out) = self.key(key) {
            write_text(out, value);
        }
    }

    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.literal(key, value);
    }

    /// A number that JSON does not know (infinite, none) becomes text.
    pub(crate) fn float(&mut self, key: &str, value: f64) {
        if value.is_finite() {
            self.literal(key, value);
        } else {
            self.text(key, &value.to_string());
        }
    }

    pub(crate) fn integer(&mut self, key: &str, value: impl Display, magnitude: u128) {
        if magnitude <= MAX_SAFE_INTEGER {
            self.literal(key, value);
        } else {
            self.text(key, &value.to_string());
        }
    }

    fn literal(&mut self, key: &str, value: impl Display) {
        if let Some(out) = self.key(key) {
            // Writing into a string does not fail.
            let _ = write!(out, "{value}");
        }
    }
}
