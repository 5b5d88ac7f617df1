//! What is printed at the end.

use std::fmt;

use otel_harness::{Span, Status, Trace};
use serde_json::{Value, json};

use super::{
    backend::Backend,
    check,
    drive::{Driven, SERVICES},
};
use crate::commands::Commands;

/// The outcome of the scenario.
pub struct Report<'a> {
    backend: &'static str,
    look: String,
    driven: Driven,
    spans: &'a [Span],
    message: Option<Trace>,
}

impl<'a> Report<'a> {
    pub fn new(backend: &Backend, driven: Driven, spans: &'a [Span]) -> Self {
        let message = check::message(spans, "send");
        Self {
            backend: backend.name(),
            look: backend.look(trace_id(message.as_ref())),
            driven,
            spans,
            message,
        }
    }

    /// Where to look further.
    pub fn look(&self) -> &str {
        &self.look
    }

    fn errors(&self) -> impl Iterator<Item = (&Span, &str)> {
        self.spans.iter().filter_map(|span| match &span.status {
            Status::Error(description) => Some((span, description.as_str())),
            _ => None,
        })
    }

    pub fn as_json(&self) -> Value {
        let milestones: Vec<_> = self
            .driven
            .milestones
            .iter()
            .map(|(what, after)| json!({ "what": what, "afterMs": after.as_millis() as u64 }))
            .collect();
        let errors: Vec<_> = self
            .errors()
            .map(|(span, description)| {
                json!({
                    "traceId": span.trace_id,
                    "spanId": span.span_id,
                    "name": span.name,
                    "service": span.service(),
                    "description": description,
                })
            })
            .collect();
        json!({
            "backend": self.backend,
            "runMs": self.driven.took.as_millis() as u64,
            "milestones": milestones,
            "traceId": trace_id(self.message.as_ref()),
            "spans": self.spans.iter().map(span).collect::<Vec<_>>(),
            "commands": Commands::of(self.spans).as_json(),
            "errors": errors,
            "look": self.look,
        })
    }
}

fn trace_id(message: Option<&Trace>) -> Option<&str> {
    message.map(|trace| trace.spans()[0].trace_id.as_str())
}

fn span(span: &Span) -> Value {
    let (status, description) = match &span.status {
        Status::Unset => ("unset", ""),
        Status::Ok => ("ok", ""),
        Status::Error(description) => ("error", description.as_str()),
    };
    let links: Vec<_> = span
        .links
        .iter()
        .map(|(trace, span)| json!({ "traceId": trace, "spanId": span }))
        .collect();
    json!({
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_span_id,
        "name": span.name,
        "service": span.service(),
        "kind": format!("{:?}", span.kind).to_lowercase(),
        "startUnixNano": span.start.to_string(),
        "endUnixNano": span.end.to_string(),
        "status": status,
        "statusDescription": description,
        "attributes": span.attributes,
        "links": links,
    })
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "took {:.1} s", self.driven.took.as_secs_f64())?;
        for (what, after) in &self.driven.milestones {
            writeln!(f, "{:>6.1} s  {what}", after.as_secs_f64())?;
        }
        if let Some(trace) = &self.message {
            writeln!(f, "\nthe message, trace {}", trace.spans()[0].trace_id)?;
            trace
                .children("")
                .try_for_each(|root| write_below(f, trace, root, 0))?;
        }
        if !self.spans.is_empty() {
            writeln!(f, "\n{}", Commands::of(self.spans))?;
            writeln!(f, "errors")?;
        }
        for (span, description) in self.errors() {
            let Span { trace_id, name, .. } = span;
            writeln!(
                f,
                "{trace_id}  {:<18} {name}  {description}",
                span.service()
            )?;
        }
        write!(f, "\n{}", self.look)
    }
}

fn write_below(
    f: &mut fmt::Formatter<'_>,
    trace: &Trace,
    span: &Span,
    depth: usize,
) -> fmt::Result {
    let width = SERVICES.map(str::len).into_iter().max().unwrap_or_default();
    let label = format!("{}{}", "  ".repeat(depth), span.name);
    let outcome = if span.is_error() { "  error" } else { "" };
    writeln!(
        f,
        "{:<width$}  {label:<44} {:>9.2} ms{outcome}",
        span.service(),
        span.millis()
    )?;
    trace
        .children(&span.span_id)
        .try_for_each(|child| write_below(f, trace, child, depth + 1))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use otel_harness::Kind;

    use super::*;

    fn span(id: &str, parent: &str, name: &str, status: Status) -> Span {
        let attributes = [("rpc.method".to_owned(), json!("send_message"))];
        Span {
            trace_id: "a".repeat(32),
            span_id: id.to_owned(),
            parent_span_id: parent.to_owned(),
            name: name.to_owned(),
            kind: Kind::Server,
            status,
            start: 1_000_000,
            end: 3_000_000,
            attributes: attributes.into(),
            exact: Vec::new(),
            links: vec![("b".repeat(32), "c".repeat(16))],
            events: Vec::new(),
            scope: String::new(),
            scope_version: String::new(),
            scope_schema_url: String::new(),
            resource_schema_url: String::new(),
            resource: [("service.name".to_owned(), json!("desktop-1"))].into(),
        }
    }

    #[test]
    fn the_object_has_everything_that_is_printed() {
        let failed = Status::Error("no".to_owned());
        let spans = [
            span("1", "", "ui.button_click", Status::Unset),
            span("2", "1", "send_message", failed),
        ];
        let report = Report {
            backend: "viewer",
            look: "there".to_owned(),
            driven: Driven {
                took: Duration::from_millis(1500),
                milestones: vec![("sent", Duration::from_millis(700))],
            },
            spans: &spans,
            message: otel_harness::traces(&spans).pop(),
        };
        let trace_id = "a".repeat(32);
        let expected_span =
            |id: &str, parent: &str, name: &str, status: &str, description: &str| {
                json!({
                    "traceId": trace_id,
                    "spanId": id,
                    "parentSpanId": parent,
                    "name": name,
                    "service": "desktop-1",
                    "kind": "server",
                    "startUnixNano": "1000000",
                    "endUnixNano": "3000000",
                    "status": status,
                    "statusDescription": description,
                    "attributes": { "rpc.method": "send_message" },
                    "links": [{ "traceId": "b".repeat(32), "spanId": "c".repeat(16) }],
                })
            };
        let expected = json!({
            "backend": "viewer",
            "runMs": 1500,
            "milestones": [{ "what": "sent", "afterMs": 700 }],
            "traceId": trace_id,
            "spans": [
                expected_span("1", "", "ui.button_click", "unset", ""),
                expected_span("2", "1", "send_message", "error", "no"),
            ],
            "commands": [{
                "command": "send_message",
                "count": 2,
                "totalMs": 4.0,
                "meanMs": 2.0,
                "p95Ms": 2.0,
                "errors": 1,
            }],
            "errors": [{
                "traceId": trace_id,
                "spanId": "2",
                "name": "send_message",
                "service": "desktop-1",
                "description": "no",
            }],
            "look": "there",
        });
        assert_eq!(report.as_json(), expected);
    }
}
