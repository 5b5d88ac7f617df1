//! Encodes OTLP as JSON (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! `opentelemetry-proto` implements this encoding with serde, except for numbers that are not finite: serde_json writes
//! them as `null`, but the JSON encoding of Protobuf has `"NaN"`, `"Infinity"` and `"-Infinity"`. So each such number is
//! replaced by a placeholder before it is serialised, and the formatter writes the placeholder as the text.

use std::io::{self, Write};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    metrics::v1::{metric::Data, number_data_point},
    resource::v1::Resource,
};
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::request::ExportRequest;

/// The placeholders: three subnormal numbers below 1e-300, which no measurement yields.
const NAN: f64 = f64::from_bits(0x0000_4f54_4c50_0001);
const INFINITY: f64 = f64::from_bits(0x0000_4f54_4c50_0002);
const NEG_INFINITY: f64 = f64::from_bits(0x0000_4f54_4c50_0003);

/// For each number that is not finite: its text in JSON, and its placeholder.
const WORDS: [(&str, f64); 3] = [
    ("NaN", NAN),
    ("Infinity", INFINITY),
    ("-Infinity", NEG_INFINITY),
];

/// The request as one line of JSON, without the end of the line.
pub(crate) fn encode<R: ExportRequest>(mut request: R) -> Vec<u8> {
    request.doubles(&mut |double| {
        if double.is_nan() {
            *double = NAN;
        } else if *double == f64::INFINITY {
            *double = INFINITY;
        } else if *double == f64::NEG_INFINITY {
            *double = NEG_INFINITY;
        }
    });
    let mut json = Vec::new();
    request
        .serialize(&mut Serializer::with_formatter(&mut json, NonFinite))
        .expect("writing to memory cannot fail, and the keys are texts");
    json
}

/// Writes each placeholder as the text that it stands for.
struct NonFinite;

impl Formatter for NonFinite {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match WORDS.iter().find(|(_, placeholder)| *placeholder == value) {
            Some((word, _)) => write!(writer, "\"{word}\""),
            None => CompactFormatter.write_f64(writer, value),
        }
    }
}

/// A message that contains floating-point numbers.
pub(crate) trait Doubles {
    /// Calls `each` with every floating-point number.
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64));
}

impl Doubles for AnyValue {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        match &mut self.value {
            Some(Value::DoubleValue(double)) => each(double),
            Some(Value::ArrayValue(array)) => array.values.doubles(each),
            Some(Value::KvlistValue(list)) => list.values.doubles(each),
            _ => {}
        }
    }
}

impl Doubles for KeyValue {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        self.value.doubles(each);
    }
}

impl Doubles for f64 {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        each(self);
    }
}

impl<T: Doubles> Doubles for Vec<T> {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        for item in self {
            item.doubles(each);
        }
    }
}

impl<T: Doubles> Doubles for Option<T> {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        if let Some(item) = self {
            item.doubles(each);
        }
    }
}

impl Doubles for Resource {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        self.attributes.doubles(each);
    }
}

impl Doubles for InstrumentationScope {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        self.attributes.doubles(each);
    }
}

impl Doubles for ExportTraceServiceRequest {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        for resource in &mut self.resource_spans {
            resource.resource.doubles(each);
            for scope in &mut resource.scope_spans {
                scope.scope.doubles(each);
                for span in &mut scope.spans {
                    span.attributes.doubles(each);
                    for event in &mut span.events {
                        event.attributes.doubles(each);
                    }
                    for link in &mut span.links {
                        link.attributes.doubles(each);
                    }
                }
            }
        }
    }
}

impl Doubles for ExportLogsServiceRequest {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        for resource in &mut self.resource_logs {
            resource.resource.doubles(each);
            for scope in &mut resource.scope_logs {
                scope.scope.doubles(each);
                for record in &mut scope.log_records {
                    record.body.doubles(each);
                    record.attributes.doubles(each);
                }
            }
        }
    }
}

impl Doubles for ExportMetricsServiceRequest {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        for resource in &mut self.resource_metrics {
            resource.resource.doubles(each);
            for scope in &mut resource.scope_metrics {
                scope.scope.doubles(each);
                for metric in &mut scope.metrics {
                    metric.data.doubles(each);
                }
            }
        }
    }
}

/// Only the kinds of metrics that the pipeline configures.
impl Doubles for Data {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        let numbers = match self {
            Self::Gauge(gauge) => &mut gauge.data_points,
            Self::Sum(sum) => &mut sum.data_points,
            Self::Histogram(histogram) => {
                for point in &mut histogram.data_points {
                    point.attributes.doubles(each);
                    point.sum.doubles(each);
                    point.min.doubles(each);
                    point.max.doubles(each);
                }
                return;
            }
            Self::ExponentialHistogram(_) | Self::Summary(_) => return,
        };
        for point in numbers {
            point.attributes.doubles(each);
            if let Some(number_data_point::Value::AsDouble(double)) = &mut point.value {
                each(double);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::{
        common::v1::{ArrayValue, KeyValueList},
        logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
        metrics::v1::{
            Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
            ScopeMetrics,
        },
        trace::v1::{
            ResourceSpans, ScopeSpans, Span,
            span::{Event, Link},
        },
    };
    use serde_json::json;

    fn value(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }

    fn attribute(key: &str, of: Value) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(value(of)),
            ..Default::default()
        }
    }

    fn nan() -> Vec<KeyValue> {
        vec![attribute("nan", Value::DoubleValue(f64::NAN))]
    }

    fn logs(attributes: Vec<KeyValue>, body: Option<AnyValue>) -> ExportLogsServiceRequest {
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![LogRecord {
                        body,
                        attributes,
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        }
    }

    fn line<R: ExportRequest>(request: R) -> String {
        let line = String::from_utf8(encode(request)).expect("JSON is text");
        assert!(!line.contains('\n'), "{line}");
        line
    }

    /// Checks that `count` numbers are written as NaN, which are all that `request` has.
    #[track_caller]
    fn has_nans(request: impl ExportRequest, count: usize) {
        let line = line(request);
        assert_eq!(line.matches(r#":"NaN""#).count(), count, "{line}");
    }

    #[test]
    fn all_kinds_of_values_are_written_as_the_specification_has_them() {
        let array = ArrayValue {
            values: vec![value(Value::DoubleValue(f64::INFINITY))],
        };
        let list = KeyValueList {
            values: vec![attribute("-", Value::DoubleValue(f64::NEG_INFINITY))],
        };
        let values = [
            Value::StringValue("Grüße, 世界 🦀\n".to_owned()),
            Value::StringValue("NaN".to_owned()),
            Value::BoolValue(false),
            Value::IntValue(i64::MIN),
            Value::DoubleValue(0.1),
            Value::DoubleValue(3.0),
            Value::DoubleValue(f64::NAN),
            Value::BytesValue(vec![0, 159, 146, 150]),
            Value::ArrayValue(array),
            Value::KvlistValue(list),
        ];
        let attributes = values.map(|value| attribute("", value)).into();
        let line = line(logs(attributes, None));
        let read: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
        let record = &read["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        let written = record["attributes"].as_array().expect("a list");
        let expected = [
            json!({ "stringValue": "Grüße, 世界 🦀\n" }),
            json!({ "stringValue": "NaN" }),
            json!({ "boolValue": false }),
            json!({ "intValue": "-9223372036854775808" }),
            json!({ "doubleValue": 0.1 }),
            json!({ "doubleValue": 3.0 }),
            json!({ "doubleValue": "NaN" }),
            json!({ "bytesValue": "AJ+Slg==" }),
            json!({ "arrayValue": { "values": [{ "doubleValue": "Infinity" }] } }),
            json!({ "kvlistValue": { "values": [{ "key": "-", "value": { "doubleValue": "-Infinity" } }] } }),
        ];
        let written: Vec<_> = written.iter().map(|pair| &pair["value"]).collect();
        assert_eq!(written, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn numbers_that_are_not_finite_are_found_everywhere_in_spans() {
        let span = Span {
            attributes: nan(),
            events: vec![Event {
                attributes: nan(),
                ..Default::default()
            }],
            links: vec![Link {
                attributes: nan(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(Resource {
                    attributes: nan(),
                    ..Default::default()
                }),
                scope_spans: vec![ScopeSpans {
                    scope: Some(InstrumentationScope {
                        attributes: nan(),
                        ..Default::default()
                    }),
                    spans: vec![span],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        };
        has_nans(request, 5);
    }

    #[test]
    fn numbers_that_are_not_finite_are_found_everywhere_in_log_records() {
        has_nans(logs(nan(), Some(value(Value::DoubleValue(f64::NAN)))), 2);
    }

    #[test]
    fn numbers_that_are_not_finite_are_found_everywhere_in_metrics() {
        let gauge = Data::Gauge(Gauge {
            data_points: vec![NumberDataPoint {
                attributes: nan(),
                value: Some(number_data_point::Value::AsDouble(f64::NAN)),
                ..Default::default()
            }],
        });
        let histogram = Data::Histogram(Histogram {
            data_points: vec![HistogramDataPoint {
                attributes: nan(),
                sum: Some(f64::NAN),
                min: Some(f64::NAN),
                max: Some(f64::NAN),
                ..Default::default()
            }],
            ..Default::default()
        });
        let metrics = [gauge, histogram].map(|data| Metric {
            data: Some(data),
            ..Default::default()
        });
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![ScopeMetrics {
                    metrics: metrics.into(),
                    ..Default::default()
                }],
                ..Default::default()
            }],
        };
        has_nans(request, 6);
    }
}
