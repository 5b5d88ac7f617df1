//! A span that is open, with its fields, links and status.

use std::fmt;

use tracing::field::{Field, Visit};

use crate::{attributes::Attributes, context::Context, json::Object};

/// Links of a span. The plugin accepts as many.
const MAX_LINKS: usize = 128;

/// An open span, in the extensions of its entry in the registry.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    pub(crate) context: Context,
    /// `None` for a span that sampling left out.
    pub(crate) recording: Option<Recording>,
}

/// The part of a span that is sent.
#[derive(Debug)]
pub(crate) struct Recording {
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

impl Recording {
    pub(crate) fn new(parent: Option<u64>, start: f64, target: &str) -> Self {
        let mut attributes = Attributes::default();
        attributes.text("target", target);
        Self {
            parent,
            start,
            name: None,
            kind: None,
            status: None,
            description: None,
            attributes,
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
    pub(crate) fn write(&self, context: Context, name: &str, end: f64, span: &mut Object<'_>) {
        write_ids(context, span);
        if let Some(parent) = self.parent {
            span.plain_text("parentSpanId", format_args!("{parent:016x}"));
        }
        span.text("name", self.name.as_deref().unwrap_or(name));
        if let Some(kind) = self.kind {
            span.text("kind", kind);
        }
        span.literal("startTime", self.start);
        // The clock of the page is monotonic, but a browser may round it.
        span.literal("endTime", end.max(self.start));
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
        if let Some(members) = self.attributes.members() {
            span.raw("attributes", ['{', '}'], members);
        }
        if !self.links.is_empty() {
            let mut links = String::new();
            for link in &self.links {
                if !links.is_empty() {
                    links.push(',');
                }
                Object::write(&mut links, |object| write_ids(*link, object));
            }
            span.raw("links", ['[', ']'], &links);
        }
    }

    /// Takes a field that is about the span itself. The names are those of `tracing-opentelemetry`.
    fn take_special(&mut self, field: &Field, value: &str) -> bool {
        match field.name() {
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
    object.plain_text("traceId", format_args!("{:032x}", context.trace_id));
    object.plain_text("spanId", format_args!("{:016x}", context.span_id));
}

fn kind(text: &str) -> Option<&'static str> {
    ["internal", "server", "client", "producer", "consumer"]
        .into_iter()
        .find(|kind| kind.eq_ignore_ascii_case(text))
}

impl Visit for Recording {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !self.take_special(field, value) {
            self.attributes.text(field.name(), value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.bool(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.float(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes
            .integer(field.name(), value, value.unsigned_abs().into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attributes.integer(field.name(), value, value.into());
    }
}
