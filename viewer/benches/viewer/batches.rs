//! Requests as an app makes them, at next to no cost for the sender: one is encoded, and the others are copies of it with other ids
//! and times.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric::Data,
        number_data_point::Value as Number,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use prost::Message;

/// As much as an exporter sends at once by default.
pub const BATCH: u64 = 512;
pub const SPANS_PER_TRACE: u64 = 8;

/// When the first span starts, in nanoseconds since the Unix epoch.
pub const START: u64 = 1_700_000_000_000_000_000;

/// The distance of two traces: a million of them are two hours.
const TRACE_NANOS: u64 = 7_200_000;

/// Fills in what differs between batches.
pub struct Batches {
    encoded: Vec<u8>,
    /// Where in it which of [`values`] is.
    places: Vec<(usize, usize)>,
}

/// A value that differs between batches. All have the same size, so that every batch has the same layout.
type Bytes = [u8; 8];

impl Batches {
    pub fn new() -> Self {
        // Not the first batch: its small numbers would be found where they are none of the values.
        let at = BATCH * 1_234_567;
        let encoded = request(at).encode_to_vec();
        let values = values(at);
        let index: HashMap<Bytes, usize> = values.iter().copied().zip(0..).collect();
        let places = encoded
            .windows(size_of::<Bytes>())
            .enumerate()
            .filter_map(|(place, bytes)| Some((place, *index.get(bytes)?)))
            .collect();
        let batches = Self { encoded, places };
        assert!(
            batches.at(0) == request(0).encode_to_vec(),
            "a value was not found"
        );
        batches
    }

    /// The request with the spans from the number `from` on.
    pub fn at(&self, from: u64) -> Vec<u8> {
        let values = values(from);
        let mut encoded = self.encoded.clone();
        for (place, index) in &self.places {
            encoded[*place..][..size_of::<Bytes>()].copy_from_slice(&values[*index]);
        }
        encoded
    }
}

/// The id of a trace, random as ids are.
pub fn trace_id(trace: u64) -> u128 {
    u128::from(spread(trace)) << 64 | u128::from(spread(trace ^ 0x5555_5555_5555))
}

fn span_id(n: u64) -> u64 {
    spread(n + (1 << 40))
}

/// Never zero, and never the same for two numbers.
fn spread(n: u64) -> u64 {
    (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// When a span starts and ends.
fn times(n: u64) -> (u64, u64) {
    let (trace, place) = (n / SPANS_PER_TRACE, n % SPANS_PER_TRACE);
    let start = START + trace * TRACE_NANOS + place * 20_000;
    (
        start,
        start + 1_000_000 + (trace * 7919 % 1000) * 3000 - place * 100_000,
    )
}

fn message_id(trace: u64) -> String {
    format!("{trace:08}")
}

fn values(from: u64) -> Vec<Bytes> {
    let mut values = Vec::with_capacity(BATCH as usize * 5);
    for n in from..from + BATCH {
        let trace = n / SPANS_PER_TRACE;
        let (start, end) = times(n);
        if n % SPANS_PER_TRACE == 0 {
            let id = trace_id(trace).to_be_bytes();
            let message = message_id(trace);
            for bytes in [&id[..8], &id[8..], message.as_bytes()] {
                values.push(bytes.try_into().expect("eight bytes"));
            }
        }
        values.push(span_id(n).to_be_bytes());
        values.push(start.to_le_bytes());
        values.push(end.to_le_bytes());
    }
    values
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    }
}

fn any(value: &str) -> AnyValue {
    AnyValue {
        value: Some(Value::StringValue(value.to_owned())),
    }
}

fn resource(service: &str) -> Option<Resource> {
    Some(Resource {
        attributes: vec![text("service.name", service)],
        ..Resource::default()
    })
}

fn scope(name: &str) -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: name.to_owned(),
        ..InstrumentationScope::default()
    })
}

/// A click, its invoke, the command, and a server, with 190 bytes of attributes each.
fn request(from: u64) -> ExportTraceServiceRequest {
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    for n in from..from + BATCH {
        let (trace, place) = (n / SPANS_PER_TRACE, n % SPANS_PER_TRACE);
        let (name, kind, list) = match place {
            0 => ("click", 1, 0),
            1 => ("send_message", 3, 0),
            2 => ("send_message", 2, 1),
            3 => ("send_message", 1, 1),
            6 => ("POST /messages", 2, 2),
            _ => ("work", 1, 1),
        };
        let mut attributes = vec![
            text("tauri.webview.label", "main"),
            text(
                "code.function.name",
                &format!("messenger::commands::{name}"),
            ),
            text("message.id", &message_id(trace)),
            text("filler", &"x".repeat(80)),
        ];
        // The same traces of each batch, so that the layout stays.
        let of_batch = trace % (BATCH / SPANS_PER_TRACE);
        if place == 1 || place == 2 {
            attributes.push(text("rpc.system.name", "tauri"));
            attributes.push(text("rpc.method", &format!("command_{:02}", of_batch % 20)));
        }
        let has_failed = place == 6 && of_batch == 7;
        let (start, end) = times(n);
        lists[list].push(Span {
            trace_id: trace_id(trace).to_be_bytes().to_vec(),
            span_id: span_id(n).to_be_bytes().to_vec(),
            parent_span_id: if place == 0 {
                Vec::new()
            } else {
                span_id(n - 1).to_be_bytes().to_vec()
            },
            name: name.to_owned(),
            kind,
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            status: has_failed.then(|| Status {
                code: 2,
                message: "not connected".to_owned(),
            }),
            attributes,
            ..Span::default()
        });
    }
    let groups = [
        ("messenger", "tauri-plugin-opentelemetry-api"),
        ("messenger", "messenger"),
        ("relay", "axum"),
    ];
    let resource_spans = groups
        .into_iter()
        .zip(lists)
        .map(|((service, name), spans)| ResourceSpans {
            resource: resource(service),
            scope_spans: vec![ScopeSpans {
                scope: scope(name),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        });
    ExportTraceServiceRequest {
        resource_spans: resource_spans.collect(),
    }
}

/// A log record of each of so many traces.
pub fn logs(traces: std::ops::Range<u64>) -> Vec<u8> {
    let records = traces.map(|trace| LogRecord {
        time_unix_nano: times(trace * SPANS_PER_TRACE).0,
        severity_number: if trace % 100 == 0 { 17 } else { 9 },
        body: Some(any(&format!("message {trace} goes to peer {}", trace % 50))),
        attributes: vec![text("message.id", &message_id(trace))],
        trace_id: trace_id(trace).to_be_bytes().to_vec(),
        span_id: span_id(trace * SPANS_PER_TRACE).to_be_bytes().to_vec(),
        ..LogRecord::default()
    });
    let scope_logs = ScopeLogs {
        scope: scope("messenger"),
        log_records: records.collect(),
        ..ScopeLogs::default()
    };
    let resource_logs = ResourceLogs {
        resource: resource("messenger"),
        scope_logs: vec![scope_logs],
        ..ResourceLogs::default()
    };
    ExportLogsServiceRequest {
        resource_logs: vec![resource_logs],
    }
    .encode_to_vec()
}

/// A data point of each of fifty series, from the time of a trace.
pub fn points(trace: u64) -> Vec<u8> {
    let points = (0..50).map(|peer| NumberDataPoint {
        time_unix_nano: times(trace * SPANS_PER_TRACE).0,
        attributes: vec![text("peer", &format!("peer {peer}"))],
        value: Some(Number::AsDouble((trace % 97 + peer) as f64)),
        ..NumberDataPoint::default()
    });
    let metric = Metric {
        name: "messenger.queue.length".to_owned(),
        data: Some(Data::Gauge(Gauge {
            data_points: points.collect(),
        })),
        ..Metric::default()
    };
    let scope_metrics = ScopeMetrics {
        scope: scope("messenger"),
        metrics: vec![metric],
        ..ScopeMetrics::default()
    };
    let resource_metrics = ResourceMetrics {
        resource: resource("messenger"),
        scope_metrics: vec![scope_metrics],
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![resource_metrics],
    }
    .encode_to_vec()
}
