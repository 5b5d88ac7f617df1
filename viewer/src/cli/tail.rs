//! `tail`: traces and log records as lines.

use std::{collections::HashSet, io::Write, process::ExitCode, sync::Arc, time::Duration};

use super::{Common, Failure};
use crate::{
    Viewer,
    api::{LogRecord, TraceSummary},
    core::Core,
    query::{self, Params, compare_time},
};

/// How often the run is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// A trace is printed when its last span ended this long ago, in milliseconds: its other spans have come by then.
const SETTLED_MILLIS: f64 = 1000.0;

/// Traces that are looked at each time.
const NEWEST: &str = "200";

/// Follows the run that is being written. If there is none, begins one.
pub(super) fn tail(common: &Common) -> Result<ExitCode, Failure> {
    let core = common.follow()?;
    let own: Option<Viewer> = if core.store.is_current_running() {
        None
    } else {
        Some(common.start()?)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(follow(Arc::new(core)))?;
    drop(own);
    Ok(ExitCode::SUCCESS)
}

async fn follow(core: Arc<Core>) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(PAUSE);
    let mut seen = Seen::default();
    loop {
        tokio::select! {
            signal = tokio::signal::ctrl_c() => return Ok(signal?),
            _ = ticks.tick() => {
                let lines = seen.look(&core)?;
                let mut output = std::io::stdout().lock();
                if output.write_all(lines.as_bytes()).and_then(|()| output.flush()).is_err() {
                    // Whoever read the lines has gone, as `head` does.
                    return Ok(());
                }
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    traces: HashSet<String>,
    log: u64,
}

impl Seen {
    fn look(&mut self, core: &Core) -> Result<String, Failure> {
        let mut lines = String::new();
        let mut params = Params::default();
        params.set("limit", NEWEST);
        let now = crate::store::millis(crate::store::now());
        let traces = core.ask(&params, |reader| query::traces(reader, &params))?;
        let mut newest: HashSet<String> = HashSet::new();
        for trace in traces.items.iter().rev() {
            let is_settled = trace.start_time + trace.duration as f64 / 1e6 + SETTLED_MILLIS < now;
            if self.traces.contains(&trace.trace_id) || is_settled {
                newest.insert(trace.trace_id.clone());
                if !self.traces.contains(&trace.trace_id) {
                    lines.push_str(&trace_line(trace));
                }
            }
        }
        self.traces = newest;
        let mut params = Params::default();
        params.set("after", self.log.to_string());
        params.set("limit", "1000");
        let logs = core.ask(&params, |reader| query::logs(reader, &params))?;
        for record in &logs.items {
            self.log = self.log.max(record.id);
            lines.push_str(&log_line(record));
        }
        Ok(lines)
    }
}

fn trace_line(trace: &TraceSummary) -> String {
    let errors = if trace.errors > 0 {
        format!(" {} errors", trace.errors)
    } else {
        String::new()
    };
    let time = compare_time(trace.duration);
    format!(
        "TRACE {} {} {time} {} spans{errors} {}\n",
        trace.service,
        plain(&trace.name),
        trace.spans,
        trace.trace_id
    )
}

fn log_line(record: &LogRecord) -> String {
    let severity = format!("{:?}", record.severity).to_uppercase();
    let trace = record.trace_id.as_deref().unwrap_or_default();
    format!(
        "{severity} {} {} {trace}\n",
        record.service,
        plain(&record.body)
    )
}

/// Control characters could change what the terminal shows.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}
