//! The answers of the JSON API, which the page, the command line and the MCP tools share.
//!
//! The TypeScript types in `page/src/bindings` are generated from these by a test below.
//!
//! # Conventions
//! - An instant is a number of milliseconds since the Unix epoch, with fractions. A duration and an offset within a
//!   trace are whole nanoseconds.
//! - Trace ids have 32 and span ids 16 lower-case hexadecimal digits.
//! - An error is an [`ApiError`] with a status of 400 (a parameter is wrong), 401 (no or a wrong token), 403 (a
//!   foreign `Host` or `Origin`), 404, 413 or 503 (the queue is full; send again).
//! - Every query takes `run` (the id of a run; the current one when absent).
//!
//! # Routes
//!
//! | route | answer | parameters |
//! |---|---|---|
//! | `POST /api/session` | 204 and the cookie; the request has `Authorization: Bearer TOKEN` | |
//! | `GET /api/status` | [`Status`] | |
//! | `GET /api/runs` | `Run[]`, the newest first | |
//! | `POST /api/runs/{id}` | [`Run`] | body [`RunChange`] |
//! | `DELETE /api/runs/{id}` | 204; 409 for the current and for a pinned run | |
//! | `GET /api/traces` | [`TracesAnswer`] | filter, `sort` (`newest`, `slowest`), `limit` (100; at most 1 000), `offset` |
//! | `GET /api/traces/histogram` | [`TraceHistogram`] | filter, `buckets` (60; at most 500) |
//! | `GET /api/traces/{traceId}` | [`Trace`] | |
//! | `GET /api/traces/{traceId}/spans/{spanId}` | [`SpanDetail`] | |
//! | `GET /api/commands` | [`CommandsAnswer`] | `service`, `command`, `start`, `end` |
//! | `GET /api/errors` | [`ErrorsAnswer`] | `service`, `search`, `start`, `end`, `limit`, `offset` |
//! | `GET /api/logs` | [`LogsAnswer`] | `search` (words of the body; those that arrived last come first), `severity` (the lowest), `service`, `traceId`, `attribute`, `start`, `end`, `after` (a record's id: only what arrived later, the oldest first), `limit`, `offset` |
//! | `GET /api/logs/patterns` | [`LogPatternsAnswer`] | as `/api/logs` |
//! | `GET /api/metrics` | `MetricInfo[]` | `service`, `search` |
//! | `GET /api/metrics/{name}` | [`MetricSeriesAnswer`] | `service`, `attribute`, `groupBy` (names with commas; of the series of a group sums are added, gauges are averaged, and of quantiles the largest is shown), `start`, `end`, `stepInterval` (seconds) |
//! | `GET /api/map` | [`ServiceMap`] | `start`, `end` |
//! | `GET /api/compare` | [`Comparison`] | `a.run`, `a.service`, `a.command`, `a.window`, `a.search` (part of the operation), `a.start`, `a.end`, and the same for `b.` |
//! | `GET /api/fields` | [`FieldsAnswer`] | `signal` (`traces`, `logs`, `metrics`), `name` (then its values), `search` |
//! | `GET /api/live` | server-sent events, each a [`LiveEvent`] | |
//! | `POST /api/open` | [`OpenAnswer`] | body OTLP JSON lines, `name` of the new run |
//! | `GET /api/export` | OTLP JSON lines, as a download | `traceId`; or `signal` (`traces`, `logs`, `metrics`) with the filter of `/api/traces`, of `/api/logs`, or `name`, `service`, `attribute`, `start` and `end` of metrics |
//!
//! The filter of traces: `service`, `command`, `window`, `search` (part of the root's name), `minDuration` and
//! `maxDuration` (nanoseconds, or with a unit such as `5ms`), `error` (`true`, `false`), `attribute` (`key=value`,
//! repeatable: all must hold on one span), `start` and `end`.
//!
//! A name of a metric in a path is percent-encoded.

mod commands;
mod common;
mod compare;
mod errors;
mod fields;
mod live;
mod logs;
mod map;
mod metrics;
mod span;
mod status;
mod trace;
mod traces;

pub use commands::{CommandRow, CommandsAnswer};
pub use common::{ApiError, AttributeValue, Attributes, Pagination};
pub use compare::{Change, ComparedSide, Comparison, ComparisonRow};
pub use errors::{ErrorExample, ErrorGroup, ErrorsAnswer};
pub use fields::{Field, FieldsAnswer};
pub use live::LiveEvent;
pub use logs::{LogPattern, LogPatternsAnswer, LogRecord, LogsAnswer, Severity};
pub use map::{MapEdge, MapNode, ServiceMap};
pub use metrics::{Exemplar, Heatmap, MetricInfo, MetricKind, MetricSeries, MetricSeriesAnswer};
pub use span::{Resource, Scope, Span, SpanDetail, SpanEvent, SpanKind, SpanLink, SpanStatus};
pub use status::{Counts, Lost, OpenAnswer, Pruned, Receiver, Run, RunChange, Status};
pub use trace::{ClockBound, CriticalSegment, Gap, GapKind, Invoke, Lane, LaneKind, Trace};
pub use traces::{HistogramBucket, TraceHistogram, TraceSummary, TracesAnswer};

#[cfg(test)]
mod tests {
    use ts_rs::{Config, ExportError, TS};

    use super::*;

    type Export = fn(&Config) -> Result<(), ExportError>;

    /// Each of these with all that it contains. A change shows as a change of the checked-in files.
    const BODIES: &[Export] = &[
        ApiError::export_all,
        CommandsAnswer::export_all,
        Comparison::export_all,
        ErrorsAnswer::export_all,
        FieldsAnswer::export_all,
        LiveEvent::export_all,
        LogPatternsAnswer::export_all,
        LogsAnswer::export_all,
        MetricInfo::export_all,
        MetricSeriesAnswer::export_all,
        OpenAnswer::export_all,
        Run::export_all,
        RunChange::export_all,
        ServiceMap::export_all,
        SpanDetail::export_all,
        Status::export_all,
        Trace::export_all,
        TraceHistogram::export_all,
        TracesAnswer::export_all,
    ];

    #[test]
    fn the_types_of_the_page_are_written() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page/src/bindings");
        let config = Config::from_env().with_out_dir(folder);
        for export in BODIES {
            export(&config).unwrap();
        }
    }
}
