//! The tracer and the meters of the layers, which exist before the pipeline does. [`WhileLive`] lets
//! nothing through before then, so nothing is made before then.
//!
//! [`WhileLive`]: super::filter::WhileLive

use std::sync::Arc;

use opentelemetry::{
    Context, InstrumentationScope,
    metrics::{
        Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter,
        MeterProvider, UpDownCounter,
    },
    trace::{SpanBuilder, Tracer},
};

use super::{LIVE, filter::RUN, span::LateSpan};
use crate::{command::Command, telemetry::Telemetry};

fn telemetry() -> &'static Telemetry {
    &LIVE
        .get()
        .expect("`WhileLive` lets nothing through before LIVE is set")
        .telemetry
}

pub(super) struct LateTracer;

impl Tracer for LateTracer {
    type Span = LateSpan;

    fn build_with_context(&self, mut builder: SpanBuilder, parent: &Context) -> LateSpan {
        if builder.name == RUN {
            // No command: the page used `postMessage`, and the app does without `handler`.
            builder.name = match parent.get::<Arc<Command>>() {
                Some(command) => {
                    telemetry().commands.called(command);
                    // A synchronous command runs where tauri calls it, an asynchronous one as a task.
                    if Command::is_current() {
                        return LateSpan::shared(parent);
                    }
                    format!("run {}", command.name).into()
                }
                None => "run".into(),
            };
        }
        LateSpan::Own(telemetry().tracer.build_with_context(builder, parent))
    }
}

pub(super) struct LateMeterProvider;

impl MeterProvider for LateMeterProvider {
    fn meter_with_scope(&self, _: InstrumentationScope) -> Meter {
        Meter::new(Arc::new(LateInstruments))
    }
}

/// Makes the instruments with the meter of the app.
struct LateInstruments;

macro_rules! instruments {
    ($($name:ident: $builder:ident<$instrument:ty>),* $(,)?) => {
        impl InstrumentProvider for LateInstruments {
            $(fn $name(&self, builder: $builder<'_, $instrument>) -> $instrument {
                telemetry().app_meter().$name(builder.name).build()
            })*
        }
    };
}

instruments! {
    u64_counter: InstrumentBuilder<Counter<u64>>,
    f64_counter: InstrumentBuilder<Counter<f64>>,
    i64_up_down_counter: InstrumentBuilder<UpDownCounter<i64>>,
    f64_up_down_counter: InstrumentBuilder<UpDownCounter<f64>>,
    u64_gauge: InstrumentBuilder<Gauge<u64>>,
    i64_gauge: InstrumentBuilder<Gauge<i64>>,
    f64_gauge: InstrumentBuilder<Gauge<f64>>,
    u64_histogram: HistogramBuilder<Histogram<u64>>,
    f64_histogram: HistogramBuilder<Histogram<f64>>,
}
