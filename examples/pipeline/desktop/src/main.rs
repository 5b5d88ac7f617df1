//! A desktop that runs the pipeline in a process of its own, in the trace of the click.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::{env, ffi::OsString, process::Stdio};

use tokio::process::Command;
use tracebaton::ChildProcess;

/// Runs the pipeline, or resumes the run that a killed process has left. Returns the slug of the first article.
#[tauri::command]
async fn run_pipeline() -> Result<String, String> {
    let mut command = Command::new(setting("PIPELINE_PROGRAM")?);
    command
        .arg(setting("PIPELINE_FOLDER")?)
        .stdout(Stdio::piped());
    let child = ChildProcess::new("pipeline")
        .spawn_tokio(&mut command)
        .map_err(|error| format!("PIPELINE_PROGRAM cannot be started: {error}"))?;
    let output = child.wait_with_output().await;
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("the pipeline ended with {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn setting(name: &str) -> Result<OsString, String> {
    env::var_os(name).ok_or_else(|| format!("set the environment variable {name}"))
}

fn main() {
    tauri::Builder::default()
        .plugin(tauri_plugin_opentelemetry::init())
        .invoke_handler(tauri::generate_handler![run_pipeline])
        .run(tauri::generate_context!())
        .expect("the app runs");
}
