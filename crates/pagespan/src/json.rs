//! Writes JSON objects into a string: no values in between, because a span must not cost a microsecond.

use std::fmt::{Display, Write};

/// The longest string, in bytes. The plugin accepts as much of a page.
const MAX_STRING: usize = 4096;

/// An object that is being written.
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

    fn key(&mut self, key: &str) -> &mut String {
        if !self.is_empty {
            self.out.push(',');
        }
        self.is_empty = false;
        write_text(self.out, key);
        self.out.push(':');
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        write_text(self.key(key), value);
    }

    /// A value whose `Display` needs no escapes, such as hexadecimal digits.
    pub(crate) fn plain_text(&mut self, key: &str, value: impl Display) {
        // Writing into a string does not fail.
        let _ = write!(self.key(key), "\"{value}\"");
    }

    /// A number or a boolean.
    pub(crate) fn literal(&mut self, key: &str, value: impl Display) {
        let _ = write!(self.key(key), "{value}");
    }

    /// JSON that is written already.
    pub(crate) fn raw(&mut self, key: &str, [open, close]: [char; 2], members: &str) {
        let out = self.key(key);
        out.push(open);
        out.push_str(members);
        out.push(close);
    }

    pub(crate) fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        Object::write(self.key(key), members);
    }
}

/// Writes a string of at most [`MAX_STRING`] bytes.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let text = truncate(text);
    let mut rest = text;
    while let Some(index) = rest.bytes().position(is_escaped) {
        out.push_str(&rest[..index]);
        match rest.as_bytes()[index] {
            byte @ (b'"' | b'\\') => {
                out.push('\\');
                out.push(char::from(byte));
            }
            byte => {
                let _ = write!(out, "\\u{byte:04x}");
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
