//! What each tool answers.

use std::{fmt::Write, sync::Arc};

use serde_json::{Map, Value};

use super::{
    arguments,
    catalogue::{Definition, TOOLS},
    text::{Answer, cell},
};
use crate::{
    api::{Attributes, Pagination, SpanStatus, Trace},
    core::Core,
    query::{self, Params, QueryError, compare_time as time},
};

/// Rows when nothing is asked for.
const USUAL_ROWS: &str = "20";

/// What answers the tools.
pub(super) trait Backend: Send + Sync {
    /// Answers a call. Blocks.
    fn answer(
        &self,
        tool: &Definition,
        arguments: &Map<String, Value>,
    ) -> Result<String, QueryError>;
}

/// Calls a tool by its name. Blocks.
pub(super) fn call(
    backend: &dyn Backend,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<String, QueryError> {
    match TOOLS.iter().find(|tool| tool.name == name) {
        Some(tool) => backend.answer(tool, arguments),
        None => Err(QueryError::Missing(format!("tool {name:?}"))),
    }
}

/// Answers from the runs of the viewer.
pub(super) struct Local {
    pub(super) core: Arc<Core>,
    /// The address of the page.
    pub(super) web: Option<String>,
    /// The token that its links have.
    pub(super) token: Option<String>,
}

impl Backend for Local {
    fn answer(
        &self,
        tool: &Definition,
        arguments: &Map<String, Value>,
    ) -> Result<String, QueryError> {
        let core = &*self.core;
        let mut params = arguments::read(tool, arguments)?;
        if params.text("limit").is_none() {
            params.set("limit", USUAL_ROWS);
        }
        match tool.name {
            "status" => self.status(core, &params),
            "query_logs" => self.logs(core, &params),
            "get_traces" => match params.trace_id()? {
                Some(id) => self.trace(core, &params, id),
                None => self.traces(core, params),
            },
            "query_metrics" => match params.text("metricName") {
                Some(metric) => self.metric(core, &params, metric),
                None => self.metrics(core, &params),
            },
            "get_fields" => self.fields(core, &params),
            "find_errors" => self.errors(core, &params),
            _ => self.compare(core, &params),
        }
    }
}

impl Local {
    fn url(&self, view: &str, params: &Params) -> Option<String> {
        let mut shown = Params::default();
        for name in [
            "run",
            "service",
            "command",
            "window",
            "search",
            "error",
            "minDuration",
            "maxDuration",
            "start",
            "end",
            "severity",
        ] {
            if let Some(value) = params.text(name) {
                shown.set(name, value);
            }
        }
        self.link(view, shown)
    }

    fn link(&self, view: &str, mut params: Params) -> Option<String> {
        let web = self.web.as_ref()?;
        if let Some(token) = &self.token {
            params.set("token", token);
        }
        let query = params.to_query();
        let mark = if query.is_empty() { "" } else { "?" };
        Some(format!("{web}/#/{view}{mark}{query}"))
    }

    fn status(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let status = core.status(params)?;
        let counts = &status.counts;
        let summary = format!(
            "The run {} holds {} traces with {} spans ({} failed), {} log records and {} data points of metrics.",
            status.run.id,
            counts.traces,
            counts.spans,
            counts.errors,
            counts.logs,
            counts.metric_points
        );
        let mut answer = Answer::new(params, &summary)?;
        let list = |names: &[String]| cell(&names.join(", "));
        answer.row(&format!("services: {}", list(&status.services)));
        answer.row(&format!("windows: {}", list(&status.windows)));
        answer.row(&format!("commands: {}", list(&status.commands)));
        if let (Some(first), Some(last)) = (status.first_time, status.last_time) {
            answer.row(&format!("time: {first:.0} to {last:.0} (Unix ms)"));
        }
        let (pruned, lost) = (&status.pruned, &status.lost);
        if pruned.traces + pruned.logs + pruned.metric_points > 0 {
            answer.row(&format!(
                "removed to stay below {} bytes: {} traces, {} log records, {} data points",
                status.limit_bytes, pruned.traces, pruned.logs, pruned.metric_points
            ));
        }
        if lost.refused_requests
            + lost.rejected_items
            + lost.unwritten_items
            + lost.dropped_by_senders
            > 0
        {
            answer.row(&format!(
                "missing: {} requests refused, {} items not valid, {} not written, {} dropped by senders",
                lost.refused_requests, lost.rejected_items, lost.unwritten_items, lost.dropped_by_senders
            ));
        }
        for message in &status.messages {
            answer.row(&format!("message: {}", cell(message)));
        }
        for run in core.store.runs() {
            let current = if run.current { " (running)" } else { "" };
            answer.row(&format!(
                "run {}: {}, {} spans{current}",
                run.id,
                cell(&run.name),
                run.spans
            ));
        }
        let next = if counts.spans == 0 {
            "Nothing has arrived. Send OTLP to the receiver (OTEL_EXPORTER_OTLP_ENDPOINT), or run `tracepane run -- PROGRAM`."
        } else {
            "Next: find_errors, get_traces with sort=slowest, query_logs with severity=warn."
        };
        Ok(answer.end(next, self.url("traces", params)))
    }

    fn logs(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let logs = core.ask(params, |reader| query::logs(reader, params))?;
        let mut answer = Answer::new(
            params,
            &format!(
                "{} log records{}.",
                logs.items.len(),
                more(&logs.pagination)
            ),
        )?;
        for record in &logs.items {
            let mut row = format!(
                "{:.0} {:?} {} {}",
                record.time,
                record.severity,
                cell(&record.service),
                cell(&record.body)
            );
            append(&mut row, &record.attributes);
            if let Some(trace) = &record.trace_id {
                let _ = write!(row, " traceId={trace}");
            }
            answer.row(&row);
        }
        let next = next(&answer, params, &logs.pagination);
        Ok(answer.end(&next, self.url("logs", params)))
    }

    fn traces(&self, core: &Core, mut params: Params) -> Result<String, QueryError> {
        if let Some(operation) = params.text("operation").map(str::to_owned) {
            let is_command = core.ask(&params, |reader| {
                let mut operations = reader.operations()?.iter();
                Ok(operations.any(|own| own.command.as_deref() == Some(&operation)))
            })?;
            params.set(if is_command { "command" } else { "search" }, operation);
        }
        let traces = core.ask(&params, |reader| query::traces(reader, &params))?;
        let failed = traces.items.iter().filter(|trace| trace.errors > 0).count();
        let summary = format!(
            "{} traces{}, {failed} of them with errors.",
            traces.items.len(),
            more(&traces.pagination)
        );
        let mut answer = Answer::new(&params, &summary)?;
        for trace in &traces.items {
            let mut row = format!(
                "{} {:.0} {} {} {} spans",
                trace.trace_id,
                trace.start_time,
                time(trace.duration),
                cell(&trace.name),
                trace.spans
            );
            if trace.errors > 0 {
                let _ = write!(row, " {} errors", trace.errors);
            }
            let _ = write!(row, " services={}", cell(&trace.services.join(",")));
            if !trace.commands.is_empty() {
                let _ = write!(row, " commands={}", cell(&trace.commands.join(",")));
            }
            answer.row(&row);
        }
        let next = next(&answer, &params, &traces.pagination);
        Ok(answer.end(
            &format!("{next}\nget_traces with traceId shows one of them whole."),
            self.url("traces", &params),
        ))
    }

    fn trace(&self, core: &Core, params: &Params, id: [u8; 16]) -> Result<String, QueryError> {
        let trace = core.ask(params, |reader| query::trace(reader, id))?;
        let summary = format!(
            "{} took {}: {} spans, {} failed, {} log records.",
            cell(&trace.name),
            time(trace.duration),
            trace.spans.len(),
            trace.errors,
            trace.logs.len()
        );
        let mut answer = Answer::new(params, &summary)?;
        for gap in &trace.gaps {
            answer.row(&format!("missing: {}", cell(&gap.cause)));
        }
        critical_path(&trace, &mut answer);
        for invoke in &trace.invokes {
            let part = |name: &str, nanos: Option<u64>| {
                nanos.map_or_else(String::new, |nanos| format!(" {name} {}", time(nanos)))
            };
            answer.row(&format!(
                "invoke {} {}:{}{}{}{}",
                cell(&invoke.command),
                time(invoke.duration),
                part("ipc", invoke.ipc),
                part("queue", invoke.queue),
                part("body", invoke.body),
                part("return", invoke.return_)
            ));
        }
        for record in &trace.logs {
            answer.row(&format!(
                "log {:?} {} {}",
                record.severity,
                cell(&record.service),
                cell(&record.body)
            ));
        }
        for span in &trace.spans {
            let indent = "  ".repeat(span.depth.min(20) as usize);
            let lane = &trace.lanes[span.lane as usize].label;
            let mut row = format!(
                "{indent}{} {} +{} [{}]",
                cell(&span.name),
                time(span.duration),
                time(span.offset),
                cell(lane)
            );
            if span.status == SpanStatus::Error {
                let _ = write!(
                    row,
                    " ERROR {}",
                    cell(span.status_message.as_deref().unwrap_or_default())
                );
                append(&mut row, &span.attributes);
            }
            answer.row(&row);
        }
        let next = if answer.is_full() {
            "Ask with maxTokens=8000 for more of it."
        } else {
            ""
        };
        Ok(answer.end(next, self.url(&format!("trace/{}", trace.trace_id), params)))
    }

    fn metrics(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let metrics = core.ask(params, |reader| query::catalogue(reader, params))?;
        let mut answer = Answer::new(params, &format!("{} metrics.", metrics.len()))?;
        for metric in &metrics {
            answer.row(&format!(
                "{} ({:?}, unit {}) services={} attributes={}",
                cell(&metric.name),
                metric.kind,
                cell(&metric.unit),
                cell(&metric.services.join(",")),
                cell(&metric.attributes.join(","))
            ));
        }
        Ok(answer.end(
            "query_metrics with metricName shows one over time.",
            self.url("metrics", params),
        ))
    }

    fn metric(&self, core: &Core, params: &Params, name: &str) -> Result<String, QueryError> {
        let found = core.ask(params, |reader| query::series(reader, name, params))?;
        let summary = format!(
            "{} series of {} over {} steps of {} s; each value is the {} of a step (unit {}).",
            found.series.len() as u64 + found.more_series,
            cell(name),
            found.times.len(),
            found.step,
            found.shows,
            cell(&found.metric.unit)
        );
        let mut answer = Answer::new(params, &summary)?;
        if let Some(first) = found.times.first() {
            answer.row(&format!("the first step begins at {first:.0} (Unix ms)"));
        }
        for series in &found.series {
            let labels: Vec<String> = series
                .labels
                .iter()
                .map(|(name, value)| format!("{}={}", cell(name), cell(value)))
                .collect();
            let values: Vec<String> = series
                .values
                .iter()
                .map(|value| {
                    value.map_or_else(
                        || "-".to_owned(),
                        |value| {
                            format!("{value:.6}")
                                .trim_end_matches('0')
                                .trim_end_matches('.')
                                .to_owned()
                        },
                    )
                })
                .collect();
            answer.row(&format!(
                "{} {}: {}",
                cell(&series.service),
                labels.join(","),
                values.join(" ")
            ));
        }
        for exemplar in found.exemplars.iter().take(5) {
            if let Some(trace) = &exemplar.trace_id {
                answer.row(&format!("exemplar {} traceId={trace}", exemplar.value));
            }
        }
        let next = if answer.is_full() {
            "Ask with a longer stepInterval, a filter or groupBy for fewer values."
        } else {
            ""
        };
        Ok(answer.end(
            next,
            self.url(
                &format!(
                    "metrics/{}",
                    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
                ),
                params,
            ),
        ))
    }

    fn fields(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let fields = core.ask(params, |reader| query::fields(reader, params))?;
        let what = if params.text("name").is_some() {
            "values"
        } else {
            "names"
        };
        let mut answer = Answer::new(
            params,
            &format!(
                "{} {what} among the newest 10 000 items, with how often each came.",
                fields.items.len()
            ),
        )?;
        for field in &fields.items {
            answer.row(&format!("{} {}", field.count, cell(&field.text)));
        }
        let next = if answer.is_full() {
            "Ask with searchText for fewer."
        } else {
            ""
        };
        Ok(answer.end(next, None))
    }

    fn errors(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let errors = core.ask(params, |reader| query::errors(reader, params))?;
        let count: u64 = errors.items.iter().map(|group| group.count).sum();
        let mut answer = Answer::new(
            params,
            &format!(
                "{count} errors in {} groups{}.",
                errors.items.len(),
                more(&errors.pagination)
            ),
        )?;
        for group in &errors.items {
            let mut row = format!(
                "{} × {} at {} ({}), first {:.0}, last {:.0}: {}",
                group.count,
                cell(&group.error_type),
                cell(&group.place),
                cell(&group.service),
                group.first_seen,
                group.last_seen,
                cell(&group.example.message)
            );
            if let Some(trace) = &group.example.trace_id {
                let _ = write!(row, " traceId={trace}");
            }
            answer.row(&row);
        }
        let next = next(&answer, params, &errors.pagination);
        Ok(answer.end(&next, self.url("errors", params)))
    }

    fn compare(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
        let mut sides = Params::default();
        for (side, suffix) in [("a.", "A"), ("b.", "B")] {
            for name in ["run", "start", "end"] {
                if let Some(value) = params.text(&format!("{name}{suffix}")) {
                    sides.set(&format!("{side}{name}"), value);
                }
            }
            if let Some(service) = params.text("service") {
                sides.set(&format!("{side}service"), service);
            }
        }
        let comparison = core.compare(&sides)?;
        let mut answer = Answer::new(params, &comparison.statement)?;
        for row in &comparison.items {
            answer.row(&format!(
                "{} ({}): {}",
                cell(&row.operation),
                cell(&row.service),
                row.statement
            ));
        }
        Ok(answer.end("", self.link("compare", sides)))
    }
}

fn critical_path(trace: &Trace, answer: &mut Answer) {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for segment in &trace.critical_path {
        match sums.iter_mut().find(|(id, _)| *id == segment.span_id) {
            Some((_, sum)) => *sum += segment.duration,
            None => sums.push((&segment.span_id, segment.duration)),
        }
    }
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let parts: Vec<String> = sums
        .iter()
        .take(8)
        .filter_map(|(id, sum)| {
            let span = trace.spans.iter().find(|span| span.span_id == *id)?;
            Some(format!("{} {}", cell(&span.name), time(*sum)))
        })
        .collect();
    answer.row(&format!(
        "critical path (time that the trace waited for each span): {}",
        parts.join(", ")
    ));
}

fn append(row: &mut String, attributes: &Attributes) {
    for (key, value) in attributes {
        let value = match value {
            crate::api::AttributeValue::String(text) => text.clone(),
            other => serde_json::to_string(other).unwrap_or_default(),
        };
        let _ = write!(row, " {}={}", cell(key), cell(&value));
    }
}

fn more(pagination: &Pagination) -> &'static str {
    if pagination.has_more {
        " (there are more)"
    } else {
        ""
    }
}

/// The pagination of what is really shown: a cut answer ends earlier than its page.
fn next(answer: &Answer, params: &Params, pagination: &Pagination) -> String {
    let next = if answer.is_full() {
        let offset: usize = params.number("offset").ok().flatten().unwrap_or(0);
        Some((offset + answer.shown()) as u64)
    } else {
        pagination.next_offset
    };
    match next {
        Some(offset) => format!("pagination: {{\"hasMore\":true,\"nextOffset\":{offset}}}"),
        None => "pagination: {\"hasMore\":false}".to_owned(),
    }
}
