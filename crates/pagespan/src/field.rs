//! Fields of `tracing`, as this crate records them.

use std::fmt::{Debug, Write};

use tracing_core::field::{Field, Visit};

use crate::json::{write_byte, write_trace_id};

/// The value of a field.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Bool(bool),
    Float(f64),
    Signed(i64),
    Unsigned(u64),
}

/// What takes the fields of a span or an event.
pub(crate) trait TakeField {
    fn take(&mut self, name: &'static str, value: Value<'_>);
}

/// The `Debug` of a value. `format!` is another 700 bytes of code.
pub(crate) fn text_of(value: &dyn Debug) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write!(text, "{value:?}");
    text
}

/// Passes each field that `tracing` visits to a [`TakeField`].
pub(crate) struct Visitor<'a>(pub(crate) &'a mut dyn TakeField);

impl Visitor<'_> {
    fn take(&mut self, field: &Field, value: Value<'_>) {
        self.0.take(field.name(), value);
    }

    /// An integer of more than 64 bits is a text, in hexadecimal: decimal digits of it would take a kilobyte of code.
    fn take_wide(&mut self, field: &Field, sign: &str, magnitude: u128) {
        let mut text = sign.to_owned();
        text.push_str("0x");
        write_trace_id(&mut text, magnitude);
        self.record_str(field, &text);
    }
}

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &text_of(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, Value::Text(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, Value::Bool(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, Value::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, Value::Unsigned(value));
    }

    /// As hexadecimal digits.
    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        let mut text = String::new();
        for byte in value {
            write_byte(&mut text, *byte);
        }
        self.record_str(field, &text);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) if value < 0 => self.take_wide(field, "-", value.unsigned_abs()),
            Err(_) => self.record_u128(field, value.unsigned_abs()),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.record_u64(field, value),
            Err(_) => self.take_wide(field, "", value),
        }
    }
}
