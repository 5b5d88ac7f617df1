//! Writes JSON objects into a string: no values in between, because a span must not cost a microsecond. For the same reason ids
//! and times are written without `core::fmt`.

use std::fmt::Write;

/// The longest string, in bytes. The plugin accepts as much of a page.
const MAX_STRING: usize = 4096;

/// An object that is being written. Its keys need no escapes.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Writes an object with the members that `members` adds.
    pub(crate) fn write(out: &'a mut String, members: impl FnOnce(&mut Object<'_>)) {
        out.push('{');
        members(&mut Object {
            out,
            is_empty: true,
        });
        out.push('}');
    }

    fn separate(&mut self) -> &mut String {
        if !self.is_empty {
            self.out.push(',');
        }
        self.is_empty = false;
        self.out
    }

    fn key(&mut self, key: &'static str) -> &mut String {
        let out = self.separate();
        out.push('"');
        out.push_str(key);
        out.push_str("\":");
        out
    }

    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        write_text(self.key(key), value);
    }

    /// The 32 hexadecimal digits of a trace id.
    pub(crate) fn trace_id(&mut self, key: &'static str, id: u128) {
        let out = self.key(key);
        out.push('"');
        write_trace_id(out, id);
        out.push('"');
    }

    /// The 16 hexadecimal digits of a span id.
    pub(crate) fn span_id(&mut self, key: &'static str, id: u64) {
        let out = self.key(key);
        out.push('"');
        write_hex(out, id);
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
        write_decimal(self.key(key), micros, 3);
    }

    pub(crate) fn integer(&mut self, key: &'static str, value: u64) {
        write_decimal(self.key(key), value, 0);
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

    /// Members that are JSON already.
    pub(crate) fn members(&mut self, members: &str) {
        if !members.is_empty() {
            self.separate().push_str(members);
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
        for (index, item) in items.iter().enumerate() {
            out.push(if index == 0 { '[' } else { ',' });
            Object::write(out, |object| members(item, object));
        }
        out.push(']');
    }
}

/// Writes a string of at most [`MAX_STRING`] bytes.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = truncate(text);
    while let Some(index) = rest.bytes().position(is_escaped) {
        out.push_str(&rest[..index]);
        match rest.as_bytes()[index] {
            byte @ (b'"' | b'\\') => {
                out.push('\\');
                out.push(char::from(byte));
            }
            byte => {
                out.push_str("\\u00");
                out.extend(hex_digits(byte));
            }
        }
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

/// 32 digits.
pub(crate) fn write_trace_id(out: &mut String, id: u128) {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let (upper, lower) = ((id >> 64) as u64, id as u64);
    write_hex(out, upper);
    write_hex(out, lower);
}

/// 16 digits.
pub(crate) fn write_hex(out: &mut String, id: u64) {
    out.extend(id.to_be_bytes().into_iter().flat_map(hex_digits));
}

/// Two digits.
pub(crate) fn hex_digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default())
}

/// A number of units that have so many decimals.
fn write_decimal(out: &mut String, units: u64, decimals: usize) {
    // What a `u64` has, and the point.
    let mut text = [b'0'; 21];
    let mut start = text.len();
    let mut rest = units;
    let point = (decimals > 0).then(|| start - decimals - 1);
    // At least one digit before the point.
    let first = point.unwrap_or(start) - 1;
    while rest > 0 || start > first {
        start -= 1;
        if Some(start) == point {
            text[start] = b'.';
        } else {
            text[start] += u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
    }
    out.extend(text[start..].iter().copied().map(char::from));
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
            write_hex(&mut out, value);
            out.push(' ');
            write_decimal(&mut out, value, 3);
            out.push(' ');
            write_decimal(&mut out, value, 0);
            prop_assert_eq!(out, format!("{value:016x} {}.{:03} {value}", value / 1000, value % 1000));
        }
    }

    #[test]
    fn small_numbers_have_all_decimals() {
        for (number, text) in [
            (0, "0.000"),
            (7, "0.007"),
            (1000, "1.000"),
            (12_345, "12.345"),
        ] {
            let mut out = String::new();
            write_decimal(&mut out, number, 3);
            assert_eq!(out, text);
        }
        let mut out = String::new();
        write_decimal(&mut out, 0, 0);
        assert_eq!(out, "0");
    }
}
