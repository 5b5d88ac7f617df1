//! The context as a part of a message.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{TraceContext, ignored::counted};

#[derive(Serialize)]
struct Sent {
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracestate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baggage: Option<String>,
}

#[derive(Deserialize)]
struct Received {
    #[serde(default)]
    traceparent: Field,
    #[serde(default)]
    tracestate: Field,
    #[serde(default)]
    baggage: Field,
}

/// Formats that describe themselves, such as JSON, leave out the fields without a value. Other formats know fields by
/// their order alone, so there all three are written, as a tuple of options.
impl Serialize for TraceContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [traceparent, tracestate, baggage] = self.values();
        if serializer.is_human_readable() {
            Sent {
                traceparent,
                tracestate,
                baggage,
            }
            .serialize(serializer)
        } else {
            (traceparent, tracestate, baggage).serialize(serializer)
        }
    }
}

/// A field that is not valid is ignored and counted: a broken context never costs the message around it.
impl<'de> Deserialize<'de> for TraceContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [traceparent, tracestate, baggage] = if deserializer.is_human_readable() {
            let received = Received::deserialize(deserializer)?;
            [received.traceparent, received.tracestate, received.baggage].map(|field| field.0)
        } else {
            <(Option<String>, Option<String>, Option<String>)>::deserialize(deserializer)?.into()
        };
        Ok(Self::from_fields(
            traceparent.as_deref(),
            tracestate.as_deref(),
            baggage.as_deref(),
        ))
    }
}

/// A text, or nothing in place of whatever else a sender has put there.
#[derive(Default)]
struct Field(Option<String>);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor).map(Self)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(text))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(counted(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(counted(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(counted(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(counted(None))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Self::Value, E> {
        Ok(counted(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(counted(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(counted(None))
    }
}
