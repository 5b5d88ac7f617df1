//! Attributes of OTLP.

use base64::{Engine, engine::general_purpose::STANDARD};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};

use crate::api::{AttributeValue, Attributes};

/// The largest integer that a number of JavaScript holds exactly.
const MAX_SAFE_INTEGER: u64 = 1 << 53;

/// The value of the attribute `key`.
pub(crate) fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|pair| pair.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

/// The value of the attribute `key` if it is a text.
pub(crate) fn find_text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match find(attributes, key)? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A value as a filter names it: a text as it is, anything else as JSON.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(value) => value.to_string(),
        other => match json(other) {
            AttributeValue::String(text) => text,
            value => serde_json::to_string(&value).unwrap_or_default(),
        },
    }
}

/// Attributes as the API has them.
pub(crate) fn as_json(attributes: &[KeyValue]) -> Attributes {
    let pairs = attributes.iter();
    pairs
        .map(|pair| (pair.key.clone(), any(pair.value.as_ref())))
        .collect()
}

fn any(value: Option<&AnyValue>) -> AttributeValue {
    match value.and_then(|any| any.value.as_ref()) {
        Some(value) => json(value),
        None => AttributeValue::Null,
    }
}

fn json(value: &Value) -> AttributeValue {
    match value {
        Value::StringValue(text) => AttributeValue::String(text.clone()),
        Value::BoolValue(value) => AttributeValue::Bool(*value),
        Value::IntValue(number) if number.unsigned_abs() <= MAX_SAFE_INTEGER => {
            AttributeValue::Int(*number)
        }
        Value::IntValue(number) => AttributeValue::String(number.to_string()),
        Value::DoubleValue(number) if number.is_finite() => AttributeValue::Double(*number),
        Value::DoubleValue(number) if number.is_nan() => AttributeValue::String("NaN".to_owned()),
        Value::DoubleValue(number) => {
            let sign = if *number < 0.0 { "-" } else { "" };
            AttributeValue::String(format!("{sign}Infinity"))
        }
        Value::ArrayValue(array) => {
            AttributeValue::Array(array.values.iter().map(|value| any(Some(value))).collect())
        }
        Value::KvlistValue(list) => AttributeValue::Map(as_json(&list.values)),
        Value::BytesValue(bytes) => AttributeValue::String(STANDARD.encode(bytes)),
        _ => AttributeValue::Null,
    }
}
