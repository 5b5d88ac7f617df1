//! Takes what the pages record: the spans, log records and measurements that they send in batches join those of
//! the app.
//!
//! A page is not trusted. Its input is read within limits and checked item by item. An item that is wrong is
//! counted and dropped; it never fails a batch, the command, or the app. Time, rate and size are limited in
//! [`clock`], [`rate`] and [`wire`], metrics in [`meters`]. The rate is that of one webview, so a looping page
//! costs the others nothing.

mod batch_context;
mod clock;
mod items;
mod log;
mod measurement;
mod meters;
mod permission;
mod rate;
mod span;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use permission::{Permitted, PermittedSignal};
pub(crate) use wire::BatchAnswer;

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::Arc,
    time::{Instant, SystemTime},
};

use opentelemetry::{
    InstrumentationScope, StringValue,
    trace::{SpanContext, TraceContextExt},
};
use serde_json::value::RawValue;
use tauri::ipc::{InvokeBody, Request};

use self::{
    batch_context::BatchContext,
    clock::Drift,
    items::{MAX_ITEM_BYTES, ReadBatch, Taken},
    meters::Meters,
    rate::Buckets,
    wire::{PageBatch, PageLog, PageMeasurement, PageSpan, SingleSpan},
};
use crate::{
    config::{Propagators, Signal},
    names,
    pipeline::{
        LogQueue, Pipeline, SpanQueue,
        health::{Health, Loss},
        sampling::RootRatio,
    },
    propagation,
};

/// The scope of the items that name none: the npm package, which comes from the same release.
const SCOPE: &str = "tauri-plugin-opentelemetry-api";

/// A larger message is refused unread. The kernel sends less than a hundredth of this.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// The most items that a page can say it dropped since its last batch. It adds them to counts that all pages share, which
/// a larger number would make wrap.
const MAX_DROPPED: usize = 1_000_000;

/// Where the items of all pages go. A signal that goes nowhere has no queue.
#[derive(Debug, Default)]
pub(crate) struct Sinks {
    pub(crate) spans: Option<SpanQueue>,
    logs: Option<LogQueue>,
    meters: Option<Meters>,
    /// Counts what is dropped before it reaches its queue. By signal.
    health: [Arc<Health>; 3],
    /// Decides about traces that start with a span in the short form. About all others the page does.
    ratio: Arc<RootRatio>,
}

impl Sinks {
    pub(crate) fn of(pipeline: &Pipeline) -> Self {
        Self {
            spans: pipeline.spans().cloned(),
            logs: pipeline.logs().cloned(),
            meters: pipeline
                .takes_metrics()
                .then(|| Meters::new(pipeline.meter_provider.clone())),
            health: Signal::ALL.map(|signal| pipeline.signal(signal).health.clone()),
            ratio: pipeline.root_ratio().clone(),
        }
    }
}

/// Where the messages of all pages arrive.
#[derive(Debug)]
pub(crate) struct PageIntake {
    sinks: Sinks,
    propagators: Propagators,
    scope: InstrumentationScope,
    buckets: Buckets,
}

impl PageIntake {
    pub(crate) fn new(sinks: Sinks, propagators: Propagators) -> Self {
        Self {
            sinks,
            propagators,
            scope: names::scope(SCOPE),
            buckets: Buckets::default(),
        }
    }

    /// Takes over what the page in `webview` sent, as far as it is permitted.
    pub(crate) fn receive(
        &self,
        request: &Request<'_>,
        webview: &StringValue,
        permitted: Permitted,
    ) -> BatchAnswer {
        let body = match request.body() {
            InvokeBody::Raw(bytes) => Some(Cow::Borrowed(bytes.as_slice())),
            InvokeBody::Json(value) => as_bytes(value).map(Cow::Owned),
        };
        let parent = propagation::headers::extract(request.headers(), self.propagators);
        let mut read = match body {
            Some(body) => self.read(&body, webview, parent.span().span_context()),
            None => ReadBatch::unreadable(Loss::PageTooLarge),
        };
        for signal in read.refuse(permitted) {
            permission::explain_refusal(signal, webview.as_str());
        }
        self.pass_on(read, webview)
    }

    /// Queues the items that hold, and counts the others.
    pub(crate) fn pass_on(&self, mut read: ReadBatch, webview: &StringValue) -> BatchAnswer {
        let mut answer = read.answer();
        if let Some(meters) = &self.sinks.meters {
            let measurements = read.measurements.items.drain(..);
            let recorded = measurements.map(|one| meters.record(webview, one));
            let refused = recorded.filter(|recorded| !recorded).count();
            read.measurements.lose(Loss::PageCardinality, refused);
            answer.accepted -= refused as u32;
            answer.dropped += refused as u32;
        }
        let [traces, metrics, logs] = &self.sinks.health;
        read.spans.account(traces);
        read.measurements.account(metrics);
        read.logs.account(logs);
        if let Some(queue) = &self.sinks.spans {
            for span in read.spans.items {
                queue.push_of_page(span, webview);
            }
        }
        if let Some(queue) = &self.sinks.logs {
            for entry in read.logs.items {
                queue.push_of_page(entry, webview);
            }
        }
        answer
    }

    /// Reads one message, and accounts for every item in it.
    pub(crate) fn read(
        &self,
        body: &[u8],
        webview: &StringValue,
        parent: &SpanContext,
    ) -> ReadBatch {
        match Message::parse(body) {
            Ok(Message::Batch(batch)) => {
                let drift = Drift::of_page(number(batch.drift));
                let context = BatchContext::new(webview, &self.scope, drift).of_batch(&batch);
                let grant = |wanted| self.buckets.take(webview, wanted, Instant::now());
                let mut read = ReadBatch {
                    spans: Taken::read::<PageSpan<'_>>(batch.spans, &context, grant),
                    logs: Taken::read::<PageLog<'_>>(batch.logs, &context, grant),
                    measurements: Taken::read::<PageMeasurement<'_>>(
                        batch.metrics,
                        &context,
                        grant,
                    ),
                };
                read.spans.cut_attributes += context.cut_attributes;
                let dropped = number(batch.dropped)
                    .map_or(0, |n| n as usize)
                    .min(MAX_DROPPED);
                read.spans.lose(Loss::PageDropped, dropped);
                read
            }
            Ok(Message::Single(span)) => self.read_single(span, body.len(), webview, parent),
            Err(loss) => ReadBatch::unreadable(loss),
        }
    }

    fn read_single(
        &self,
        span: SingleSpan<'_>,
        size: usize,
        webview: &StringValue,
        parent: &SpanContext,
    ) -> ReadBatch {
        if parent.is_valid() && !parent.is_sampled() {
            return ReadBatch::default();
        }
        if size > MAX_ITEM_BYTES {
            return ReadBatch::unreadable(Loss::PageTooLarge);
        }
        if self.buckets.take(webview, 1, Instant::now()) == 0 {
            return ReadBatch::unreadable(Loss::PageRateLimited);
        }
        let context = BatchContext::new(webview, &self.scope, Drift::of_page(None));
        let cut_attributes = span.attributes.cut();
        let Some(span) = span.adopt(&context, parent, SystemTime::now()) else {
            return ReadBatch::unreadable(Loss::PageInvalid);
        };
        if !parent.is_valid() && !self.sinks.ratio.takes(span.span_context.trace_id()) {
            return ReadBatch::default();
        }
        let mut read = ReadBatch::default();
        read.spans.items.push(span);
        read.spans.cut_attributes = cut_attributes;
        read
    }
}

/// The two forms a page may send.
enum Message<'a> {
    Batch(PageBatch<'a>),
    Single(SingleSpan<'a>),
}

impl<'a> Message<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Loss> {
        if body.len() > MAX_BATCH_BYTES {
            return Err(Loss::PageTooLarge);
        }
        let batch: PageBatch<'a> = serde_json::from_slice(body).map_err(|_| Loss::PageInvalid)?;
        if batch.spans.is_some() || batch.logs.is_some() || batch.metrics.is_some() {
            return Ok(Self::Batch(batch));
        }
        let single = serde_json::from_slice(body).map_err(|_| Loss::PageInvalid)?;
        Ok(Self::Single(single))
    }
}

/// What came by `postMessage`, or from a page without the kernel. It is written out to be read again:
/// it is rare, and one reader serves everything. `None` if it is larger than a batch may be.
fn as_bytes(value: &serde_json::Value) -> Option<Vec<u8>> {
    // A raw body that tauri could only send as an array of its bytes.
    if let Some(numbers) = value.as_array() {
        return (numbers.len() <= MAX_BATCH_BYTES).then(|| {
            numbers
                .iter()
                .map_while(|number| u8::try_from(number.as_u64()?).ok())
                .collect()
        });
    }
    let mut body = Bounded(Vec::new());
    serde_json::to_writer(&mut body, value).ok()?;
    Some(body.0)
}

/// Memory that takes no more than a batch may have.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BATCH_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An optional number. Anything else counts as absent, so that it does not fail the batch.
fn number(raw: Option<&RawValue>) -> Option<f64> {
    serde_json::from_str(raw?.get()).ok()
}

/// The readers of bytes that come from outside, for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) fn fuzz(body: &[u8]) {
    let propagators = Propagators {
        trace_context: true,
        baggage: true,
    };
    let page_intake = PageIntake::new(Sinks::default(), propagators);
    let webview = StringValue::from("main");
    let read = page_intake.read(body, &webview, &SpanContext::NONE);
    page_intake.pass_on(read, &webview);
}
