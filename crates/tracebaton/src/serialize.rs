//! The context as a part of a message.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny};

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
    traceparent: Option<Lenient<String>>,
    tracestate: Option<Lenient<String>>,
    baggage: Option<Lenient<String>>,
}

/// A value of the type that is expected, or one of another type, such as a number in place of a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Valid(T),
    Other(IgnoredAny),
}

impl<T> Lenient<T> {
    /// The value. Something else is counted.
    fn valid(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Other(_) => counted(None),
        }
    }
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

/// A value of another type is ignored and counted, so the message around the context is still read. Formats without names of
/// fields, such as bincode, cannot skip a value: there it is an error.
impl<'de> Deserialize<'de> for TraceContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [traceparent, tracestate, baggage] = if deserializer.is_human_readable() {
            let received = Option::<Lenient<Received>>::deserialize(deserializer)?;
            received.and_then(Lenient::valid).map_or_else(
                <[Option<String>; 3]>::default,
                |received| {
                    [received.traceparent, received.tracestate, received.baggage]
                        .map(|field| field.and_then(Lenient::valid))
                },
            )
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
