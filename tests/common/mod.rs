//! What the tests in a window have in common.

#![allow(dead_code, reason = "every test program uses its own part")]

pub mod outage;

use otel_harness::Collector;

/// The scope of the spans that the app makes.
pub const APP: &str = "tauri-plugin-opentelemetry";

/// The scope of the spans that a page makes.
pub const PAGE: &str = "tauri-plugin-opentelemetry-api";

/// The environment that sends to `collector`, without the five seconds between two exports.
pub fn telemetry(collector: &Collector) -> [(&'static str, &str); 3] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
    ]
}
