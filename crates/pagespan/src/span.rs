//! A span that is open, with its fields, links and status.

use tracing_core::Metadata;

use crate::{
    attributes::Attributes,
    context::Context,
    field::{TakeField, Value},
    json::Object,
};

/// Links of a span. The plugin accepts as many.
const MAX_LINKS: usize = 128;

/// The part of a span that is sent.
#[derive(Debug)]
pub(crate) struct Recording {
    metadata: &'static Metadata<'static>,
    parent: Option<u64>,
    start: f64,
    name: Option<String>,
    kind: Option<&'static str>,
    status: Option<Status>,
    description: Option<String>,
    attributes: Attributes,
    links: Vec<Context>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    Error,
}

/// How a span came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    /// The page was left while it was open.
    Unfinished,
}

impl Recording {
    pub(crate) fn new(
        metadata: &'static Metadata<'static>,
        parent: Option<u64>,
        start: f64,
    ) -> Self {
        Self {
            metadata,
            parent,
            start,
            name: None,
            kind: None,
            status: None,
            description: None,
            attributes: Attributes::default(),
            links: Vec::new(),
        }
    }

    pub(crate) fn link(&mut self, to: Context) {
        if self.links.len() < MAX_LINKS {
            self.links.push(to);
        }
    }

    /// An event of level `ERROR` happened in the span. It fails the span, unless the app has set a status.
    pub(crate) fn fail(&mut self, error: Option<&str>) {
        if self.status.is_none() {
            self.status = Some(Status::Error);
            self.description = error.map(str::to_owned);
        }
    }

    /// Writes a `PageSpan`.
    pub(crate) fn write(&self, context: Context, time: f64, end: End, span: &mut Object<'_>) {
        write_ids(context, span);
        if let Some(parent) = self.parent {
            span.span_id("parentSpanId", parent);
        }
        let name = self.name.as_deref();
        span.text("name", name.unwrap_or(self.metadata.name()));
        if let Some(kind) = self.kind {
            span.text("kind", kind);
        }
        span.time("startTime", self.start);
        // The clock of the page is monotonic, but a browser may round it.
        span.time("endTime", time.max(self.start));
        if let Some(status) = self.status {
            span.object("status", |object| match status {
                Status::Ok => object.text("code", "ok"),
                Status::Error => {
                    object.text("code", "error");
                    if let Some(description) = &self.description {
                        object.text("message", description);
                    }
                }
            });
        }
        span.object("attributes", |attributes| {
            attributes.text("target", self.metadata.target());
            if end == End::Unfinished {
                attributes.raw("span.unfinished", "true");
            }
            attributes.members(self.attributes.members());
        });
        if !self.links.is_empty() {
            span.array("links", &self.links, |link, object| {
                write_ids(*link, object);
            });
        }
    }

    /// Takes a field that is about the span itself. The names are those of `tracing-opentelemetry`.
    fn take_special(&mut self, name: &str, value: &str) -> bool {
        match name {
            "otel.name" => self.name = Some(value.to_owned()),
            "otel.kind" => self.kind = kind(value),
            "otel.status_code" => {
                self.status = match value {
                    _ if value.eq_ignore_ascii_case("ok") => Some(Status::Ok),
                    _ if value.eq_ignore_ascii_case("error") => Some(Status::Error),
                    _ => None,
                }
            }
            "otel.status_description" => {
                self.status = Some(Status::Error);
                self.description = Some(value.to_owned());
            }
            _ => return false,
        }
        true
    }
}

pub(crate) fn write_ids(context: Context, object: &mut Object<'_>) {
    object.trace_id("traceId", context.trace_id);
    object.span_id("spanId", context.span_id);
}

fn kind(text: &str) -> Option<&'static str> {
    ["internal", "server", "client", "producer", "consumer"]
        .into_iter()
        .find(|kind| kind.eq_ignore_ascii_case(text))
}

impl TakeField for Recording {
    fn take(&mut self, name: &'static str, value: Value<'_>) {
        match value {
            Value::Text(text) if self.take_special(name, text) => {}
            value => self.attributes.push(name, value),
        }
    }
}
