//! What the store promises: that every item comes back as it came, that nothing is lost uncounted, and that the limit holds.

mod blocks;
mod bound;
mod faithful;
mod files;
mod messenger;
mod metrics;
mod older;
mod one_trace;
mod questions;
mod shown;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use tempfile::TempDir;

use super::{MIN_LIMIT, Options, Store};
use crate::{
    api,
    core::Core,
    intake::{Batch, decode_json},
    query::{Cursor, Params, export},
};

/// A store in a folder of its own, which goes with it.
struct Home {
    core: Core,
    folder: TempDir,
}

impl Home {
    fn new(limit: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            core: Core::new(open(&folder, limit)),
            folder,
        }
    }

    fn spans(&self, spans: Vec<Span>) {
        self.core.store.push(batch(spans)).unwrap();
    }

    fn ask<T>(
        &self,
        query: &str,
        ask: impl FnOnce(&mut super::Reader, &Params) -> Result<T, crate::query::QueryError>,
    ) -> T {
        self.core.store.flush();
        let params = Params::from_query(query);
        self.core
            .ask(&params, |reader| ask(reader, &params))
            .unwrap()
    }

    /// All lines of an export.
    fn lines(&self) -> Vec<Vec<u8>> {
        self.lines_of("")
    }

    /// All lines of the export of what a query asks for.
    fn lines_of(&self, query: &str) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut at = Some(Cursor::start(&Params::from_query(query)).unwrap());
        while let Some(cursor) = at {
            let (piece, next) = self.ask(query, |reader, params| export(reader, params, cursor));
            lines.extend(
                piece
                    .split(|byte| *byte == b'\n')
                    .filter(|line| !line.is_empty())
                    .map(<[u8]>::to_vec),
            );
            at = next;
        }
        lines
    }

    fn exported_spans(&self) -> Vec<Span> {
        self.exported_spans_of("")
    }

    fn exported_spans_of(&self, query: &str) -> Vec<Span> {
        let requests = self
            .lines_of(query)
            .into_iter()
            .filter_map(|line| decode_json::<ExportTraceServiceRequest>(&line).ok());
        let resources = requests.flat_map(|request| request.resource_spans);
        let mut spans: Vec<Span> = resources
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect();
        spans.sort_by(|a, b| (&a.trace_id, &a.span_id).cmp(&(&b.trace_id, &b.span_id)));
        spans
    }

    fn state(&self) -> super::State {
        self.ask("", |reader, _| Ok(reader.state()?))
    }
}

fn open(folder: &TempDir, limit: u64) -> Store {
    Store::open(Options {
        folder: folder.path().to_owned(),
        limit,
        queue_bytes: 64 << 20,
        name: String::new(),
    })
    .unwrap()
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue {
        value: Some(Value::StringValue(value.to_owned())),
    });
    KeyValue {
        key: key.to_owned(),
        value,
        ..KeyValue::default()
    }
}

fn request(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource {
        attributes: vec![text("service.name", "app")],
        ..Resource::default()
    };
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans,
            ..ResourceSpans::default()
        }],
    }
}

pub(super) fn batch(spans: Vec<Span>) -> Batch {
    let (batch, rejected) = Batch::traces(request(spans), 0);
    assert_eq!(rejected.items, 0);
    batch
}

/// The span `id` of the trace `trace`, below `parent` (0 is none), from `start` to `end` in milliseconds.
pub(super) fn span(trace: u128, id: u64, parent: u64, start: u64, end: u64) -> Span {
    Span {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        parent_span_id: if parent == 0 {
            Vec::new()
        } else {
            parent.to_be_bytes().to_vec()
        },
        name: format!("work {}", id % 7),
        kind: 1,
        start_time_unix_nano: start * 1_000_000,
        end_time_unix_nano: end * 1_000_000,
        ..Span::default()
    }
}

fn failed(span: Span, message: &str) -> Span {
    Span {
        status: Some(Status {
            code: 2,
            message: message.to_owned(),
        }),
        ..span
    }
}
