//! What is measured whenever metrics are collected: the process, its windows, and the health of the telemetry.
//!
//! Names: <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>,
//! <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>; `tauri.*` are ours.

#[cfg(not(target_os = "ios"))]
mod process;

use std::sync::{Arc, Weak};

use opentelemetry::{KeyValue, metrics::Meter};
use opentelemetry_semantic_conventions::metric;

use crate::{
    config::Signal,
    names::{self, ERROR_TYPE},
    pipeline::{
        Breaker,
        health::{Health, Loss, Stage},
    },
    telemetry::Telemetry,
};

/// Traces, metrics or logs.
const SIGNAL: &str = "tauri.telemetry.signal";

/// How a run of the app ended: `clean`, or `crash` if there was no shutdown.
const SESSION_END: &str = "tauri.session.end_state";

/// The state of a circuit breaker: `closed`, `open` or `half_open`.
const BREAKER_STATE: &str = "tauri.telemetry.breaker.state";

/// Observes the health of the telemetry and the process, for as long as `telemetry` lives.
pub(crate) fn observe(telemetry: &Arc<Telemetry>) {
    let meter = &telemetry.meter;
    #[cfg(not(target_os = "ios"))]
    process::observe(meter);
    observe_delivery(meter, Arc::downgrade(telemetry));
    observe_pages(meter, Arc::downgrade(telemetry));
    observe_earlier_runs(meter, Arc::downgrade(telemetry));
    for signal in Signal::ALL {
        observe_signal(signal, telemetry);
    }
}

/// Observes how many windows there are.
pub(crate) fn observe_windows(meter: &Meter, count: impl Fn() -> usize + Send + Sync + 'static) {
    meter
        .i64_observable_up_down_counter("tauri.window.count")
        .with_description("Open windows.")
        .with_unit("{window}")
        .with_callback(move |observer| observer.observe(count() as i64, &[]))
        .build();
}

/// What the conventions call the health metrics of a signal.
struct HealthMetrics {
    unit: &'static str,
    exported: &'static str,
    /// `None` for metrics, which have no processor.
    processor: Option<ProcessorMetrics>,
}

struct ProcessorMetrics {
    component: &'static str,
    processed: &'static str,
    queue_size: &'static str,
}

impl HealthMetrics {
    fn of(signal: Signal) -> Self {
        match signal {
            Signal::Traces => Self {
                unit: "{span}",
                exported: metric::OTEL_SDK_EXPORTER_SPAN_EXPORTED,
                processor: Some(ProcessorMetrics {
                    component: "batching_span_processor",
                    processed: metric::OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
                    queue_size: metric::OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
                }),
            },
            Signal::Metrics => Self {
                unit: "{data_point}",
                exported: metric::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED,
                processor: None,
            },
            Signal::Logs => Self {
                unit: "{log_record}",
                exported: metric::OTEL_SDK_EXPORTER_LOG_EXPORTED,
                processor: Some(ProcessorMetrics {
                    component: "batching_log_processor",
                    processed: metric::OTEL_SDK_PROCESSOR_LOG_PROCESSED,
                    queue_size: metric::OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
                }),
            },
        }
    }
}

fn observe_signal(signal: Signal, telemetry: &Arc<Telemetry>) {
    let metrics = HealthMetrics::of(signal);
    let exported = HealthCounter {
        name: metrics.exported,
        description: "Items for which the export has finished; failed ones have an error.type.",
        unit: metrics.unit,
        component: telemetry.pipeline.signal(signal).exporter(),
        succeeded: Health::total_exported,
        // The conventions count what never reached the exporter at the processor.
        lost_at: match metrics.processor {
            Some(_) => &[Stage::Export],
            None => &[Stage::Queue, Stage::Export],
        },
    };
    exported.observe(signal, telemetry);
    let Some(processor) = metrics.processor else {
        return;
    };
    let component = names::component(processor.component).to_vec();
    let processed = HealthCounter {
        name: processor.processed,
        description: "Items that have left the queue; dropped ones have an error.type.",
        unit: metrics.unit,
        component: component.clone(),
        succeeded: Health::total_processed,
        lost_at: &[Stage::Queue],
    };
    processed.observe(signal, telemetry);
    let weak = Arc::downgrade(telemetry);
    telemetry
        .meter
        .i64_observable_up_down_counter(processor.queue_size)
        .with_description("Items that wait in the queue.")
        .with_unit(metrics.unit)
        .with_callback(move |observer| {
            if let Some(telemetry) = weak.upgrade() {
                observer.observe(telemetry.pipeline.queued(signal) as i64, &component);
            }
        })
        .build();
}

/// A counter of items that succeeded or were lost, at a component of the pipeline.
struct HealthCounter {
    name: &'static str,
    description: &'static str,
    unit: &'static str,
    /// The attributes that name the component.
    component: Vec<KeyValue>,
    succeeded: fn(&Health) -> u64,
    lost_at: &'static [Stage],
}

impl HealthCounter {
    fn observe(self, signal: Signal, telemetry: &Arc<Telemetry>) {
        let weak = Arc::downgrade(telemetry);
        telemetry
            .meter
            .u64_observable_counter(self.name)
            .with_description(self.description)
            .with_unit(self.unit)
            .with_callback(move |observer| {
                let Some(telemetry) = weak.upgrade() else {
                    return;
                };
                let health = &telemetry.pipeline.signal(signal).health;
                observer.observe((self.succeeded)(health), &self.component);
                for (loss, lost) in losses(health, self.lost_at) {
                    let error = [KeyValue::new(ERROR_TYPE, loss.name())];
                    observer.observe(lost, &[&self.component[..], &error].concat());
                }
            })
            .build();
    }
}

/// The losses that have occurred at one of the stages.
fn losses(health: &Health, stages: &[Stage]) -> impl Iterator<Item = (Loss, u64)> {
    let losses = health.losses();
    losses.filter(|(loss, _)| stages.contains(&loss.stage()))
}

/// Items of pages that were lost before they reached their queue, of all signals.
fn observe_pages(meter: &Meter, telemetry: Weak<Telemetry>) {
    meter
        .u64_observable_counter("tauri.telemetry.page.dropped")
        .with_description("Items of pages that were lost before they reached their queue.")
        .with_unit("{item}")
        .with_callback(move |observer| {
            let Some(telemetry) = telemetry.upgrade() else {
                return;
            };
            for signal in Signal::ALL {
                let health = &telemetry.pipeline.signal(signal).health;
                for (loss, lost) in losses(health, &[Stage::Page]) {
                    let attributes = [
                        KeyValue::new(SIGNAL, signal.name()),
                        KeyValue::new(ERROR_TYPE, loss.name()),
                    ];
                    observer.observe(lost, &attributes);
                }
            }
        })
        .build();
}

/// How runs of the app ended. A run is counted by the next one, which is the first that can know.
fn observe_earlier_runs(meter: &Meter, telemetry: Weak<Telemetry>) {
    meter
        .u64_observable_counter("tauri.session.ended")
        .with_description("Earlier runs of the app, by how they ended: clean, or crash.")
        .with_unit("{session}")
        .with_callback(move |observer| {
            let Some(telemetry) = telemetry.upgrade() else {
                return;
            };
            let runs = telemetry.pipeline.earlier_runs();
            for (end, count) in [("clean", runs.clean), ("crash", runs.crashed)] {
                if count > 0 {
                    observer.observe(count, &[KeyValue::new(SESSION_END, end)]);
                }
            }
        })
        .build();
}

/// What is kept on disk, and whether the collector is left alone.
fn observe_delivery(meter: &Meter, telemetry: Weak<Telemetry>) {
    let weak = telemetry.clone();
    meter
        .i64_observable_up_down_counter("tauri.telemetry.spool.size")
        .with_description("What is kept on disk until it can be delivered.")
        .with_unit("By")
        .with_callback(move |observer| {
            let Some(telemetry) = weak.upgrade() else {
                return;
            };
            for signal in Signal::ALL {
                let bytes = telemetry.pipeline.signal(signal).spool_bytes();
                observer.observe(bytes as i64, &[KeyValue::new(SIGNAL, signal.name())]);
            }
        })
        .build();
    meter
        .i64_observable_gauge("tauri.telemetry.breaker")
        .with_unit("1")
        .with_description("1 for the state of the circuit breaker of a signal's collector.")
        .with_callback(move |observer| {
            let Some(telemetry) = telemetry.upgrade() else {
                return;
            };
            for signal in Signal::ALL {
                let Some(breaker) = telemetry.pipeline.signal(signal).breaker() else {
                    continue;
                };
                for state in Breaker::STATES {
                    let attributes = [
                        KeyValue::new(SIGNAL, signal.name()),
                        KeyValue::new(BREAKER_STATE, state),
                    ];
                    observer.observe(i64::from(state == breaker.name()), &attributes);
                }
            }
        })
        .build();
}

#[cfg(test)]
mod tests {
    use anyhow::Result;
    use otel_harness::{Answer, Faulty, Source};
    use serde_json::json;

    use super::*;
    use crate::{
        config::{Config, Settings},
        pipeline::AppIdentity,
    };

    #[tokio::test]
    async fn what_pages_lose_is_a_metric_and_in_the_log_record_of_losses() -> Result<()> {
        let collector = Faulty::start(Answer::Well).await?;
        let env = |name: &str| match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(collector.endpoint().to_owned()),
            "OTEL_METRIC_EXPORT_INTERVAL" => Some("50".to_owned()),
            _ => None,
        };
        let decision = Config::resolve(&env, Settings::default(), Settings::default());
        let identity = AppIdentity {
            name: "test".to_owned(),
            version: String::new(),
            identifier: String::new(),
            home_folder: None,
            log_folder: None,
            config_folder: None,
            data_folder: None,
        };
        let telemetry = Telemetry::start(&decision.config.expect("it is on"), &identity, None)?;
        observe(&telemetry);
        let batch = json!({ "spans": [7], "logs": [7, 7], "dropped": 0 }).to_string();
        let webview = "main".into();
        let none = opentelemetry::trace::SpanContext::NONE;
        let read = telemetry
            .page_intake
            .read(batch.as_bytes(), &webview, &none);
        telemetry.page_intake.pass_on(read, &webview);

        for (signal, lost) in [("traces", 1.0), ("logs", 2.0)] {
            let attributes = [(SIGNAL, signal), ("error.type", "page_invalid")];
            let metric = collector.metric("tauri.telemetry.page.dropped", |metric| {
                metric.number(&attributes) == Some(lost)
            });
            assert_eq!(metric.await?.unit, "{item}");
        }
        let exporter = [
            ("otel.component.type", "otlp_http_metric_exporter"),
            ("server.address", "127.0.0.1"),
        ];
        let exported = "otel.sdk.exporter.metric_data_point.exported";
        collector
            .metric(exported, |metric| metric.number(&exporter) > Some(0.0))
            .await?;
        telemetry.pipeline.shutdown();
        let told = collector.log("telemetry was lost").await?;
        assert_eq!(told.attributes["traces.page_invalid"].as_i64(), Some(1));
        assert_eq!(told.attributes["logs.page_invalid"].as_i64(), Some(2));
        Ok(())
    }
}
