//! Cuts spans and log records to the configured limits
//! (<https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>).
//!
//! The limits apply to the protobuf messages, on the thread of the lane. At that point the spans of Rust and of the pages
//! have the same form, and the code that recorded them does not wait. They are applied after redaction, which does not recognise a secret without its end.

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};

use crate::config::{Limits, SpanLimits};

impl SpanLimits {
    /// Applies them to every span of a request.
    pub(crate) fn apply(&self, request: &mut ExportTraceServiceRequest) {
        let resources = request.resource_spans.iter_mut();
        let scopes = resources.flat_map(|resource| &mut resource.scope_spans);
        scopes
            .flat_map(|scope| &mut scope.spans)
            .for_each(|span| self.apply_to_span(span));
    }

    fn apply_to_span(&self, span: &mut Span) {
        span.dropped_attributes_count += self.span.apply(&mut span.attributes);
        span.dropped_events_count += cut(&mut span.events, self.events);
        span.dropped_links_count += cut(&mut span.links, self.links);
        for event in &mut span.events {
            event.dropped_attributes_count += self
                .span
                .of_part(self.attributes_per_event)
                .apply(&mut event.attributes);
        }
        for link in &mut span.links {
            link.dropped_attributes_count += self
                .span
                .of_part(self.attributes_per_link)
                .apply(&mut link.attributes);
        }
    }
}

impl Limits {
    /// Applies them to every record of a request.
    pub(crate) fn apply_to_logs(self, request: &mut ExportLogsServiceRequest) {
        let resources = request.resource_logs.iter_mut();
        let scopes = resources.flat_map(|resource| &mut resource.scope_logs);
        for record in scopes.flat_map(|scope| &mut scope.log_records) {
            record.dropped_attributes_count += self.apply(&mut record.attributes);
        }
    }

    fn of_part(self, attributes: usize) -> Self {
        Self { attributes, ..self }
    }

    fn apply(&self, attributes: &mut Vec<KeyValue>) -> u32 {
        let dropped = cut(attributes, self.attributes);
        if let Some(length) = self.value_length {
            for value in attributes.iter_mut().flat_map(|pair| &mut pair.value) {
                shorten(value, length);
            }
        }
        dropped
    }
}

/// Keeps the first `most` items, and returns how many were dropped.
fn cut<T>(list: &mut Vec<T>, most: usize) -> u32 {
    let dropped = list.len().saturating_sub(most);
    list.truncate(most);
    dropped as u32
}

/// Shortens a text to `length` characters and bytes to `length` bytes, also inside lists and maps, as the specification
/// asks. Other values have no length.
fn shorten(value: &mut AnyValue, length: usize) {
    match &mut value.value {
        Some(Value::StringValue(text)) => {
            if let Some((end, _)) = text.char_indices().nth(length) {
                text.truncate(end);
            }
        }
        Some(Value::BytesValue(bytes)) => bytes.truncate(length),
        Some(Value::ArrayValue(array)) => {
            for value in &mut array.values {
                shorten(value, length);
            }
        }
        Some(Value::KvlistValue(list)) => {
            for value in list.values.iter_mut().flat_map(|pair| &mut pair.value) {
                shorten(value, length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        common::v1::ArrayValue,
        trace::v1::span::{Event, Link},
    };

    use super::*;

    fn pair(key: &str, value: Value) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..Default::default()
        }
    }

    #[test]
    fn every_part_of_a_span_has_its_own_limit() {
        let attributes = || {
            let numbers = (0..5).map(Value::IntValue);
            numbers.map(|n| pair("n", n)).collect::<Vec<_>>()
        };
        let event = Event {
            attributes: attributes(),
            ..Default::default()
        };
        let link = Link {
            attributes: attributes(),
            ..Default::default()
        };
        let mut span = Span {
            attributes: attributes(),
            events: vec![event; 4],
            links: vec![link; 4],
            dropped_attributes_count: 1,
            ..Default::default()
        };
        let limits = SpanLimits {
            span: Limits {
                attributes: 4,
                value_length: None,
            },
            events: 3,
            links: 2,
            attributes_per_event: 1,
            attributes_per_link: 0,
        };
        limits.apply_to_span(&mut span);
        assert_eq!(
            (span.attributes.len(), span.dropped_attributes_count),
            (4, 2)
        );
        assert_eq!((span.events.len(), span.dropped_events_count), (3, 1));
        assert_eq!((span.links.len(), span.dropped_links_count), (2, 2));
        let event = &span.events[0];
        assert_eq!(
            (event.attributes.len(), event.dropped_attributes_count),
            (1, 4)
        );
        let link = &span.links[0];
        assert_eq!(
            (link.attributes.len(), link.dropped_attributes_count),
            (0, 5)
        );
    }

    #[test]
    fn texts_are_cut_by_characters_and_numbers_are_left_alone() {
        let text = |text: &str| Value::StringValue(text.to_owned());
        let list = ArrayValue {
            values: vec![AnyValue {
                value: Some(text("äöü")),
            }],
        };
        let mut attributes = vec![
            pair("a", text("äöü")),
            pair("b", Value::IntValue(12345)),
            pair("c", Value::ArrayValue(list)),
        ];
        let limits = Limits {
            attributes: 128,
            value_length: Some(2),
        };
        limits.apply(&mut attributes);
        let list = ArrayValue {
            values: vec![AnyValue {
                value: Some(text("äö")),
            }],
        };
        let expected = [
            pair("a", text("äö")),
            pair("b", Value::IntValue(12345)),
            pair("c", Value::ArrayValue(list)),
        ];
        assert_eq!(attributes, expected);
    }
}
