//! The telemetry of the programs without a window, as `opentelemetry-otlp` sends it. Everything is set in the
//! environment, and without an endpoint there nothing is on.

use std::{env, time::Duration};

use anyhow::Result;
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::SdkMeterProvider,
    trace::{SdkTracerProvider, SpanData},
};
use tracing_subscriber::{filter::LevelFilter, prelude::*};

/// The telemetry of this process.
#[must_use = "what is not yet sent at the end is lost without a shutdown"]
pub struct Telemetry {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
}

/// Starts the telemetry if `OTEL_EXPORTER_OTLP_ENDPOINT` says where it goes. Call it outside of any async runtime.
///
/// # Errors
/// If the endpoint is no URL.
pub fn start(service_name: &'static str) -> Result<Option<Telemetry>> {
    let is_set = |name| env::var(name).is_ok_and(|value: String| !value.is_empty());
    let is_disabled =
        env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    if is_disabled || !is_set("OTEL_EXPORTER_OTLP_ENDPOINT") {
        return Ok(None);
    }
    let mut resource = Resource::builder();
    if !is_set("OTEL_SERVICE_NAME") {
        resource = resource.with_service_name(service_name);
    }
    let resource = resource.build();
    let tracer = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_batch_exporter(WithoutNames(SpanExporter::builder().with_http().build()?))
        .build();
    let meter = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_periodic_exporter(MetricExporter::builder().with_http().build()?)
        .build();
    global::set_text_map_propagator(tracebaton::Propagator::new());
    global::set_tracer_provider(tracer.clone());
    global::set_meter_provider(meter.clone());
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracer.tracer(service_name)))
        // More would trace the libraries below, the export among them.
        .with(LevelFilter::INFO)
        .try_init()?;
    Ok(Some(Telemetry { tracer, meter }))
}

impl Telemetry {
    /// Sends what is left. Whatever goes wrong then, the program has done its work.
    pub fn shutdown(self) {
        let _ = self.tracer.shutdown();
        let _ = self.meter.shutdown();
    }
}

/// Leaves out what a URL says beyond its route, which is the name of a user.
#[derive(Debug)]
struct WithoutNames(SpanExporter);

impl opentelemetry_sdk::trace::SpanExporter for WithoutNames {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            let is_route = |key: &str| !["url.path", "url.query"].contains(&key);
            span.attributes.retain(|pair| is_route(pair.key.as_str()));
        }
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
