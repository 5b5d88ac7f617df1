//! Traces, and one of them whole.

use std::fmt::Write;

use super::{Answer, Local, append, cell, more, next};
use crate::{
    api::{SpanStatus, Trace},
    core::Core,
    query::{self, Params, QueryError, compare_time as time},
};

impl Local {
    pub(super) fn traces(&self, core: &Core, mut params: Params) -> Result<String, QueryError> {
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

    pub(super) fn trace(
        &self,
        core: &Core,
        params: &Params,
        id: [u8; 16],
    ) -> Result<String, QueryError> {
        let trace = core.ask(params, |reader| query::trace(reader, id))?;
        let summary = format!(
            "The trace took {}: {} spans, {} failed, {} log records.",
            time(trace.duration),
            trace.spans.len(),
            trace.errors,
            trace.logs.len()
        );
        let mut answer = Answer::new(params, &summary)?;
        answer.row(&format!("name: {}", cell(&trace.name)));
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
