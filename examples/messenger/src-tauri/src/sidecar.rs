//! The sidecar in Python, which packs and unpacks texts. It is started for each, and continues the trace.

use std::{process::Stdio, time::Duration};

use serde::Deserialize;
use serde_json::json;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};
use tracebaton::ChildProcess;

/// A Python that imports OpenTelemetry takes a second on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// How to start the sidecar.
pub struct Sidecar {
    python: String,
    script: String,
    child: ChildProcess,
}

#[derive(Deserialize)]
struct Packed {
    packed: String,
}

#[derive(Deserialize)]
struct Unpacked {
    text: String,
}

impl Sidecar {
    /// A sidecar of the desktop with this service name.
    pub fn new(python: String, script: String, service: &str) -> Self {
        Self {
            python,
            script,
            child: ChildProcess::new(format!("{service}-sidecar")),
        }
    }

    pub async fn pack(&self, text: &str) -> Result<String, String> {
        let answer: Packed = self.call("pack", &json!({ "text": text })).await?;
        Ok(answer.packed)
    }

    pub async fn unpack(&self, packed: &str) -> Result<String, String> {
        let answer: Unpacked = self.call("unpack", &json!({ "packed": packed })).await?;
        Ok(answer.text)
    }

    async fn call<T: for<'a> Deserialize<'a>>(
        &self,
        verb: &str,
        input: &serde_json::Value,
    ) -> Result<T, String> {
        let mut command = Command::new(&self.python);
        command
            .args([&self.script, verb])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let answer = async {
            let mut child = self.child.spawn_tokio(&mut command)?;
            let mut stdin = child.stdin.take();
            if let Some(stdin) = &mut stdin {
                stdin.write_all(input.to_string().as_bytes()).await?;
            }
            drop(stdin);
            child.wait_with_output().await
        };
        let output = timeout(DEADLINE, answer)
            .await
            .map_err(|_| format!("the sidecar has not answered for {DEADLINE:?}"))?
            .map_err(|error| format!("the sidecar: {error}"))?;
        if !output.status.success() {
            return Err(format!("the sidecar: {}", output.status));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("the sidecar: {error}"))
    }
}
