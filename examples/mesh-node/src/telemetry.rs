//! Where spans and metrics go: over OTLP, by the standard environment variables. Without an endpoint there nothing is on.

use std::env;

use anyhow::Result;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::{filter::LevelFilter, prelude::*};

/// The telemetry of this process.
#[must_use = "what is not yet sent at the end is lost without a shutdown"]
pub struct Telemetry {
    /// What makes the spans, for a flush before the end.
    pub tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
}

/// Starts the telemetry of a service if `OTEL_EXPORTER_OTLP_ENDPOINT` says where it goes and `OTEL_SDK_DISABLED` is not `true`.
///
/// # Errors
/// If the endpoint is no URL.
pub fn start(service_name: &'static str) -> Result<Option<Telemetry>> {
    let setting = |name| env::var(name).unwrap_or_default();
    let is_disabled = setting("OTEL_SDK_DISABLED").eq_ignore_ascii_case("true");
    if is_disabled || setting("OTEL_EXPORTER_OTLP_ENDPOINT").is_empty() {
        return Ok(None);
    }
    let mut resource = Resource::builder();
    if setting("OTEL_SERVICE_NAME").is_empty() {
        resource = resource.with_service_name(service_name);
    }
    let resource = resource.build();
    let tracer = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_batch_exporter(SpanExporter::builder().with_http().build()?)
        .build();
    let meter = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_periodic_exporter(MetricExporter::builder().with_http().build()?)
        .build();
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracer.tracer(service_name)))
        .with(MetricsLayer::new(meter.clone()))
        // More would trace the libraries below, the export among them.
        .with(LevelFilter::INFO)
        .try_init()?;
    Ok(Some(Telemetry { tracer, meter }))
}

impl Telemetry {
    /// Sends what is left. Whatever goes wrong then, the node has done its work.
    pub fn shutdown(self) {
        let _ = self.tracer.shutdown();
        let _ = self.meter.shutdown();
    }
}
