//! A span as it arrived, flat: with its resource and scope, and ids as people read them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::{ResourceSpans, TracesData, span, status::StatusCode},
};
use serde_json::{Value, json};

/// The role of a span.
pub type Kind = span::SpanKind;

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing was said.
    Unset,
    /// Said to be well.
    Ok,
    /// Failed, with a description.
    Error(String),
}

/// One span, as a receiver got it.
#[derive(Debug, Clone)]
pub struct Span {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits, or empty for a root.
    pub parent_span_id: String,
    /// The name.
    pub name: String,
    /// The role.
    pub kind: Kind,
    /// The outcome.
    pub status: Status,
    /// Nanoseconds since the Unix epoch.
    pub start: u64,
    /// Nanoseconds since the Unix epoch.
    pub end: u64,
    /// The span's own attributes.
    pub attributes: BTreeMap<String, Value>,
    /// The attributes as they came, with what JSON cannot say.
    pub exact: Vec<KeyValue>,
    /// The spans it links to, as trace id and span id.
    pub links: Vec<(String, String)>,
    /// Names of the events.
    pub events: Vec<String>,
    /// Name of the instrumentation scope.
    pub scope: String,
    /// Version of the instrumentation scope.
    pub scope_version: String,
    /// Schema URL of the instrumentation scope.
    pub scope_schema_url: String,
    /// Schema URL of the resource.
    pub resource_schema_url: String,
    /// Attributes of the resource.
    pub resource: BTreeMap<String, Value>,
}

impl Span {
    /// All spans of one export.
    pub fn decode(resource_spans: Vec<ResourceSpans>) -> Vec<Self> {
        let mut spans = Vec::new();
        for group in resource_spans {
            let resource = attributes(group.resource.unwrap_or_default().attributes);
            for scoped in group.scope_spans {
                let scope = scoped.scope.unwrap_or_default();
                for span in scoped.spans {
                    let kind = span.kind();
                    let status = span.status.unwrap_or_default();
                    spans.push(Self {
                        trace_id: hex(&span.trace_id),
                        span_id: hex(&span.span_id),
                        parent_span_id: hex(&span.parent_span_id),
                        name: span.name,
                        kind,
                        status: match status.code() {
                            StatusCode::Unset => Status::Unset,
                            StatusCode::Ok => Status::Ok,
                            StatusCode::Error => Status::Error(status.message),
                        },
                        start: span.start_time_unix_nano,
                        end: span.end_time_unix_nano,
                        attributes: attributes(span.attributes.clone()),
                        exact: span.attributes,
                        links: span
                            .links
                            .iter()
                            .map(|link| (hex(&link.trace_id), hex(&link.span_id)))
                            .collect(),
                        events: span.events.into_iter().map(|event| event.name).collect(),
                        scope: scope.name.clone(),
                        scope_version: scope.version.clone(),
                        scope_schema_url: scoped.schema_url.clone(),
                        resource_schema_url: group.schema_url.clone(),
                        resource: resource.clone(),
                    });
                }
            }
        }
        spans
    }

    /// All spans of OTLP JSON lines, such as an export of the viewer.
    ///
    /// # Errors
    /// If a span has a number that is none: opentelemetry-proto 0.33 cannot read that from JSON.
    pub fn of_json_lines(lines: &str) -> Result<Vec<Self>> {
        let mut spans = Vec::new();
        for line in lines
            .lines()
            .filter(|line| line.starts_with("{\"resourceSpans\""))
        {
            let data: TracesData = serde_json::from_str(line).with_context(|| line.to_owned())?;
            spans.extend(Self::decode(data.resource_spans));
        }
        Ok(spans)
    }

    /// All spans of a trace, as Jaeger's query API has it. Events, versions and schema URLs are left out.
    pub(crate) fn of_jaeger(trace: &Value) -> Vec<Self> {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let tags = |value: &Value| -> BTreeMap<String, Value> {
            list(value)
                .into_iter()
                .map(|tag| (text(&tag["key"]), tag["value"].clone()))
                .collect()
        };
        let microseconds = |value: &Value| value.as_u64().unwrap_or_default() * 1000;
        list(&trace["spans"])
            .iter()
            .map(|span| {
                let (parents, links): (Vec<_>, Vec<_>) = list(&span["references"])
                    .into_iter()
                    .partition(|reference| reference["refType"] == "CHILD_OF");
                let mut attributes = tags(&span["tags"]);
                let process = &trace["processes"][text(&span["processID"])];
                let mut resource = tags(&process["tags"]);
                resource.insert("service.name".to_owned(), process["serviceName"].clone());
                let description = attributes.remove("otel.status_description");
                let start = microseconds(&span["startTime"]);
                Self {
                    trace_id: text(&span["traceID"]),
                    span_id: text(&span["spanID"]),
                    parent_span_id: parents
                        .first()
                        .map(|parent| text(&parent["spanID"]))
                        .unwrap_or_default(),
                    name: text(&span["operationName"]),
                    kind: match attributes
                        .remove("span.kind")
                        .as_ref()
                        .and_then(Value::as_str)
                    {
                        Some("client") => Kind::Client,
                        Some("server") => Kind::Server,
                        Some("producer") => Kind::Producer,
                        Some("consumer") => Kind::Consumer,
                        _ => Kind::Internal,
                    },
                    status: match attributes
                        .remove("otel.status_code")
                        .as_ref()
                        .and_then(Value::as_str)
                    {
                        Some("ERROR") => Status::Error(text(&description.unwrap_or_default())),
                        Some("OK") => Status::Ok,
                        _ => Status::Unset,
                    },
                    start,
                    end: start + microseconds(&span["duration"]),
                    scope: attributes
                        .remove("otel.scope.name")
                        .as_ref()
                        .map(text)
                        .unwrap_or_default(),
                    attributes,
                    exact: Vec::new(),
                    links: links
                        .iter()
                        .map(|link| (text(&link["traceID"]), text(&link["spanID"])))
                        .collect(),
                    events: Vec::new(),
                    scope_version: String::new(),
                    scope_schema_url: String::new(),
                    resource_schema_url: String::new(),
                    resource,
                }
            })
            .collect()
    }

    /// The `service.name` of its resource.
    pub fn service(&self) -> &str {
        self.resource
            .get("service.name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether it failed.
    pub fn is_error(&self) -> bool {
        matches!(self.status, Status::Error(_))
    }

    /// How long it took, in milliseconds.
    pub fn millis(&self) -> f64 {
        self.end.saturating_sub(self.start) as f64 / 1e6
    }

    /// An attribute as a string; empty when it has none of that name.
    pub fn text(&self, key: &str) -> &str {
        self.attributes
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, Value> {
    list.into_iter()
        .map(|pair| (pair.key, value(pair.value)))
        .collect()
}

pub(crate) fn value(any: Option<AnyValue>) -> Value {
    match any.and_then(|any| any.value) {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::BoolValue(value)) => json!(value),
        Some(any_value::Value::IntValue(number)) => json!(number),
        Some(any_value::Value::DoubleValue(number)) => json!(number),
        Some(any_value::Value::ArrayValue(array)) => {
            array.values.into_iter().map(|v| value(Some(v))).collect()
        }
        Some(any_value::Value::KvlistValue(list)) => json!(attributes(list.values)),
        Some(any_value::Value::BytesValue(bytes)) => json!(bytes),
        _ => Value::Null,
    }
}
