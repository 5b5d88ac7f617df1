//! OTLP as JSON (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
//!
//! `opentelemetry-proto` does it, but for numbers that are none: serde_json writes them as `null`,
//! Protobuf's JSON has `"NaN"`, `"Infinity"` and `"-Infinity"`. So each is replaced by a stand-in
//! that no measurement has, and the stand-in is written as the text.

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

use super::request::Request;

/// Three of the smallest numbers there are.
const NAN: f64 = f64::from_bits(0x0000_4f54_4c50_0001);
const INFINITY: f64 = f64::from_bits(0x0000_4f54_4c50_0002);
const NEG_INFINITY: f64 = f64::from_bits(0x0000_4f54_4c50_0003);

/// The request as one line of JSON, without the end of the line.
pub(super) fn encode<R: Request + Doubles>(request: &R) -> Vec<u8> {
    let mut stood_in = request.clone();
    stood_in.doubles(&mut |double| {
        if double.is_nan() {
            *double = NAN;
        } else if *double == f64::INFINITY {
            *double = INFINITY;
        } else if *double == f64::NEG_INFINITY {
            *double = NEG_INFINITY;
        }
    });
    let mut json = Vec::new();
    stood_in
        .serialize(&mut Serializer::with_formatter(&mut json, NonFinite))
        .expect("writing to memory cannot fail, and the keys are texts");
    json
}

/// Writes the stand-ins as what they stand for.
struct NonFinite;

impl Formatter for NonFinite {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        const WORDS: [(f64, &[u8]); 3] = [
            (NAN, b"\"NaN\""),
            (INFINITY, b"\"Infinity\""),
            (NEG_INFINITY, b"\"-Infinity\""),
        ];
        match WORDS.iter().find(|(stand_in, _)| *stand_in == value) {
            Some((_, word)) => writer.write_all(word),
            None => CompactFormatter.write_f64(writer, value),
        }
    }
}

/// Whatever has numbers with a point in it.
pub(crate) trait Doubles {
    /// Calls `each` with every one of them.
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

/// Of the kinds of metrics that the SDK makes.
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
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};

    use super::*;

    #[test]
    fn numbers_that_are_none_are_written_as_protobuf_has_them() {
        let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.5, 0.0];
        let record = LogRecord {
            attributes: numbers
                .map(|number| KeyValue {
                    key: "n".to_owned(),
                    value: Some(AnyValue {
                        value: Some(Value::DoubleValue(number)),
                    }),
                    ..Default::default()
                })
                .to_vec(),
            ..Default::default()
        };
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![record],
                    ..Default::default()
                }],
                ..Default::default()
            }],
        };
        let json: serde_json::Value =
            serde_json::from_slice(&encode(&request)).expect("this is JSON");
        let record = &json["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        let attributes = record["attributes"].as_array().expect("attributes");
        let values: Vec<_> = attributes
            .iter()
            .map(|pair| pair["value"]["doubleValue"].to_string())
            .collect();
        let expected = [r#""NaN""#, r#""Infinity""#, r#""-Infinity""#, "0.5", "0.0"];
        assert_eq!(values, expected);
    }
}
