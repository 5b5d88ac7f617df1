//! The tracer and the meters of the layers. The layers exist before the pipeline does, so these look it up when they
//! are used. That is never before it exists: until then [`WhileRunning`] lets nothing through.
//!
//! [`WhileRunning`]: super::filter::WhileRunning

use std::sync::Arc;

use opentelemetry::{
    Context, InstrumentationScope,
    metrics::{
        Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter,
        MeterProvider, UpDownCounter,
    },
    trace::{SpanBuilder, Tracer},
};

use super::{RUNNING, span::LateSpan, tauri_spans::TauriSpan};
use crate::{command::Command, ipc::Received, names::DURATIONS, telemetry::Telemetry};

fn telemetry() -> &'static Telemetry {
    &RUNNING
        .get()
        .expect("`WhileRunning` lets nothing through before it is set")
        .telemetry
}

/// Makes the span of OpenTelemetry behind a span of `tracing`.
pub(super) struct LateTracer;

impl Tracer for LateTracer {
    type Span = LateSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> LateSpan {
        match TauriSpan::named(&builder.name) {
            // The filter leaves out those of Tauri, so this one is the app's.
            None | Some(TauriSpan::Emit) => new_span(builder, parent),
            Some(TauriSpan::Run) => run(builder, parent),
            // These tell of an invoke, whose span is made from them.
            Some(_) => LateSpan::shared(parent),
        }
    }
}

fn new_span(builder: SpanBuilder, parent: &Context) -> LateSpan {
    LateSpan::Own(telemetry().tracer.build_with_context(builder, parent))
}

/// The span of the body of a command, below that of the invoke.
fn run(mut builder: SpanBuilder, parent: &Context) -> LateSpan {
    let received = || parent.get::<Arc<Received>>()?.run();
    let invoke = match parent.get::<Arc<Command>>() {
        Some(_) => Some(parent.clone()),
        None => received(),
    };
    let Some((invoke, command)) = invoke
        .as_ref()
        .and_then(|cx| Some((cx, cx.get::<Arc<Command>>()?)))
    else {
        // The invoke is not known, and so neither is the command.
        return LateSpan::shared(parent);
    };
    telemetry().commands.called(command);
    // A synchronous command runs where Tauri calls it, in the context of the invoke; an asynchronous one as a task.
    if Command::is_current() || Received::is_current() {
        return LateSpan::shared(invoke);
    }
    builder.name = format!("run {}", command.name).into();
    new_span(builder, invoke)
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

            /// The semantic conventions measure a duration in seconds. The field of an event has no unit, so its name has to tell.
            fn f64_histogram(&self, builder: HistogramBuilder<'_, Histogram<f64>>) -> Histogram<f64> {
                let is_duration = builder.name.ends_with(".duration");
                let meter = telemetry().app_meter();
                let histogram = meter.f64_histogram(builder.name);
                if is_duration {
                    histogram.with_unit("s").with_boundaries(DURATIONS.to_vec()).build()
                } else {
                    histogram.build()
                }
            }
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
}
