//! What becomes of measurements of pages: how they add up, and what goes beyond the budget of a webview.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{KeyValue, any_value::Value as ProtoValue},
    metrics::v1::{metric::Data, number_data_point},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    metrics::{
        PeriodicReader, SdkMeterProvider, Temporality, data::ResourceMetrics,
        exporter::PushMetricExporter,
    },
};

use super::{signals::fixture, *};
use crate::page_intake::{Meters, measurement::Measurement};

/// Measurements of pages, and what the SDK makes of them.
struct Measured {
    meters: Meters,
    provider: SdkMeterProvider,
    exported: Exported,
}

/// What was collected last.
#[derive(Clone, Default)]
struct Exported(Arc<Mutex<ExportMetricsServiceRequest>>);

impl PushMetricExporter for Exported {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        *self.0.lock().unwrap() = metrics.into();
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

/// A point of a sum.
struct Point {
    scope: String,
    metric: String,
    attributes: Vec<String>,
    value: f64,
}

impl Measured {
    fn new() -> Self {
        let exported = Exported::default();
        let provider = SdkMeterProvider::builder()
            .with_reader(PeriodicReader::builder(exported.clone()).build())
            .build();
        Self {
            meters: Meters::new(provider.clone()),
            provider,
            exported,
        }
    }

    /// How many of the measurements that a page sends were taken.
    fn record(&self, webview: &'static str, sent: Vec<Json>) -> usize {
        let recorded = measurements(webview, sent).into_iter();
        recorded
            .map(|one| self.meters.record(&webview.into(), one))
            .filter(|taken| *taken)
            .count()
    }

    fn sums(&self) -> Vec<Point> {
        self.provider.force_flush().unwrap();
        let exported = self.exported.0.lock().unwrap();
        let mut points = Vec::new();
        for scoped in &exported.resource_metrics[0].scope_metrics {
            for metric in &scoped.metrics {
                let Some(Data::Sum(sum)) = &metric.data else {
                    continue;
                };
                points.extend(sum.data_points.iter().map(|point| {
                    let mut attributes: Vec<_> = point.attributes.iter().map(written).collect();
                    attributes.sort();
                    let Some(number_data_point::Value::AsDouble(value)) = point.value else {
                        panic!("a number with a point: {point:?}");
                    };
                    Point {
                        scope: scoped.scope.as_ref().unwrap().name.clone(),
                        metric: metric.name.clone(),
                        attributes,
                        value,
                    }
                }));
            }
        }
        points
    }
}

fn written(pair: &KeyValue) -> String {
    let value = match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(ProtoValue::StringValue(text)) => text.clone(),
        Some(ProtoValue::BoolValue(value)) => value.to_string(),
        Some(ProtoValue::IntValue(value)) => value.to_string(),
        other => panic!("{other:?}"),
    };
    format!("{}={value}", pair.key)
}

fn counter(name: &str, attributes: Json) -> Json {
    json!({ "kind": "counter", "name": name, "value": 1, "attributes": attributes })
}

fn measurements(webview: &'static str, list: Vec<Json>) -> Vec<Measurement> {
    let mut message = batch(&[]);
    message["metrics"] = json!(list);
    let body = message.to_string();
    let read = page_intake().read(body.as_bytes(), &webview.into(), &SpanContext::NONE);
    read.measurements.items
}

#[test]
fn measurements_of_a_page_add_up_under_the_name_of_its_scope() {
    let measured = Measured::new();
    for _ in 0..3 {
        for one in fixture().measurements.items {
            assert!(measured.meters.record(&"main".into(), one));
        }
    }
    let sums = measured.sums();
    let named = |name| sums.iter().find(|point| point.metric == name).unwrap();
    let sent = named("messages.sent");
    assert_eq!(sent.scope, "tauri-plugin-opentelemetry-api");
    assert_eq!(
        sent.attributes,
        [
            "screen=inbox",
            "session.id=2f8d",
            "tauri.webview.label=main"
        ]
    );
    assert_eq!(sent.value, 6.0);
    assert_eq!(named("drafts.open").value, -3.0);
}

#[test]
fn sets_of_attributes_without_end_overflow_and_cost_no_other_page_its_own() {
    let measured = Measured::new();
    let endless = (0..1_000).map(|id| counter("clicks", json!({ "id": id })));
    let taken = measured.record("looping", endless.collect());
    assert_eq!(taken, 1_000, "what overflows is counted, and not lost");
    let other = (0..50).map(|id| counter("clicks", json!({ "id": id })));
    measured.record("main", other.collect());
    let sums = measured.sums();
    let of = |text: &str| {
        sums.iter()
            .filter(|point| point.attributes.iter().any(|one| one == text))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("tauri.webview.label=looping").len(), 100);
    assert_eq!(of("tauri.webview.label=main").len(), 50);
    let [overflow] = of("otel.metric.overflow=true")[..] else {
        panic!("one point of overflow");
    };
    assert_eq!(overflow.value, 900.0);
}

#[test]
fn long_texts_in_sets_of_attributes_overflow_as_well() {
    let measured = Measured::new();
    let long = |id| counter("clicks", json!({ "id": id, "url": "x".repeat(4_000) }));
    assert_eq!(measured.record("looping", (0..90).map(long).collect()), 90);
    let sums = measured.sums();
    let texts = sums.iter().flat_map(|point| &point.attributes);
    let bytes: usize = texts.map(String::len).sum();
    assert!((200_000..260_000).contains(&bytes), "{bytes}");
}

#[test]
fn instruments_without_end_are_refused_and_cost_no_other_page_its_own() {
    let measured = Measured::new();
    let endless = (0..300).map(|id| counter(&format!("looping.{id}"), json!({})));
    assert_eq!(measured.record("looping", endless.collect()), 100);
    let other = vec![counter("main", json!({}))];
    assert_eq!(measured.record("main", other), 1);
    // An instrument that another page has brought into being is there for all.
    let known = vec![counter("main", json!({}))];
    assert_eq!(measured.record("looping", known), 1);
}

#[test]
fn over_all_instruments_a_page_has_a_thousand_sets() {
    let measured = Measured::new();
    let endless = (0..2_000).map(|id| counter(&format!("c.{}", id % 50), json!({ "id": id })));
    measured.record("looping", endless.collect());
    let sums = measured.sums();
    let own = sums.iter().filter(|point| point.attributes.len() == 2);
    assert_eq!(own.count(), 1_000);
}

#[test]
fn windows_without_end_are_counted_together() {
    let measured = Measured::new();
    for number in 0..70 {
        let label: &'static str = format!("document-{number}").leak();
        let one = vec![counter("opened", json!({}))];
        assert_eq!(measured.record(label, one), 1);
    }
    let sums = measured.sums();
    assert_eq!(sums.len(), 64 + 1);
    assert_eq!(sums.iter().map(|point| point.value).sum::<f64>(), 70.0);
}
