//! What a run holds, and what is missing.

use super::{Answer, Local, cell};
use crate::{
    core::Core,
    query::{Params, QueryError},
};

impl Local {
    pub(super) fn status(&self, core: &Core, params: &Params) -> Result<String, QueryError> {
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
}
