//! A node of a mesh without a window: it does one round of work, and ends.
//!
//! The round continues the trace of whoever starts the process, by `TRACEPARENT`.

mod families;
mod round;
mod telemetry;

use anyhow::Result;
use tracebaton::TraceContext;

fn main() -> Result<()> {
    let telemetry = telemetry::start("mesh-node")?;
    let done = TraceContext::from_env().run(|| round::run("1"));
    if let Some(telemetry) = telemetry {
        telemetry.shutdown();
    }
    done
}
