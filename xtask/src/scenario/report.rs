//! What is printed at the end.

use std::fmt;

use otel_harness::{Span, Status, Trace};
use serde_json::{Value, json};

use super::{
    backend::Backend,
    check::message,
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
        Self {
            backend: backend.name(),
            look: backend.look(),
            driven,
            spans,
            message: message(spans, "send"),
        }
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
        let trace_id = self
            .message
            .as_ref()
            .map(|trace| &trace.spans()[0].trace_id);
        json!({
            "backend": self.backend,
            "runMs": self.driven.took.as_millis() as u64,
            "milestones": milestones,
            "traceId": trace_id,
            "spans": self.spans.iter().map(span).collect::<Vec<_>>(),
            "commands": Commands::of(self.spans).as_json(),
            "errors": errors,
            "look": self.look,
        })
    }
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
