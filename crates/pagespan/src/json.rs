//! Writes JSON objects into a string: no values in between, because a span must not cost a microsecond. For the same reason ids
//! are written without `core::fmt`.

use std::fmt::Write;

/// The longest string, in bytes. The plugin accepts as much of a page.
const MAX_STRING: usize = 4096;

/// An object that is being written. Its keys need no escapes.
pub(crate) struct Object<'a>(&'a mut String);

impl Object<'_> {
    /// Writes an object with the members that `members` adds.
    pub(crate) fn write(out: &mut String, members: impl FnOnce(&mut Object<'_>)) {
        out.push('{');
        members(&mut Object(out));
        out.push('}');
    }

    fn key(&mut self, key: &'static str) -> &mut String {
        separate(self.0);
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0
    }

    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        write_text(self.key(key), value);
    }

    pub(crate) fn trace_id(&mut self, key: &'static str, id: u128) {
        let out = self.key(key);
        out.push('"');
        write_trace_id(out, id);
        out.push('"');
    }

    pub(crate) fn span_id(&mut self, key: &'static str, id: u64) {
        let out = self.key(key);
        out.push('"');
        write_span_id(out, id);
        out.push('"');
    }

    /// Milliseconds since the Unix epoch, to the microsecond. A browser's clock is coarser.
    pub(crate) fn time(&mut self, key: &'static str, millis: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "microseconds since the epoch have 51 bits"
        )]
        let micros = (millis * 1000.0 + 0.5) as u64;
        let out = self.key(key);
        write_integer(out, micros);
        out.push_str("e-3");
    }

    pub(crate) fn integer(&mut self, key: &'static str, value: u64) {
        write_integer(self.key(key), value);
    }

    /// A finite number.
    pub(crate) fn float(&mut self, key: &'static str, value: f64) {
        // Writing into a string does not fail.
        let _ = write!(self.key(key), "{value}");
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, key: &'static str, value: &str) {
        self.key(key).push_str(value);
    }

    /// Members whose values are JSON already, and whose names can be anything.
    pub(crate) fn members(&mut self, members: &[(&str, String)]) {
        for (name, value) in members {
            separate(self.0);
            write_text(self.0, name);
            self.0.push(':');
            self.0.push_str(value);
        }
    }

    pub(crate) fn object(&mut self, key: &'static str, members: impl FnOnce(&mut Object<'_>)) {
        Object::write(self.key(key), members);
    }

    /// An array of objects.
    pub(crate) fn array<T>(
        &mut self,
        key: &'static str,
        items: &[T],
        mut members: impl FnMut(&T, &mut Object<'_>),
    ) {
        let out = self.key(key);
        out.push('[');
        for item in items {
            separate(out);
            Object::write(out, |object| members(item, object));
        }
        out.push(']');
    }
}

/// Writes the comma before a member or an item, unless that is the first one.
fn separate(out: &mut String) {
    if !matches!(out.as_bytes().last(), None | Some(b'{' | b'[')) {
        out.push(',');
    }
}

/// Writes a string of at most [`MAX_STRING`] bytes.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = truncate(text);
    while let Some(index) = rest.bytes().position(is_escaped) {
        out.push_str(&rest[..index]);
        out.push_str("\\u00");
        write_byte(out, rest.as_bytes()[index]);
        rest = &rest[index + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn truncate(text: &str) -> &str {
    let mut end = text.len().min(MAX_STRING);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Writes 32 hexadecimal digits.
pub(crate) fn write_trace_id(out: &mut String, id: u128) {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let (upper, lower) = ((id >> 64) as u64, id as u64);
    write_span_id(out, upper);
    write_span_id(out, lower);
}

/// Writes 16 hexadecimal digits.
pub(crate) fn write_span_id(out: &mut String, id: u64) {
    write_hex(out, id, 16);
}

/// Writes two hexadecimal digits.
pub(crate) fn write_byte(out: &mut String, byte: u8) {
    write_hex(out, byte.into(), 2);
}

fn write_hex(out: &mut String, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        let [byte, ..] = (number >> (4 * place)).to_le_bytes();
        let digit = byte & 0xf;
        out.push(char::from(
            digit + if digit < 10 { b'0' } else { b'a' - 10 },
        ));
    }
}

/// Writes the decimal digits of a number.
fn write_integer(out: &mut String, value: u64) {
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_survives(value: String) {
            let mut out = String::new();
            write_text(&mut out, &value);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), value);
        }

        #[test]
        fn any_number_has_its_digits(value: u64) {
            let mut out = String::new();
            write_span_id(&mut out, value);
            out.push(' ');
            write_integer(&mut out, value);
            prop_assert_eq!(out, format!("{value:016x} {value}"));
        }
    }

    #[test]
    fn a_time_is_exact_to_the_microsecond() {
        for (millis, text) in [
            (0.0, "0e-3"),
            (0.0006, "1e-3"),
            (1_700_000_000_000.25, "1700000000000250e-3"),
        ] {
            let mut out = String::new();
            Object(&mut out).time("time", millis);
            assert_eq!(out, format!("\"time\":{text}"));
        }
    }
}
