//! OTLP as JSON (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! `opentelemetry-proto` does it, but not for all that the mapping of Protobuf allows
//! (<https://protobuf.dev/programming-guides/json/>). It does not accept `"NaN"`, `"Infinity"` and `"-Infinity"`, `null`, and bytes in
//! the alphabet of URLs or without padding, and it wants some fields that may be left out. Numbers are replaced by stand-ins that no
//! measurement has.

use std::io::{self, Write};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value::Value as Any},
    metrics::v1::{Exemplar, exemplar, metric::Data, number_data_point},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{
    Value, json,
    ser::{CompactFormatter, Formatter, Serializer},
};

/// Three of the smallest numbers there are, and what they stand for.
const WORDS: [(u64, &str, f64); 3] = [
    (0x0000_4f54_4c50_0001, "NaN", f64::NAN),
    (0x0000_4f54_4c50_0002, "Infinity", f64::INFINITY),
    (0x0000_4f54_4c50_0003, "-Infinity", f64::NEG_INFINITY),
];

/// Fields that are numbers with a point in it.
const DOUBLES: [&str; 9] = [
    "doubleValue",
    "asDouble",
    "sum",
    "min",
    "max",
    "value",
    "quantile",
    "zeroThreshold",
    "explicitBounds",
];

/// The name of a field, and its default.
type Wanted = (&'static str, fn() -> Value);

/// The fields that the messages in a field must have.
fn wanted(field: &str) -> &'static [Wanted] {
    match field {
        "attributes" | "filteredAttributes" | "metadata" => &[("key", || json!(""))],
        "arrayValue" | "kvlistValue" => &[("values", || json!([]))],
        "entityRefs" => &[
            ("schemaUrl", || json!("")),
            ("type", || json!("")),
            ("idKeys", || json!([])),
            ("descriptionKeys", || json!([])),
        ],
        _ => &[],
    }
}

/// Reads a request.
///
/// # Errors
/// If it is no JSON, or no such request.
pub(crate) fn decode<R: DeserializeOwned + Doubles>(bytes: &[u8]) -> Result<R, serde_json::Error> {
    let mut value: Value = serde_json::from_slice(bytes)?;
    let stands_in = prepare(&mut value, "");
    let mut request: R = serde_json::from_value(value)?;
    if stands_in {
        request.doubles(&mut |double| {
            if let Some((_, _, real)) = WORDS.iter().find(|(bits, ..)| *bits == double.to_bits()) {
                *double = *real;
            }
        });
    }
    Ok(request)
}

/// Replaces what `opentelemetry-proto` cannot read in the value of a field, and says whether a number stands for another now.
fn prepare(value: &mut Value, field: &str) -> bool {
    match value {
        Value::Object(fields) => {
            // It is the default of any field.
            fields.retain(|_, field| !field.is_null());
            for (name, default) in wanted(field) {
                fields.entry(*name).or_insert_with(default);
            }
            let mut stands_in = false;
            for (name, value) in fields {
                let are_pairs = field == "kvlistValue" && name == "values";
                stands_in |= prepare(value, if are_pairs { "attributes" } else { name });
            }
            stands_in
        }
        Value::Array(values) => {
            let mut stands_in = false;
            for value in values {
                stands_in |= prepare(value, field);
            }
            stands_in
        }
        Value::String(text) if field == "bytesValue" => {
            *text = text
                .trim_end_matches('=')
                .replace('-', "+")
                .replace('_', "/");
            let padding = text.len().next_multiple_of(4) - text.len();
            text.push_str(&"=".repeat(padding));
            false
        }
        Value::String(text) if DOUBLES.contains(&field) => {
            let word = WORDS.iter().find(|(_, word, _)| word == text);
            if let Some((bits, ..)) = word {
                *value = json!(f64::from_bits(*bits));
            }
            word.is_some()
        }
        _ => false,
    }
}

/// A request as one line, without its end.
pub(crate) fn encode<R: Serialize + Doubles>(mut request: R) -> Vec<u8> {
    request.doubles(&mut |double| {
        let is_same = |real: f64| real == *double || (real.is_nan() && double.is_nan());
        if let Some((bits, ..)) = WORDS.iter().find(|(_, _, real)| is_same(*real)) {
            *double = f64::from_bits(*bits);
        }
    });
    let mut json = Vec::new();
    request
        .serialize(&mut Serializer::with_formatter(&mut json, Words))
        .expect("writing to memory cannot fail, and the keys are texts");
    json
}

/// Writes the stand-ins as what they stand for.
struct Words;

impl Formatter for Words {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match WORDS.iter().find(|(bits, ..)| *bits == value.to_bits()) {
            Some((_, word, _)) => write!(writer, "\"{word}\""),
            None => CompactFormatter.write_f64(writer, value),
        }
    }
}

/// What has numbers with a point in it.
pub(crate) trait Doubles {
    /// Calls `each` with all of them.
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64));
}

impl Doubles for AnyValue {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        match &mut self.value {
            Some(Any::DoubleValue(double)) => each(double),
            Some(Any::ArrayValue(array)) => array.values.doubles(each),
            Some(Any::KvlistValue(list)) => list.values.doubles(each),
            _ => {}
        }
    }
}

impl Doubles for KeyValue {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        self.value.doubles(each);
    }
}

impl<T: Doubles> Doubles for Option<T> {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        self.iter_mut().for_each(|item| item.doubles(each));
    }
}

impl<T: Doubles> Doubles for Vec<T> {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        self.iter_mut().for_each(|item| item.doubles(each));
    }
}

impl Doubles for Exemplar {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        self.filtered_attributes.doubles(each);
        if let Some(exemplar::Value::AsDouble(double)) = &mut self.value {
            each(double);
        }
    }
}

impl Doubles for ExportTraceServiceRequest {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        for resource in &mut self.resource_spans {
            resource
                .resource
                .iter_mut()
                .for_each(|resource| resource.attributes.doubles(each));
            for scope in &mut resource.scope_spans {
                scope
                    .scope
                    .iter_mut()
                    .for_each(|scope| scope.attributes.doubles(each));
                for span in &mut scope.spans {
                    span.attributes.doubles(each);
                    span.events
                        .iter_mut()
                        .for_each(|event| event.attributes.doubles(each));
                    span.links
                        .iter_mut()
                        .for_each(|link| link.attributes.doubles(each));
                }
            }
        }
    }
}

impl Doubles for ExportLogsServiceRequest {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        for resource in &mut self.resource_logs {
            resource
                .resource
                .iter_mut()
                .for_each(|resource| resource.attributes.doubles(each));
            for scope in &mut resource.scope_logs {
                scope
                    .scope
                    .iter_mut()
                    .for_each(|scope| scope.attributes.doubles(each));
                for record in &mut scope.log_records {
                    record.attributes.doubles(each);
                    record.body.doubles(each);
                }
            }
        }
    }
}

impl Doubles for ExportMetricsServiceRequest {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        for resource in &mut self.resource_metrics {
            resource
                .resource
                .iter_mut()
                .for_each(|resource| resource.attributes.doubles(each));
            for scope in &mut resource.scope_metrics {
                scope
                    .scope
                    .iter_mut()
                    .for_each(|scope| scope.attributes.doubles(each));
                scope
                    .metrics
                    .iter_mut()
                    .for_each(|metric| metric.data.doubles(each));
            }
        }
    }
}

impl Doubles for Data {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        match self {
            Self::Gauge(gauge) => gauge.data_points.doubles(each),
            Self::Sum(sum) => sum.data_points.doubles(each),
            Self::Histogram(histogram) => {
                for point in &mut histogram.data_points {
                    point.attributes.doubles(each);
                    point.exemplars.doubles(each);
                    point.explicit_bounds.iter_mut().for_each(&mut *each);
                    [&mut point.sum, &mut point.min, &mut point.max]
                        .into_iter()
                        .flatten()
                        .for_each(&mut *each);
                }
            }
            Self::ExponentialHistogram(histogram) => {
                for point in &mut histogram.data_points {
                    point.attributes.doubles(each);
                    point.exemplars.doubles(each);
                    each(&mut point.zero_threshold);
                    [&mut point.sum, &mut point.min, &mut point.max]
                        .into_iter()
                        .flatten()
                        .for_each(&mut *each);
                }
            }
            Self::Summary(summary) => {
                for point in &mut summary.data_points {
                    point.attributes.doubles(each);
                    each(&mut point.sum);
                    for quantile in &mut point.quantile_values {
                        each(&mut quantile.quantile);
                        each(&mut quantile.value);
                    }
                }
            }
        }
    }
}

impl Doubles for opentelemetry_proto::tonic::metrics::v1::NumberDataPoint {
    fn doubles(&mut self, each: &mut dyn FnMut(&mut f64)) {
        self.attributes.doubles(each);
        self.exemplars.doubles(each);
        if let Some(number_data_point::Value::AsDouble(double)) = &mut self.value {
            each(double);
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        common::v1::{ArrayValue, EntityRef, KeyValueList},
        trace::v1::Span,
    };

    use super::*;

    /// The only span of a request that has these fields.
    fn span_of(fields: &str) -> Span {
        let json =
            format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
        let request: ExportTraceServiceRequest = decode(json.as_bytes()).unwrap();
        request.resource_spans[0].scope_spans[0].spans[0].clone()
    }

    #[test]
    fn null_is_the_default_of_any_field() {
        let fields = "traceId spanId parentSpanId traceState name kind startTimeUnixNano endTimeUnixNano attributes \
                      droppedAttributesCount events links status flags";
        let nulls = fields.split(' ').map(|field| format!(r#""{field}":null"#));
        assert_eq!(
            span_of(&nulls.collect::<Vec<_>>().join(",")),
            Span::default()
        );
        let event = span_of(r#""events":[{"timeUnixNano":null,"name":null,"attributes":null}]"#);
        assert_eq!(event.events, [Default::default()]);
        let metric = r#"{"resourceMetrics":[{"resource":null,"scopeMetrics":[{"metrics":[{"gauge":null,"sum":
            {"dataPoints":[{"asInt":null,"asDouble":1.5,"timeUnixNano":null}]}}]}]},{"scopeMetrics":null}]}"#;
        let request: ExportMetricsServiceRequest = decode(metric.as_bytes()).unwrap();
        let metrics = &request.resource_metrics[0].scope_metrics[0].metrics;
        assert!(matches!(&metrics[0].data, Some(Data::Sum(sum)) if sum.data_points.len() == 1));
        for all in [r#"{"resourceLogs":null}"#, "{}"] {
            let request: ExportLogsServiceRequest = decode(all.as_bytes()).unwrap();
            assert_eq!(request, ExportLogsServiceRequest::default());
        }
    }

    #[test]
    fn any_field_may_be_left_out() {
        let list = r#"{"value":{"kvlistValue":{"values":[{"value":{"intValue":"1"}},{}]}}}"#;
        let span = span_of(&format!(
            r#""attributes":[{list},{{"value":{{"arrayValue":null}}}}]"#
        ));
        let one = KeyValue {
            value: Some(AnyValue {
                value: Some(Any::IntValue(1)),
            }),
            ..KeyValue::default()
        };
        let values = vec![one, KeyValue::default()];
        let value = Some(Any::KvlistValue(KeyValueList { values }));
        let expected = KeyValue {
            value: Some(AnyValue { value }),
            ..KeyValue::default()
        };
        assert_eq!(span.attributes[0], expected);
        let resource = r#"{"resourceSpans":[{"resource":{"entityRefs":[{}, {"type":"host"}]}}]}"#;
        let request: ExportTraceServiceRequest = decode(resource.as_bytes()).unwrap();
        let host = EntityRef {
            r#type: "host".to_owned(),
            ..EntityRef::default()
        };
        let refs = &request.resource_spans[0]
            .resource
            .as_ref()
            .unwrap()
            .entity_refs;
        assert_eq!(*refs, [EntityRef::default(), host]);
    }

    #[test]
    fn bytes_have_either_alphabet_with_padding_or_without() {
        let texts = ["+/+/AA==", "-_-_AA==", "+/+/AA", "-_-_AA"];
        let values = texts
            .map(|text| format!(r#"{{"bytesValue":"{text}"}}"#))
            .join(",");
        let span = span_of(&format!(
            r#""attributes":[{{"key":"all","value":{{"arrayValue":{{"values":[{values}]}}}}}}]"#
        ));
        let bytes = AnyValue {
            value: Some(Any::BytesValue(vec![0xfb, 0xff, 0xbf, 0])),
        };
        let values = vec![bytes; texts.len()];
        let found = span.attributes[0].value.as_ref().unwrap().value.as_ref();
        assert_eq!(found, Some(&Any::ArrayValue(ArrayValue { values })));
    }

    #[test]
    fn numbers_that_are_none_and_empty_lists_survive() {
        let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001",
            "spanId":"0000000000000001","name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[
            {"key":"nan","value":{"doubleValue":"NaN"}},{"key":"inf","value":{"doubleValue":"-Infinity"}},
            {"key":"word","value":{"stringValue":"NaN"}},{"key":"empty","value":{"arrayValue":{}}}]}]}]}]}"#;
        let request: ExportTraceServiceRequest = decode(json).unwrap();
        let attributes = &request.resource_spans[0].scope_spans[0].spans[0].attributes;
        let value = |index: usize| {
            attributes[index]
                .value
                .as_ref()
                .unwrap()
                .value
                .as_ref()
                .unwrap()
        };
        assert!(matches!(value(0), Any::DoubleValue(double) if double.is_nan()));
        assert_eq!(*value(1), Any::DoubleValue(f64::NEG_INFINITY));
        assert_eq!(*value(2), Any::StringValue("NaN".to_owned()));
        assert!(matches!(value(3), Any::ArrayValue(array) if array.values.is_empty()));
        let line = encode(request.clone());
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(text.contains(r#"{"doubleValue":"NaN"}"#), "{text}");
        let again: ExportTraceServiceRequest = decode(&line).unwrap();
        assert_eq!(format!("{again:?}"), format!("{request:?}"));
    }
}
