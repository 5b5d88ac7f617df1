//! The attributes of a page's item.

use std::{borrow::Cow, fmt};

use opentelemetry::{Array, KeyValue, StringValue, Value};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
#[cfg(test)]
use ts_rs::TS;

use super::MAX_ITEMS;
use crate::names::{WEBVIEW_LABEL, truncate_words};

/// The longest value of an attribute. What is longer is cut: the head of a stack trace or of an SQL
/// statement is what identifies it.
const MAX_VALUE_BYTES: usize = 4096;

/// The longest name of an attribute. What is longer is left out: a cut name could be another's.
const MAX_KEY_BYTES: usize = 256;

/// Attributes in the types of the OpenTelemetry specification. A value of another type, and what goes
/// beyond a limit, is left out and counted.
#[derive(Debug, Default)]
#[cfg_attr(
    test,
    derive(TS),
    ts(
        export,
        rename = "Attributes",
        as = "std::collections::HashMap<String, PageValue>"
    )
)]
pub(crate) struct PageAttributes {
    pub(crate) values: Vec<KeyValue>,
    /// Attributes that were left out.
    pub(crate) dropped: u32,
    /// Attributes whose value was shortened.
    pub(crate) shortened: u32,
}

impl PageAttributes {
    /// Attributes that were left out or shortened.
    pub(crate) fn cut(&self) -> u32 {
        self.dropped + self.shortened
    }
}

impl<'de> Deserialize<'de> for PageAttributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Attributes;

        impl<'de> Visitor<'de> for Attributes {
            type Value = PageAttributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PageAttributes, A::Error> {
                let mut attributes = PageAttributes::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let PageValue { value, shortened } = map.next_value()?;
                    // A page cannot set the label of its webview: the app adds it.
                    let fits = !key.is_empty()
                        && key != WEBVIEW_LABEL
                        && key.len() <= MAX_KEY_BYTES
                        && attributes.values.len() < MAX_ITEMS;
                    match value {
                        Some(value) if fits => {
                            attributes.shortened += u32::from(shortened);
                            attributes
                                .values
                                .push(KeyValue::new(key.into_owned(), value));
                        }
                        _ => attributes.dropped += 1,
                    }
                }
                Ok(attributes)
            }
        }

        deserializer.deserialize_map(Attributes)
    }
}

/// One value of an attribute; `None` for a value of a type that attributes do not have.
#[cfg_attr(
    test,
    derive(TS),
    ts(
        export,
        rename = "AttributeValue",
        type = "string | number | boolean | Array<string> | Array<number> | Array<boolean>"
    )
)]
struct PageValue {
    value: Option<Value>,
    shortened: bool,
}

impl From<Option<Value>> for PageValue {
    fn from(value: Option<Value>) -> Self {
        Self {
            value,
            shortened: false,
        }
    }
}

impl<'de> Deserialize<'de> for PageValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = PageValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PageValue, E> {
                let kept = truncate_words(text, MAX_VALUE_BYTES);
                Ok(PageValue {
                    value: Some(Value::String(kept.to_owned().into())),
                    shortened: kept.len() < text.len(),
                })
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<PageValue, E> {
                Ok(Some(Value::Bool(value)).into())
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<PageValue, E> {
                Ok(Some(Value::I64(value)).into())
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<PageValue, E> {
                let number = i64::try_from(value).map_or(Value::F64(value as f64), Value::I64);
                Ok(Some(number).into())
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<PageValue, E> {
                Ok(Some(Value::F64(value)).into())
            }

            fn visit_unit<E: Error>(self) -> Result<PageValue, E> {
                Ok(None.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PageValue, A::Error> {
                let mut values = Vec::new();
                let mut shortened = false;
                while let Some(element) = seq.next_element::<PageValue>()? {
                    if values.len() < MAX_ITEMS {
                        shortened |= element.shortened;
                        values.push(element.value);
                    } else {
                        shortened = true;
                    }
                }
                Ok(PageValue {
                    value: array(values),
                    shortened,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PageValue, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(None.into())
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

/// An array has elements of one type. JavaScript does not tell whole numbers from others, so a mix
/// of those is an array of floating-point numbers.
fn array(values: Vec<Option<Value>>) -> Option<Value> {
    fn all<T>(values: &[Option<Value>], get: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(|v| v.as_ref().and_then(&get)).collect()
    }
    let strings = |v: &Value| match v {
        Value::String(text) => Some::<StringValue>(text.clone()),
        _ => None,
    };
    let integers = |v: &Value| match v {
        Value::I64(number) => Some(*number),
        _ => None,
    };
    let floats = |v: &Value| match v {
        Value::I64(number) => Some(*number as f64),
        Value::F64(number) => Some(*number),
        _ => None,
    };
    let bools = |v: &Value| match v {
        Value::Bool(value) => Some(*value),
        _ => None,
    };
    all(&values, strings)
        .map(Array::String)
        .or_else(|| all(&values, integers).map(Array::I64))
        .or_else(|| all(&values, floats).map(Array::F64))
        .or_else(|| all(&values, bools).map(Array::Bool))
        .map(Value::Array)
}
