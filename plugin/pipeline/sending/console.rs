//! Writes telemetry for a person to read: one line for each span, log record and metric point.

use std::{
    fmt::Write,
    time::{Duration, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{Metric, metric::Data, number_data_point},
    trace::v1::{Span, status::StatusCode},
};
use serde_json::Value as Json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// `time name duration outcome trace span parent attributes`.
pub(crate) fn span(span: &Span) -> String {
    let nanos = span
        .end_time_unix_nano
        .saturating_sub(span.start_time_unix_nano);
    let duration = Duration::from_nanos(nanos);
    let status = span.status.clone().unwrap_or_default();
    let outcome = match status.code() {
        StatusCode::Error => "error",
        StatusCode::Ok | StatusCode::Unset => "ok",
    };
    let parent = match &span.parent_span_id {
        id if id.is_empty() => "-".to_owned(),
        id => hex(id),
    };
    line(&format!(
        "{} SPAN {} {duration:.1?} {outcome} trace_id={} span_id={} parent_id={parent}{}",
        time(span.start_time_unix_nano),
        span.name,
        hex(&span.trace_id),
        hex(&span.span_id),
        attributes(&span.attributes),
    ))
}

/// `time level target: message attributes trace`.
pub(crate) fn log(target: &str, record: &LogRecord) -> String {
    let mut shown = format!(
        "{} {} {target}:",
        time(record.time_unix_nano),
        record.severity_text
    );
    if let Some(body) = &record.body {
        let _ = write!(shown, " {}", text(Some(body)));
    }
    shown.push_str(&attributes(&record.attributes));
    if !record.trace_id.is_empty() {
        let _ = write!(shown, " trace_id={}", hex(&record.trace_id));
        let _ = write!(shown, " span_id={}", hex(&record.span_id));
    }
    line(&shown)
}

/// `time name value unit attributes`, a line per point.
pub(crate) fn metric(metric: &Metric) -> String {
    let point = |nanos, points: &[KeyValue], value: String| {
        line(&format!(
            "{} METRIC {} {value} {}{}",
            time(nanos),
            metric.name,
            metric.unit,
            attributes(points)
        ))
    };
    let numbers = match &metric.data {
        Some(Data::Gauge(gauge)) => &gauge.data_points[..],
        Some(Data::Sum(sum)) => &sum.data_points[..],
        Some(Data::Histogram(histogram)) => {
            return histogram
                .data_points
                .iter()
                .map(|measured| {
                    let sum = measured.sum.unwrap_or_default();
                    let value = format!("count={} sum={sum}", measured.count);
                    point(measured.time_unix_nano, &measured.attributes, value)
                })
                .collect();
        }
        // The pipeline configures no exponential histograms, and the SDK has no summaries.
        _ => &[],
    };
    numbers
        .iter()
        .map(|measured| {
            let value = match measured.value {
                Some(number_data_point::Value::AsInt(number)) => number.to_string(),
                Some(number_data_point::Value::AsDouble(number)) => number.to_string(),
                None => String::new(),
            };
            point(measured.time_unix_nano, &measured.attributes, value)
        })
        .collect()
}

/// The time in UTC, in the format of RFC 3339.
pub(crate) fn time(nanos: u64) -> String {
    OffsetDateTime::from(UNIX_EPOCH + Duration::from_nanos(nanos))
        .format(&Rfc3339)
        .unwrap_or_default()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn attributes(attributes: &[KeyValue]) -> String {
    attributes.iter().fold(String::new(), |mut shown, pair| {
        let _ = write!(shown, " {}={}", pair.key, text(pair.value.as_ref()));
        shown
    })
}

/// A value as text.
fn text(value: Option<&AnyValue>) -> String {
    match value.map(plain) {
        Some(Json::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A value as plain JSON: `7` instead of OTLP's `{"intValue":"7"}`. Bytes are hexadecimal.
pub(crate) fn plain(value: &AnyValue) -> Json {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone().into(),
        Some(Value::BoolValue(value)) => (*value).into(),
        Some(Value::IntValue(number)) => (*number).into(),
        Some(Value::DoubleValue(number)) if !number.is_finite() => number.to_string().into(),
        Some(Value::DoubleValue(number)) => (*number).into(),
        Some(Value::BytesValue(bytes)) => hex(bytes).into(),
        Some(Value::ArrayValue(array)) => array.values.iter().map(plain).collect(),
        Some(Value::KvlistValue(list)) => object(&list.values),
        // Only OTLP profiles have references to a table of strings.
        Some(Value::StringValueStrindex(_)) | None => Json::Null,
    }
}

/// Attributes as an object.
pub(crate) fn object(attributes: &[KeyValue]) -> Json {
    let pairs = attributes.iter().map(|pair| {
        let value = pair.value.as_ref().map_or(Json::Null, plain);
        (pair.key.clone(), value)
    });
    Json::Object(pairs.collect())
}

/// Ends the line, and escapes control characters in it: a page chooses names as well, and must not write a line of its own
/// or command the terminal.
fn line(shown: &str) -> String {
    let mut line = String::with_capacity(shown.len() + 1);
    for c in shown.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_page_chooses_begins_a_line_or_commands_the_terminal() {
        let bad = "a\nb\u{1b}]c";
        let attributes = vec![KeyValue {
            key: bad.to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue(bad.to_owned())),
            }),
            ..Default::default()
        }];
        let shown_span = span(&Span {
            name: bad.to_owned(),
            attributes: attributes.clone(),
            ..Default::default()
        });
        let record = LogRecord {
            severity_text: bad.to_owned(),
            attributes,
            ..Default::default()
        };
        for (shown, times) in [(shown_span, 3), (log(bad, &record), 4)] {
            let shown = shown.strip_suffix('\n').expect("a line");
            assert!(!shown.contains(char::is_control), "{shown:?}");
            assert_eq!(shown.matches("a\\nb").count(), times, "{shown:?}");
        }
    }
}
