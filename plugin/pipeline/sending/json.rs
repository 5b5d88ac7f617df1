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
    common::v1::{AnyValue, KeyValue, any_value::Value},
    metrics::v1::{metric::Data, number_data_point},
};
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::request::ExportRequest;

/// The placeholders: three subnormal numbers below 1e-300, which no measurement yields.
const NAN: f64 = f64::from_bits(0x0000_4f54_4c50_0001);
const INFINITY: f64 = f64::from_bits(0x0000_4f54_4c50_0002);
const NEG_INFINITY: f64 = f64::from_bits(0x0000_4f54_4c50_0003);

/// For each number that is not finite: its text in JSON, its placeholder, and the number.
const WORDS: [(&str, f64, f64); 3] = [
    ("NaN", NAN, f64::NAN),
    ("Infinity", INFINITY, f64::INFINITY),
    ("-Infinity", NEG_INFINITY, f64::NEG_INFINITY),
];

/// The request as one line of JSON, without the end of the line.
pub(crate) fn encode<R: ExportRequest>(request: &R) -> Vec<u8> {
    let mut finite = request.clone();
    finite.doubles(&mut |double| {
        if double.is_nan() {
            *double = NAN;
        } else if *double == f64::INFINITY {
            *double = INFINITY;
        } else if *double == f64::NEG_INFINITY {
            *double = NEG_INFINITY;
        }
    });
    let mut json = Vec::new();
    finite
        .serialize(&mut Serializer::with_formatter(&mut json, NonFinite))
        .expect("writing to memory cannot fail, and the keys are texts");
    json
}

/// Reads a request that [`encode`] has written. `None` if the JSON is damaged.
pub(crate) fn decode<R: ExportRequest>(json: &[u8]) -> Option<R> {
    let mut json = serde_json::from_slice(json).ok()?;
    mend(&mut json);
    let mut request: R = serde_json::from_value(json).ok()?;
    request.doubles(&mut |double| {
        if let Some((_, _, number)) = WORDS
            .iter()
            .find(|(_, placeholder, _)| placeholder == double)
        {
            *double = *number;
        }
    });
    Some(request)
}

/// Changes the JSON so that `opentelemetry-proto` can read it: it wants a number where [`encode`] wrote `"NaN"`, and a list
/// where an empty one was left out.
fn mend(json: &mut serde_json::Value) {
    if let Some(list) = json.as_array_mut() {
        list.iter_mut().for_each(mend);
    }
    for (key, value) in json.as_object_mut().into_iter().flatten() {
        let word = value.as_str().unwrap_or_default();
        if matches!(&**key, "arrayValue" | "kvlistValue") {
            if let Some(fields) = value.as_object_mut() {
                fields
                    .entry("values")
                    .or_insert_with(|| Vec::<()>::new().into());
            }
        } else if matches!(&**key, "doubleValue" | "asDouble")
            && let Some((_, placeholder, _)) = WORDS.iter().find(|(name, ..)| *name == word)
        {
            *value = (*placeholder).into();
        }
        mend(value);
    }
}

/// Writes each placeholder as the text that it stands for.
struct NonFinite;

impl Formatter for NonFinite {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        match WORDS
            .iter()
            .find(|(_, placeholder, _)| *placeholder == value)
        {
            Some((word, ..)) => write!(writer, "\"{word}\""),
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

impl Doubles for ExportTraceServiceRequest {
    fn doubles(&mut self, each: &mut impl FnMut(&mut f64)) {
        for resource in &mut self.resource_spans {
            for scope in &mut resource.scope_spans {
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
            for scope in &mut resource.scope_logs {
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
            for scope in &mut resource.scope_metrics {
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
        metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics},
        trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event},
    };

    fn attributes() -> Vec<KeyValue> {
        let values = [
            Value::StringValue("Grüße, 世界 🦀".to_owned()),
            Value::StringValue("NaN".to_owned()),
            Value::BoolValue(false),
            Value::IntValue(i64::MIN),
            Value::IntValue(9_007_199_254_740_993),
            Value::DoubleValue(f64::NAN),
            Value::DoubleValue(f64::INFINITY),
            Value::DoubleValue(f64::NEG_INFINITY),
            Value::DoubleValue(0.1),
            Value::DoubleValue(3.0),
            Value::BytesValue(vec![0, 159, 146, 150]),
            Value::ArrayValue(ArrayValue::default()),
            Value::KvlistValue(KeyValueList::default()),
        ];
        let value = |value| Some(AnyValue { value: Some(value) });
        values
            .into_iter()
            .enumerate()
            .map(|(number, of)| KeyValue {
                key: number.to_string(),
                value: value(of),
                ..Default::default()
            })
            .collect()
    }

    #[track_caller]
    fn comes_back<R: ExportRequest + std::fmt::Debug>(request: &R) {
        let line = encode(request);
        assert!(!line.contains(&b'\n'));
        // As text, because a number that is none is not equal to itself.
        assert_eq!(
            format!("{:?}", decode::<R>(&line).expect("a line can be read")),
            format!("{request:?}"),
            "{}",
            String::from_utf8_lossy(&line)
        );
    }

    #[test]
    fn a_line_of_spans_comes_back() {
        comes_back(&ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    spans: vec![Span {
                        trace_id: vec![1; 16],
                        span_id: vec![2; 8],
                        start_time_unix_nano: u64::MAX,
                        attributes: attributes(),
                        events: vec![Event {
                            attributes: attributes(),
                            ..Default::default()
                        }],
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        });
    }

    #[test]
    fn a_line_of_log_records_comes_back() {
        comes_back(&ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![LogRecord {
                        body: attributes().remove(0).value,
                        attributes: attributes(),
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        });
    }

    #[test]
    fn a_line_of_metrics_comes_back() {
        comes_back(&ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![ScopeMetrics {
                    metrics: vec![Metric {
                        name: "gauge".to_owned(),
                        data: Some(Data::Gauge(Gauge {
                            data_points: vec![NumberDataPoint {
                                attributes: attributes(),
                                value: Some(number_data_point::Value::AsDouble(f64::NAN)),
                                ..Default::default()
                            }],
                        })),
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        });
    }

    #[test]
    fn numbers_that_are_none_are_written_as_protobuf_has_them() {
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![LogRecord {
                        attributes: attributes(),
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        };
        let json = String::from_utf8(encode(&request)).expect("text");
        for number in [r#""NaN""#, r#""Infinity""#, r#""-Infinity""#, "0.1", "3.0"] {
            assert!(
                json.contains(&format!(r#"{{"doubleValue":{number}}}"#)),
                "{json}"
            );
        }
    }
}
