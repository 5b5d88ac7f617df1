//! A graph of steps with a trace: an object store, DataFusion with a function of our own, spatial predicates side by side, a
//! database, and a job that indexes in the background.
//!
//! `pipeline FOLDER` runs the graph with the data in a folder, and continues the trace in `TRACEPARENT`, such as that of the
//! desktop command in `desktop/`. If the process is killed, the next process resumes the run in the same trace.

mod faults;
mod geometry;
mod index;
mod query;
mod run;
mod source;
mod store;
// The set-up of telemetry is that of `examples/mesh-node`, which has no window either.
#[path = "../../mesh-node/src/telemetry.rs"]
mod telemetry;

use std::{env, path::PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tracebaton::TraceContext;

/// The rows that go through the graph.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Article {
    id: i64,
    slug: String,
    longitude: f64,
    latitude: f64,
}

fn main() -> Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.context("usage: pipeline FOLDER")?;
    let telemetry = telemetry::start("pipeline")?;
    let runtime = Runtime::new()?;
    let done = TraceContext::from_env().run(|| {
        let run = run::RunState::open(&folder)?;
        // The parent of the run has to arrive even if this process is killed.
        if let Some(telemetry) = &telemetry {
            telemetry.tracer.force_flush()?;
        }
        runtime.block_on(run.finish())
    });
    if let Some(telemetry) = telemetry {
        telemetry.shutdown();
    }
    done
}
