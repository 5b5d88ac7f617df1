//! What a page sends, as it stands on the wire. The TypeScript types of the guest are generated from
//! these (`guest-js/bindings`), and nothing outside this folder sees them.
//!
//! Reading is lenient span by span: one that cannot be read is counted and left out, and the rest of
//! the batch goes on.

use std::{borrow::Cow, fmt};

use opentelemetry::{Array, KeyValue, StringValue, Value};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
#[cfg(test)]
use ts_rs::TS;

use crate::names::{WEBVIEW_LABEL, truncate};

/// The longest value of an attribute. What is longer is cut: the head of a stack trace or of an SQL
/// statement is what identifies it.
const MAX_VALUE_BYTES: usize = 4096;

/// The longest name of an attribute. What is longer is left out: a cut name could be another's.
const MAX_KEY_BYTES: usize = 256;

/// The most attributes of a span, its events and its links each: the specification's default for
/// `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` and its siblings.
const MAX_ITEMS: usize = 128;

/// The runtime of a page sends 512 at most; the rest is room for pages that make their own.
pub(super) const MAX_SPANS_PER_BATCH: usize = 4096;

/// A page with more to send than this sends several batches, of which only the last is smaller.
const FULL_BATCH: u32 = 512;

/// Spans that a page has finished.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageBatch<'a> {
    /// The page's clock when it sent this, in milliseconds since the Unix epoch.
    #[serde(borrow)]
    #[cfg_attr(test, ts(type = "number"))]
    pub(crate) sent_at: Option<&'a RawValue>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Vec<PageSpan>"))]
    pub(crate) spans: Option<AtMost<&'a RawValue, MAX_SPANS_PER_BATCH>>,
    /// Spans that the page itself had to drop since its last batch.
    #[serde(borrow)]
    #[cfg_attr(test, ts(type = "number"))]
    pub(crate) dropped: Option<&'a RawValue>,
}

/// One finished span. Times are milliseconds since the Unix epoch, with fractions.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageSpan<'a> {
    /// 32 lower-case hexadecimal digits.
    #[serde(borrow)]
    pub(crate) trace_id: Cow<'a, str>,
    /// 16 lower-case hexadecimal digits.
    #[serde(borrow)]
    pub(crate) span_id: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) parent_span_id: Option<Text<'a>>,
    /// The `tracestate` header of W3C Trace Context.
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) trace_state: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// The span of an invoke: its name is that of the command, its kind `client`, and what every such span repeats
    /// is left for Rust to add.
    #[serde(default)]
    #[cfg_attr(test, ts(as = "Option<bool>"))]
    pub(crate) invoke: bool,
    /// `internal` when absent.
    pub(crate) kind: Option<PageSpanKind>,
    pub(crate) start_time: f64,
    pub(crate) end_time: f64,
    #[serde(borrow)]
    pub(crate) status: Option<PageStatus<'a>>,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
    #[cfg_attr(test, ts(as = "Option<Vec<PageEvent>>"))]
    #[serde(default, borrow)]
    pub(crate) events: AtMost<PageEvent<'a>>,
    #[cfg_attr(test, ts(as = "Option<Vec<PageLink>>"))]
    #[serde(default, borrow)]
    pub(crate) links: AtMost<PageLink<'a>>,
}

/// A text that may be absent. An optional `Cow` is always read into memory of its own.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The role of a span.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, rename = "SpanKind"))]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageSpanKind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// How a span ended, when the page said so.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct PageStatus<'a> {
    pub(crate) code: PageStatusCode,
    #[serde(borrow)]
    pub(crate) message: Option<Cow<'a, str>>,
}

/// The two statuses that can be set.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, rename = "StatusCode"))]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageStatusCode {
    Ok,
    Error,
}

/// Something that happened while a span ran.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct PageEvent<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// Milliseconds since the Unix epoch.
    pub(crate) time: f64,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
}

/// Another span that this one has to do with.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageLink<'a> {
    #[serde(borrow)]
    pub(crate) trace_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) span_id: Cow<'a, str>,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
}

/// A span in its shortest form: it ended just now.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct SingleSpan<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// How long it took, in milliseconds.
    pub(crate) duration: f64,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
}

/// What became of the spans of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub(crate) struct BatchAnswer {
    /// Spans that were taken over.
    pub(crate) accepted: u32,
    /// Spans that were not: unreadable, invalid, or over a limit.
    pub(crate) dropped: u32,
}

impl BatchAnswer {
    /// Whether the page may have more to send, and so another batch may follow this one.
    pub(crate) fn is_full(self) -> bool {
        self.accepted.saturating_add(self.dropped) >= FULL_BATCH
    }
}

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
    pub(crate) dropped: u32,
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
                    let value = map.next_value::<PageValue>()?.0;
                    // Whose span it is, the app says.
                    let fits = !key.is_empty()
                        && key != WEBVIEW_LABEL
                        && key.len() <= MAX_KEY_BYTES
                        && attributes.values.len() < MAX_ITEMS;
                    match value {
                        Some(value) if fits => attributes
                            .values
                            .push(KeyValue::new(key.into_owned(), value)),
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
struct PageValue(Option<Value>);

impl<'de> Deserialize<'de> for PageValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = PageValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PageValue, E> {
                let text = truncate(text, MAX_VALUE_BYTES).to_owned();
                Ok(PageValue(Some(Value::String(text.into()))))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<PageValue, E> {
                Ok(PageValue(Some(Value::Bool(value))))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<PageValue, E> {
                Ok(PageValue(Some(Value::I64(value))))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<PageValue, E> {
                Ok(PageValue(Some(match i64::try_from(value) {
                    Ok(value) => Value::I64(value),
                    Err(_) => Value::F64(value as f64),
                })))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<PageValue, E> {
                Ok(PageValue(Some(Value::F64(value))))
            }

            fn visit_unit<E: Error>(self) -> Result<PageValue, E> {
                Ok(PageValue(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PageValue, A::Error> {
                let mut values = Vec::new();
                while let Some(PageValue(value)) = seq.next_element()? {
                    if values.len() < MAX_ITEMS {
                        values.push(value);
                    }
                }
                Ok(PageValue(array(values)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PageValue, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(PageValue(None))
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

/// A list of which no more than `MOST` items are kept. The others are counted without being stored.
#[derive(Debug)]
pub(crate) struct AtMost<T, const MOST: usize = MAX_ITEMS> {
    pub(crate) items: Vec<T>,
    pub(crate) dropped: u32,
}

impl<T, const MOST: usize> Default for AtMost<T, MOST> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            dropped: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for AtMost<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MOST: usize>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<T, MOST> {
            type Value = AtMost<T, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = AtMost::default();
                while list.items.len() < MOST {
                    match seq.next_element()? {
                        Some(item) => list.items.push(item),
                        None => return Ok(list),
                    }
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    list.dropped += 1;
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(Items(std::marker::PhantomData))
    }
}
