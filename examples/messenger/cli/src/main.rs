//! `messenger-cli FOLDER NAME`: the messages that wait in the shared folder for NAME.
//!
//! It is traced if `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and continues the trace of whatever started it.

use std::{env, path::Path};

use anyhow::{Context, Result, bail};
use messenger_wire::{folder, telemetry};
use tracebaton::{TraceContext, add_link, continue_from};
use tracing::{Span, info_span};

fn main() -> Result<()> {
    let telemetry = telemetry::start("messenger-cli")?;
    let span = continue_from(&TraceContext::from_env(), || {
        info_span!(
            "messenger-cli",
            otel.status_code = tracing::field::Empty,
            process.executable.name = "messenger-cli",
            // `tracing` widens a `u32` to a `u64`, which `tracing-opentelemetry` exports as text.
            process.pid = i64::from(std::process::id()),
        )
    });
    let outcome = span.in_scope(|| run(&span));
    if outcome.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    // It is sent once it has ended.
    drop(span);
    if let Some(telemetry) = telemetry {
        telemetry.shutdown();
    }
    outcome
}

fn run(span: &Span) -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [path, name] = &args[..] else {
        bail!("usage: messenger-cli FOLDER NAME");
    };
    let messages = folder::list(Path::new(path), name).with_context(|| path.clone())?;
    for (_, envelope) in messages {
        // It is only looked at: the message goes its own way.
        add_link(span, &envelope.trace);
        println!("{} from {}", envelope.id, envelope.from);
    }
    Ok(())
}
