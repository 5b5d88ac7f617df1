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

/// Traces that are looked at each time: as many as an answer has at most.
const NEWEST: &str = "1000";

/// Follows the run that is being written. If there is none, begins one.
pub(super) fn tail(common: &Common) -> Result<ExitCode, Failure> {
    let core = common.follow()?;
    let own: Option<Viewer> = if core.store.running().is_some() {
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
    let mut seen = Seen::of(core.store.running().unwrap_or_default());
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

/// What was printed of a run.
struct Seen {
    run: String,
    traces: HashSet<String>,
    log: u64,
}

impl Seen {
    fn of(run: String) -> Self {
        Self {
            run,
            traces: HashSet::new(),
            log: 0,
        }
    }

    /// What is new in the run. When it has ended, the next look is at the run of the program that was started after it.
    fn look(&mut self, core: &Core) -> Result<String, Failure> {
        let has_ended = !core.store.is_running(&self.run);
        let lines = self.lines(core)?;
        if has_ended && let Some(run) = core.store.running() {
            *self = Self::of(run);
        }
        Ok(lines)
    }

    fn lines(&mut self, core: &Core) -> Result<String, Failure> {
        let mut lines = String::new();
        let mut params = Params::default();
        params.set("run", &*self.run);
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
        params.set("run", &*self.run);
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
        plain(&trace.service),
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
        plain(&record.service),
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

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        collector::logs::v1::ExportLogsServiceRequest,
        common::v1::{AnyValue, KeyValue, any_value::Value},
        logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
        resource::v1::Resource,
    };

    use super::*;
    use crate::{Options, store::Store};

    fn text(text: &str) -> Option<AnyValue> {
        Some(AnyValue {
            value: Some(Value::StringValue(text.to_owned())),
        })
    }

    fn request(bodies: &[&str]) -> ExportLogsServiceRequest {
        let records = bodies.iter().map(|body| LogRecord {
            body: text(body),
            ..LogRecord::default()
        });
        let service = KeyValue {
            key: "service.name".to_owned(),
            value: text("a\u{1b}]0;owned\u{7}pp"),
            ..KeyValue::default()
        };
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(Resource {
                    attributes: vec![service],
                    ..Resource::default()
                }),
                scope_logs: vec![ScopeLogs {
                    log_records: records.collect(),
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        }
    }

    #[test]
    fn it_goes_on_with_the_run_of_a_restarted_program_and_prints_no_control_characters() {
        let folder = tempfile::tempdir().unwrap();
        let start = |bodies: &[&str]| {
            let mut options = Options::new(folder.path());
            options.http_port = None;
            let viewer = Viewer::start(options).unwrap();
            viewer.ingest_logs(request(bodies)).unwrap();
            viewer.flush();
            viewer
        };
        let first = start(&["one", "two"]);
        let core = Core::new(Store::follow(folder.path().to_owned(), 0).unwrap());
        let mut seen = Seen::of(core.store.running().unwrap());
        let mut look = || seen.look(&core).unwrap();
        let lines = look();
        assert!(lines.contains("one") && lines.contains("two"), "{lines}");
        assert!(!lines.contains('\u{1b}'), "{lines:?}");
        drop(first);
        let _second = start(&["three"]);
        let lines = look() + &look();
        assert_eq!(lines.matches('\n').count(), 1, "{lines}");
        assert!(lines.contains("three"), "{lines}");
    }
}
