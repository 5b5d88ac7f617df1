//! Jaeger, a program that people look at their traces with.

use std::{collections::BTreeMap, path::Path, process::Stdio};

use anyhow::{Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    cache,
    http::get,
    span::Span,
    wait::{free_port, until},
};

/// A running Jaeger; it is killed when dropped.
pub struct Jaeger {
    otlp: u16,
    query: u16,
    _process: Child,
    _dir: TempDir,
}

impl Jaeger {
    /// Starts it on free ports of the loopback interface, with the configuration of `deploy/`.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/jaeger/config.yaml");
        let (otlp, query) = (free_port()?, free_port()?);
        let program = cache::jaeger();
        ensure!(
            program.exists(),
            "{} is missing; `cargo xtask backends` builds it",
            program.display()
        );
        let process = Command::new(program)
            .arg("--config")
            .arg(config)
            .env("LISTEN", "127.0.0.1")
            .env("STORAGE", dir.path())
            .env("HTTP_PORT", otlp.to_string())
            .env("QUERY_PORT", query.to_string())
            .env("GRPC_PORT", free_port()?.to_string())
            .env("QUERY_GRPC_PORT", free_port()?.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        for port in [otlp, query] {
            until("Jaeger to listen", async || {
                TcpStream::connect(("127.0.0.1", port)).await.ok()
            })
            .await?;
        }
        Ok(Self {
            otlp,
            query,
            _process: process,
            _dir: dir,
        })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.otlp)
    }

    /// The URL of its query API.
    pub fn query_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.query)
    }

    /// All spans of the traces in which one of these services takes part.
    pub async fn spans(&self, services: &[&str]) -> Vec<Span> {
        let mut spans = BTreeMap::new();
        for service in services {
            let path = format!("/api/traces?service={service}&limit=1000");
            let traces = self.traces(&path).await.unwrap_or_default();
            // Some traces have several of the services.
            spans.extend(
                traces
                    .iter()
                    .flat_map(Span::of_jaeger)
                    .map(|span| (span.span_id.clone(), span)),
            );
        }
        spans.into_values().collect()
    }

    async fn traces(&self, path: &str) -> Option<Vec<Value>> {
        let answer = get(self.query, path, "").await.ok()?;
        let mut traces: Value = serde_json::from_str(&answer).ok()?;
        match traces["data"].take() {
            Value::Array(traces) => Some(traces),
            _ => None,
        }
    }
}
