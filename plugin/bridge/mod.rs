//! The bridge from the pages: their finished spans come in as batches and join those of the app.
//!
//! A page is not trusted. What it sends is read within limits, checked span by span, and what is
//! wrong is counted and dropped: it never fails a batch, the command, or the app. Time, rate and size
//! are limited in [`clock`], [`rate`] and [`wire`].

mod clock;
mod rate;
mod span;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use wire::BatchAnswer;

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
    time::{Instant, SystemTime},
};

use opentelemetry::{
    InstrumentationScope, StringValue,
    trace::{SpanContext, TraceContextExt},
};
use opentelemetry_sdk::trace::SpanData;
use serde_json::value::RawValue;
use tauri::ipc::{InvokeBody, Request};

use self::{
    clock::Drift,
    rate::Bucket,
    span::Origin,
    wire::{PageBatch, PageSpan, SingleSpan},
};
use crate::{config::Propagators, pipeline::SpanQueue, propagation};

/// The scope of the spans that pages make: the npm package, which comes from the same release.
const SCOPE: &str = "tauri-plugin-opentelemetry-api";

/// What is larger is not even looked at. A page's runtime sends less than a hundredth of it.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// A span at all its limits that people would ever want is smaller; what is larger is an accident.
const MAX_SPAN_BYTES: usize = 64 * 1024;

/// Where the spans of all pages arrive.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// `None` if traces go nowhere.
    queue: Option<SpanQueue>,
    propagators: Propagators,
    scope: InstrumentationScope,
    bucket: Mutex<Bucket>,
}

impl Bridge {
    pub(crate) fn new(queue: Option<SpanQueue>, propagators: Propagators) -> Self {
        Self {
            queue,
            propagators,
            scope: InstrumentationScope::builder(SCOPE)
                .with_version(env!("CARGO_PKG_VERSION"))
                .build(),
            bucket: Mutex::new(Bucket::full(Instant::now())),
        }
    }

    /// Takes over what the page in `webview` sent.
    pub(crate) fn receive(&self, request: &Request<'_>, webview: &StringValue) -> BatchAnswer {
        let body = match request.body() {
            InvokeBody::Raw(bytes) => Cow::Borrowed(bytes.as_slice()),
            InvokeBody::Json(value) => Cow::Owned(as_bytes(value)),
        };
        let parent = propagation::headers::extract(request.headers(), self.propagators);
        self.take(&body, webview, parent.span().span_context())
    }

    /// Reads one message, and queues what is good of it.
    pub(crate) fn take(
        &self,
        body: &[u8],
        webview: &StringValue,
        parent: &SpanContext,
    ) -> BatchAnswer {
        let (spans, answer) = self.read(body, webview, parent);
        if let Some(queue) = &self.queue {
            for span in spans {
                queue.push(span);
            }
        }
        answer
    }

    /// Reads one message, and accounts for every span in it.
    pub(crate) fn read(
        &self,
        body: &[u8],
        webview: &StringValue,
        parent: &SpanContext,
    ) -> (Vec<SpanData>, BatchAnswer) {
        let now = SystemTime::now();
        let (spans, total) = match Message::parse(body) {
            Some(Message::Batch(batch)) => {
                let origin = self.origin(webview, number(batch.sent_at), now);
                let sent = batch.spans.unwrap_or_default();
                let dropped_by_page = number(batch.dropped).map_or(0, |n| n as usize);
                let granted = self.grant(sent.items.len());
                let spans: Vec<_> = sent.items[..granted]
                    .iter()
                    .filter(|raw| raw.get().len() <= MAX_SPAN_BYTES)
                    .filter_map(|raw| serde_json::from_str::<PageSpan<'_>>(raw.get()).ok())
                    .filter_map(|span| origin.adopt(span))
                    .collect();
                let total = sent.items.len() + sent.dropped as usize;
                (spans, total.saturating_add(dropped_by_page))
            }
            Some(Message::Single(span)) => {
                let origin = self.origin(webview, None, now);
                let granted = self.grant(1) == 1 && body.len() <= MAX_SPAN_BYTES;
                let recorded = !parent.is_valid() || parent.is_sampled();
                let span = (granted && recorded)
                    .then(|| origin.adopt_single(span, parent, now))
                    .flatten();
                (span.into_iter().collect(), usize::from(recorded))
            }
            None => (Vec::new(), 1),
        };
        let answer = BatchAnswer {
            accepted: spans.len() as u32,
            dropped: u32::try_from(total - spans.len()).unwrap_or(u32::MAX),
        };
        (spans, answer)
    }

    fn origin<'a>(
        &'a self,
        webview: &'a StringValue,
        sent_at: Option<f64>,
        now: SystemTime,
    ) -> Origin<'a> {
        Origin {
            scope: &self.scope,
            webview,
            drift: Drift::between(sent_at, now),
        }
    }

    fn grant(&self, wanted: usize) -> usize {
        self.bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(wanted, Instant::now())
    }
}

/// The two forms a page may send.
enum Message<'a> {
    Batch(PageBatch<'a>),
    Single(SingleSpan<'a>),
}

impl<'a> Message<'a> {
    fn parse(body: &'a [u8]) -> Option<Self> {
        if body.len() > MAX_BATCH_BYTES {
            return None;
        }
        let batch: PageBatch<'a> = serde_json::from_slice(body).ok()?;
        if batch.spans.is_some() {
            return Some(Self::Batch(batch));
        }
        serde_json::from_slice(body).ok().map(Self::Single)
    }
}

/// What came by `postMessage`, or from a page without our runtime. It is written out to be read again:
/// it is rare, and one reader serves everything.
fn as_bytes(value: &serde_json::Value) -> Vec<u8> {
    // A raw body that tauri could only send as an array of its bytes.
    if let Some(numbers) = value.as_array() {
        return numbers
            .iter()
            .map_while(|number| u8::try_from(number.as_u64()?).ok())
            .collect();
    }
    value.to_string().into_bytes()
}

/// A number that is worth having, but not worth failing a batch for.
fn number(raw: Option<&RawValue>) -> Option<f64> {
    serde_json::from_str(raw?.get()).ok()
}

/// The readers of bytes that come from outside, for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) fn fuzz(body: &[u8]) {
    let origin = Origin {
        scope: &InstrumentationScope::builder(SCOPE).build(),
        webview: &StringValue::from("main"),
        drift: Drift::between(None, SystemTime::now()),
    };
    match Message::parse(body) {
        Some(Message::Batch(batch)) => {
            for raw in batch.spans.unwrap_or_default().items {
                if let Ok(span) = serde_json::from_str(raw.get()) {
                    let _ = origin.adopt(span);
                }
            }
        }
        Some(Message::Single(span)) => {
            let _ = origin.adopt_single(span, &SpanContext::NONE, SystemTime::now());
        }
        None => {}
    }
}
