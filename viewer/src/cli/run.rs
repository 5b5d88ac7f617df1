//! `run`: a program that sends here.

use std::process::ExitCode;

use tokio::process::Command;

use super::Failure;
use crate::Viewer;

/// Variables that stand above those that `run` sets.
const FOR_ONE_SIGNAL: [&str; 6] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
];

/// Runs the program with the variables that every SDK of OpenTelemetry reads, and ends with its code.
pub(super) fn run(viewer: Viewer, program: &[String]) -> Result<ExitCode, Failure> {
    let Some((name, arguments)) = program.split_first() else {
        return Err("name a program after `run --`".into());
    };
    let endpoint = viewer.http_endpoint().ok_or("the viewer has no port")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime.block_on(async {
        let mut command = Command::new(name);
        for variable in FOR_ONE_SIGNAL {
            command.env_remove(variable);
        }
        let mut child = command
            .args(arguments)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        // The terminal sends its interrupt to the child as well, which decides when it ends.
        loop {
            tokio::select! {
                status = child.wait() => return status.map_err(Failure::from),
                signal = tokio::signal::ctrl_c() => signal?,
            }
        }
    })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Waits for the interrupt of a terminal, or for the signal that ends a service.
pub(super) fn until_asked_to_end() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let mut terminate = signal(SignalKind::terminate())?;
            tokio::select! {
                interrupt = tokio::signal::ctrl_c() => interrupt?,
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}
