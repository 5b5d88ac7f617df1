//! Keys of attributes that occur once, as the specification asks
//! (<https://opentelemetry.io/docs/specs/otel/common/#attribute-collections>). The SDK leaves that to the exporter.

use opentelemetry_proto::tonic::common::v1::KeyValue;

/// Removes the earlier values of attributes that were set again.
pub(super) fn keep_last_values(attributes: &mut Vec<KeyValue>) {
    let mut kept = 0;
    for next in 0..attributes.len() {
        let key = &attributes[next].key;
        let earlier = attributes[..kept].iter().position(|pair| pair.key == *key);
        attributes.swap(earlier.unwrap_or(kept), next);
        kept += usize::from(earlier.is_none());
    }
    attributes.truncate(kept);
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};

    use super::*;

    #[test]
    fn an_attribute_that_is_set_again_has_the_last_value_in_the_first_place() {
        let pair = |(key, value): (&str, i64)| KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue {
                value: Some(Value::IntValue(value)),
            }),
            ..Default::default()
        };
        let set = [("a", 1), ("b", 1), ("a", 2), ("c", 1), ("b", 2), ("a", 3)];
        let mut attributes = Vec::from(set.map(pair));
        keep_last_values(&mut attributes);
        assert_eq!(attributes, [("a", 3), ("b", 2), ("c", 1)].map(pair));
    }
}
