//! How many values a request has. They are counted before it is decoded: an empty span has two bytes, and takes hundreds in memory.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::{Encoding, Signal};

/// The most values of a request. They take some 250 MB in memory at most, and are those of some 10 000 spans with all their attributes.
pub(super) const MAX_VALUES: usize = 500_000;

/// The most values of a request in a file, which the user has chosen. A line of an export has up to 2000 spans with all their events, and
/// each field is a value of it.
pub(super) const MAX_VALUES_IN_FILES: usize = 8 * MAX_VALUES;

/// Messages are decoded to this depth.
const MAX_DEPTH: u32 = 100;

/// A type of message, by those of its fields that have messages.
struct Type(&'static [(u32, &'static Type)]);

static LEAF: Type = Type(&[]);
static VALUE: Type = Type(&[(5, &VALUES), (6, &ATTRIBUTES)]);
static VALUES: Type = Type(&[(1, &VALUE)]);
static ATTRIBUTES: Type = Type(&[(1, &ATTRIBUTE)]);
static ATTRIBUTE: Type = Type(&[(2, &VALUE)]);
static RESOURCE: Type = Type(&[(1, &ATTRIBUTE), (3, &LEAF)]);
static SCOPE: Type = Type(&[(3, &ATTRIBUTE)]);

static TRACES: Type = Type(&[(1, &RESOURCE_SPANS)]);
static RESOURCE_SPANS: Type = Type(&[(1, &RESOURCE), (2, &SCOPE_SPANS)]);
static SCOPE_SPANS: Type = Type(&[(1, &SCOPE), (2, &SPAN)]);
static SPAN: Type = Type(&[(9, &ATTRIBUTE), (11, &EVENT), (13, &LINK), (15, &LEAF)]);
static EVENT: Type = Type(&[(3, &ATTRIBUTE)]);
static LINK: Type = Type(&[(4, &ATTRIBUTE)]);

static LOGS: Type = Type(&[(1, &RESOURCE_LOGS)]);
static RESOURCE_LOGS: Type = Type(&[(1, &RESOURCE), (2, &SCOPE_LOGS)]);
static SCOPE_LOGS: Type = Type(&[(1, &SCOPE), (2, &RECORD)]);
static RECORD: Type = Type(&[(5, &VALUE), (6, &ATTRIBUTE)]);

static METRICS: Type = Type(&[(1, &RESOURCE_METRICS)]);
static RESOURCE_METRICS: Type = Type(&[(1, &RESOURCE), (2, &SCOPE_METRICS)]);
static SCOPE_METRICS: Type = Type(&[(1, &SCOPE), (2, &METRIC)]);
static METRIC: Type = Type(&[
    (5, &NUMBERS),
    (7, &NUMBERS),
    (9, &HISTOGRAMS),
    (10, &EXPONENTIALS),
    (11, &SUMMARIES),
    (12, &ATTRIBUTE),
]);
static NUMBERS: Type = Type(&[(1, &NUMBER)]);
static NUMBER: Type = Type(&[(5, &EXEMPLAR), (7, &ATTRIBUTE)]);
static HISTOGRAMS: Type = Type(&[(1, &HISTOGRAM)]);
static HISTOGRAM: Type = Type(&[(8, &EXEMPLAR), (9, &ATTRIBUTE)]);
static EXPONENTIALS: Type = Type(&[(1, &EXPONENTIAL)]);
static EXPONENTIAL: Type = Type(&[(1, &ATTRIBUTE), (8, &LEAF), (9, &LEAF), (11, &EXEMPLAR)]);
static SUMMARIES: Type = Type(&[(1, &SUMMARY)]);
static SUMMARY: Type = Type(&[(6, &LEAF), (7, &ATTRIBUTE)]);
static EXEMPLAR: Type = Type(&[(7, &ATTRIBUTE)]);

/// Whether a request has more values than `most`. One that is damaged has not: the decoder says what is wrong with it.
pub(super) fn are_too_many(signal: Signal, encoding: Encoding, body: &[u8], most: usize) -> bool {
    let request = match signal {
        Signal::Traces => &TRACES,
        Signal::Logs => &LOGS,
        Signal::Metrics => &METRICS,
    };
    match encoding {
        Encoding::Json => marks(body) > most,
        Encoding::Protobuf => {
            let mut left = most;
            count(request, body, 0, &mut left).is_none()
        }
    }
}

/// How many `{`, `[` and `,` there are outside of texts: one of them is before each value of JSON.
fn marks(json: &[u8]) -> usize {
    let (mut marks, mut in_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'{' | b'[' | b',' if !in_text => marks += 1,
            _ => {}
        }
    }
    marks
}

/// Takes the messages within one from what is left; `None` if they are more.
fn count(of: &Type, mut bytes: &[u8], depth: u32, left: &mut usize) -> Option<()> {
    while let Ok((field, wire)) = decode_key(&mut bytes) {
        let known = of.0.iter().find(|(own, _)| *own == field);
        match known {
            Some((_, of)) if wire == WireType::LengthDelimited && depth < MAX_DEPTH => {
                *left = left.checked_sub(1)?;
                let length = decode_varint(&mut bytes).unwrap_or(u64::MAX);
                let Some((message, rest)) = bytes.split_at_checked(length as usize) else {
                    break;
                };
                count(of, message, depth + 1, left)?;
                bytes = rest;
            }
            _ => {
                if skip_field(wire, field, &mut bytes, DecodeContext::default()).is_err() {
                    break;
                }
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        collector::{
            logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
            trace::v1::ExportTraceServiceRequest,
        },
        common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
        logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
        metrics::v1::{
            Histogram, HistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics, metric::Data,
        },
        trace::v1::{ResourceSpans, ScopeSpans, Span},
    };
    use prost::Message;

    use super::*;

    fn traces(spans: Vec<Span>) -> Vec<u8> {
        let scope_spans = vec![ScopeSpans {
            spans,
            ..ScopeSpans::default()
        }];
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans,
                ..ResourceSpans::default()
            }],
        };
        request.encode_to_vec()
    }

    fn logs(record: LogRecord) -> Vec<u8> {
        let scope_logs = vec![ScopeLogs {
            log_records: vec![record],
            ..ScopeLogs::default()
        }];
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs,
                ..ResourceLogs::default()
            }],
        };
        request.encode_to_vec()
    }

    fn metrics(data_points: Vec<HistogramDataPoint>) -> Vec<u8> {
        let metric = Metric {
            data: Some(Data::Histogram(Histogram {
                data_points,
                ..Histogram::default()
            })),
            ..Metric::default()
        };
        let scope_metrics = vec![ScopeMetrics {
            metrics: vec![metric],
            ..ScopeMetrics::default()
        }];
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics,
                ..ResourceMetrics::default()
            }],
        };
        request.encode_to_vec()
    }

    /// A record whose body is a list of so many nothings.
    fn list(values: usize) -> LogRecord {
        let values = vec![AnyValue::default(); values];
        LogRecord {
            body: Some(AnyValue {
                value: Some(Value::ArrayValue(ArrayValue { values })),
            }),
            ..LogRecord::default()
        }
    }

    #[test]
    fn small_values_are_counted_wherever_they_are() {
        // Beside them a request has six messages at most.
        let (few, many) = (MAX_VALUES - 10, MAX_VALUES + 1);
        let attributes = |count| Span {
            attributes: vec![KeyValue::default(); count],
            ..Span::default()
        };
        let of = |count| {
            [
                (Signal::Traces, traces(vec![Span::default(); count])),
                (Signal::Traces, traces(vec![attributes(count)])),
                (Signal::Logs, logs(list(count))),
                (
                    Signal::Metrics,
                    metrics(vec![HistogramDataPoint::default(); count]),
                ),
            ]
        };
        for (index, (signal, body)) in of(few).into_iter().enumerate() {
            assert!(
                !are_too_many(signal, Encoding::Protobuf, &body, MAX_VALUES),
                "{index}"
            );
        }
        for (index, (signal, body)) in of(many).into_iter().enumerate() {
            assert!(
                are_too_many(signal, Encoding::Protobuf, &body, MAX_VALUES),
                "{index}"
            );
        }
        let json = |count| format!(r#"{{"resourceSpans":[{}]}}"#, vec!["{}"; count].join(","));
        let is_refused = |count| {
            are_too_many(
                Signal::Traces,
                Encoding::Json,
                json(count).as_bytes(),
                MAX_VALUES,
            )
        };
        assert_eq!((is_refused(few / 2), is_refused(many)), (false, true));
    }

    #[test]
    fn what_is_in_a_text_of_json_is_no_value() {
        assert_eq!(marks(br#"{"a":["b\\",1]}"#), 3);
        assert_eq!(marks(br#"{"a":"{[,\"{[,"}"#), 1);
        let body = ",".repeat(MAX_VALUES);
        let request = format!(r#"{{"resourceLogs":[{{"schemaUrl":"{body}"}}]}}"#);
        assert!(!are_too_many(
            Signal::Logs,
            Encoding::Json,
            request.as_bytes(),
            MAX_VALUES
        ));
    }

    #[test]
    fn what_is_damaged_is_left_to_the_decoder() {
        for body in [
            b"garbage".as_slice(),
            &[0x0a, 0xff, 0xff, 0xff],
            &[0x0a, 5, 1],
            // A group that does not end.
            &[0x0b, 0x0b],
        ] {
            assert!(!are_too_many(
                Signal::Traces,
                Encoding::Protobuf,
                body,
                MAX_VALUES
            ));
        }
    }
}
