//! Traces, and one of them whole.

use std::fmt::Write;

use super::{Answer, Local, append, cell, more, next};
use crate::{
    api::{SpanStatus, Trace},
    core::Core,
    query::{self, Params, QueryError, compare_time as time},
};

/// Log records that come with a trace.
const MAX_RECORDS: usize = 20;

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
        // Behind the spans: a trace can have a thousand records.
        for record in trace.logs.iter().take(MAX_RECORDS) {
            answer.row(&format!(
                "log {:?} {} {}",
                record.severity,
                cell(&record.service),
                cell(&record.body)
            ));
        }
        let mut next = Vec::new();
        if answer.is_full() {
            next.push("Ask with maxTokens=8000 for more of it.".to_owned());
        }
        if trace.logs.len() > MAX_RECORDS || (answer.is_full() && !trace.logs.is_empty()) {
            next.push(format!(
                "query_logs with traceId={} has all of its log records.",
                trace.trace_id
            ));
        }
        Ok(answer.end(
            &next.join(" "),
            self.url(&format!("trace/{}", trace.trace_id), params),
        ))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        query::trace_id,
        receiver::read_line,
        store::{MIN_LIMIT, Options, Store},
    };

    const TRACE: &str = "00000000000000000000000000000001";

    #[test]
    fn the_spans_of_a_trace_come_before_its_log_records() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Options {
            folder: folder.path().to_owned(),
            limit: MIN_LIMIT,
            queue_bytes: 1 << 20,
            name: String::new(),
        })
        .unwrap();
        let span = format!(
            r#"{{"traceId":"{TRACE}","spanId":"0000000000000001","name":"root","startTimeUnixNano":"1","endTimeUnixNano":"2"}}"#
        );
        let record = format!(
            r#"{{"traceId":"{TRACE}","body":{{"stringValue":"{}"}}}}"#,
            "x".repeat(100)
        );
        let records = vec![record; 400].join(",");
        for line in [
            format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#),
            format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}"#),
        ] {
            store.push(read_line(line.as_bytes()).unwrap()).unwrap();
        }
        store.flush();
        let local = Local {
            core: Arc::new(Core::new(store)),
            web: None,
            token: None,
        };
        let id = trace_id(TRACE).unwrap();
        let answer = local.trace(&local.core, &Params::default(), id).unwrap();
        assert!(answer.contains("\nroot 1 ns +0 ns ["), "{answer}");
        assert_eq!(answer.matches("\nlog ").count(), MAX_RECORDS, "{answer}");
        let more = format!("\nquery_logs with traceId={TRACE} has all");
        assert!(answer.contains(&more), "{answer}");
    }
}
