//! What a page sends, as it stands on the wire. The TypeScript types of the guest are generated from
//! these (`guest-js/bindings`), and nothing outside this folder sees them.
//!
//! Reading is lenient item by item: an item that cannot be read is counted and left out, and the rest
//! of the batch goes on.

mod at_most;
mod attributes;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
#[cfg(test)]
use ts_rs::TS;

pub(super) use self::{at_most::AtMost, attributes::PageAttributes};

/// The most attributes, events and links of an item each: the specification's default for
/// `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` and its siblings.
const MAX_ITEMS: usize = 128;

/// The most spans, log records and measurements of a batch each. The runtime of a page sends 512 spans at
/// most; the rest is room for pages that make their own batches.
pub(super) const MAX_ITEMS_PER_BATCH: usize = 4096;

/// The most scopes of a batch. Each is a library that instruments the page, and a page has a handful.
const MAX_SCOPES: usize = 64;

/// A list whose items are read one by one later.
pub(super) type RawItems<'a, const MOST: usize = MAX_ITEMS_PER_BATCH> = AtMost<&'a RawValue, MOST>;

/// The telemetry that a page has finished since its last batch.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageBatch<'a> {
    /// How far the times of this batch are behind the clock of the system, in milliseconds. Times by `Date.now()`
    /// need none.
    #[serde(borrow)]
    #[cfg_attr(test, ts(optional, as = "Option<f64>"))]
    pub(crate) drift: Option<&'a RawValue>,
    /// Spans that the page itself had to drop since its last batch.
    #[serde(borrow)]
    #[cfg_attr(test, ts(type = "number"))]
    pub(crate) dropped: Option<&'a RawValue>,
    /// Attributes of every item of this batch, such as `session.id`; at most 4 KiB of JSON. An item that
    /// has an attribute of the same name keeps its own.
    #[serde(borrow)]
    #[cfg_attr(test, ts(optional, as = "Option<PageAttributes>"))]
    pub(crate) attributes: Option<&'a RawValue>,
    /// The instrumentation scopes that items name by index.
    #[serde(borrow)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<PageScope>>"))]
    pub(crate) scopes: Option<RawItems<'a, MAX_SCOPES>>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Vec<PageSpan>"))]
    pub(crate) spans: Option<RawItems<'a>>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<PageLog>>"))]
    pub(crate) logs: Option<RawItems<'a>>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<PageMeasurement>>"))]
    pub(crate) metrics: Option<RawItems<'a>>,
}

/// An instrumentation scope: the library that made an item.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct PageScope<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) version: Option<Text<'a>>,
}

/// One finished span. Times are milliseconds since the Unix epoch, with fractions.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageSpan<'a> {
    /// 32 lower-case hexadecimal digits.
    #[serde(borrow)]
    pub(crate) trace_id: Cow<'a, str>,
    /// 16 lower-case hexadecimal digits.
    #[serde(borrow)]
    pub(crate) span_id: Cow<'a, str>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) parent_span_id: Option<Text<'a>>,
    /// The `tracestate` header of W3C Trace Context.
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) trace_state: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// The span of an invoke: its name is that of the command, its kind `client`, and what every such span repeats
    /// is left for Rust to add.
    #[serde(default)]
    #[cfg_attr(test, ts(as = "Option<bool>"))]
    pub(crate) invoke: bool,
    /// `internal` when absent.
    pub(crate) kind: Option<PageSpanKind>,
    pub(crate) start_time: f64,
    pub(crate) end_time: f64,
    #[serde(borrow)]
    pub(crate) status: Option<PageStatus<'a>>,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
    #[cfg_attr(test, ts(as = "Option<Vec<PageEvent>>"))]
    #[serde(default, borrow)]
    pub(crate) events: AtMost<PageEvent<'a>>,
    #[cfg_attr(test, ts(as = "Option<Vec<PageLink>>"))]
    #[serde(default, borrow)]
    pub(crate) links: AtMost<PageLink<'a>>,
    /// The index of its scope in `scopes`; the npm package's own scope when absent.
    pub(crate) scope: Option<u32>,
}

/// One log record, or an event if it has an `eventName`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageLog<'a> {
    /// Milliseconds since the Unix epoch, with fractions.
    pub(crate) time: f64,
    /// The severity number of OpenTelemetry, from 1 (`TRACE`) to 24 (`FATAL4`).
    pub(crate) severity: i32,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) event_name: Option<Text<'a>>,
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) body: Option<Text<'a>>,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
    /// The trace that the record belongs to: 32 lower-case hexadecimal digits.
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) trace_id: Option<Text<'a>>,
    /// The span that the record belongs to: 16 lower-case hexadecimal digits. It takes a `traceId`.
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) span_id: Option<Text<'a>>,
    /// The index of its scope in `scopes`; the npm package's own scope when absent.
    pub(crate) scope: Option<u32>,
}

/// One measurement. Rust aggregates the measurements of a page, and exports points of metrics.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct PageMeasurement<'a> {
    pub(crate) kind: PageInstrumentKind,
    /// The name of the instrument: a letter, then up to 254 letters, digits, `_`, `.`, `-` and `/`.
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// A finite number. That of a counter is not negative.
    pub(crate) value: f64,
    /// The unit of the instrument, as UCUM code of at most 63 ASCII characters. That of the first measurement of
    /// an instrument counts.
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) unit: Option<Text<'a>>,
    /// What the instrument measures. That of the first measurement of an instrument counts.
    #[serde(borrow)]
    #[cfg_attr(test, ts(as = "Option<String>"))]
    pub(crate) description: Option<Text<'a>>,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
    /// The index of its scope in `scopes`; the npm package's own scope when absent.
    pub(crate) scope: Option<u32>,
}

/// How the measurements of an instrument add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, rename = "InstrumentKind"))]
#[serde(rename_all = "camelCase")]
pub(crate) enum PageInstrumentKind {
    /// A sum that only grows.
    Counter,
    /// A sum that grows and shrinks.
    UpDownCounter,
    /// A distribution.
    Histogram,
    /// The last value.
    Gauge,
}

/// A text that may be absent. An optional `Cow` is always read into memory of its own.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The role of a span.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, rename = "SpanKind"))]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageSpanKind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// How a span ended, when the page said so.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct PageStatus<'a> {
    pub(crate) code: PageStatusCode,
    #[serde(borrow)]
    pub(crate) message: Option<Cow<'a, str>>,
}

/// The two statuses that can be set.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, rename = "StatusCode"))]
#[serde(rename_all = "lowercase")]
pub(crate) enum PageStatusCode {
    Ok,
    Error,
}

/// Something that happened while a span ran.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct PageEvent<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// Milliseconds since the Unix epoch.
    pub(crate) time: f64,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
}

/// Another span that this one has to do with.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageLink<'a> {
    #[serde(borrow)]
    pub(crate) trace_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) span_id: Cow<'a, str>,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
}

/// A span in its shortest form: it ended just now.
#[derive(Deserialize)]
#[cfg_attr(test, derive(TS), ts(export, optional_fields))]
pub(crate) struct SingleSpan<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    /// How long it took, in milliseconds.
    pub(crate) duration: f64,
    #[cfg_attr(test, ts(as = "Option<PageAttributes>"))]
    #[serde(default)]
    pub(crate) attributes: PageAttributes,
}

/// What became of the items of a batch: its spans, log records and measurements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(TS), ts(export))]
pub(crate) struct BatchAnswer {
    /// Items that were taken over.
    pub(crate) accepted: u32,
    /// Items that were not: unreadable, invalid, over a limit, or dropped by the page itself.
    pub(crate) dropped: u32,
}
