//! Programs that people look at their telemetry with: Jaeger for traces, VictoriaMetrics for metrics.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    cache,
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
    /// Starts it on free ports of the loopback interface.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (otlp, query, grpc) = (free_port()?, free_port()?, free_port()?);
        let config = dir.path().join("config.yaml");
        let yaml = format!(
            "service:\n  extensions: [jaeger_storage, jaeger_query]\n\
             \x20 telemetry:\n    metrics:\n      level: none\n\
             \x20 pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [jaeger_storage_exporter]\n\
             extensions:\n  jaeger_query:\n    storage:\n      traces: memory\n\
             \x20   http:\n      endpoint: 127.0.0.1:{query}\n    grpc:\n      endpoint: 127.0.0.1:{grpc}\n\
             \x20 jaeger_storage:\n    backends:\n      memory:\n        memory:\n          max_traces: 1000\n\
             receivers:\n  otlp:\n    protocols:\n      http:\n        endpoint: 127.0.0.1:{otlp}\n\
             exporters:\n  jaeger_storage_exporter:\n    trace_storage: memory\n"
        );
        fs::write(&config, yaml)?;
        let mut command = Command::new(installed(&cache::jaeger())?);
        command.arg("--config").arg(&config);
        let process = start(command, &[otlp, query]).await?;
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

    /// Waits for a span with this name of a service, and returns its trace as Jaeger's query API has it:
    /// `spans` with `spanID`, `operationName` and `references` to their parents.
    ///
    /// # Errors
    /// If it does not arrive in time.
    pub async fn trace_of(&self, service: &str, span: &str) -> Result<Value> {
        let path = format!("/api/traces?service={service}&limit=100");
        until(&format!("{span} in Jaeger"), async || {
            let traces = self.traces(&path).await?;
            let has = |trace: &Value| {
                let mut spans = trace["spans"].as_array().into_iter().flatten();
                spans.any(|found| found["operationName"] == span)
            };
            traces.into_iter().find(has)
        })
        .await
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

/// A running VictoriaMetrics; it is killed when dropped.
pub struct VictoriaMetrics {
    port: u16,
    _process: Child,
    _dir: TempDir,
}

impl VictoriaMetrics {
    /// Starts it on a free port of the loopback interface.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let port = free_port()?;
        let mut command = Command::new(installed(&cache::victoria_metrics())?);
        command
            .arg(format!("-storageDataPath={}", dir.path().display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"));
        let process = start(command, &[port]).await?;
        Ok(Self {
            port,
            _process: process,
            _dir: dir,
        })
    }

    /// The value for `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/opentelemetry/v1/metrics", self.port)
    }

    /// Waits for a series with this name, and returns it as the export of VictoriaMetrics has it: `metric` with the
    /// labels, and `values`.
    ///
    /// # Errors
    /// If it does not arrive in time.
    pub async fn series(&self, name: &str) -> Result<Value> {
        let path = format!("/api/v1/export?match[]=%7B__name__=%22{name}%22%7D");
        until(&format!("{name} in VictoriaMetrics"), async || {
            let answer = get(self.port, &path, "").await.ok()?;
            serde_json::from_str(answer.lines().next()?).ok()
        })
        .await
    }
}

fn installed(program: &Path) -> Result<&Path> {
    ensure!(
        program.exists(),
        "{} is missing; `cargo xtask backends` builds it",
        program.display()
    );
    Ok(program)
}

async fn start(mut command: Command, ports: &[u16]) -> Result<Child> {
    let process = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    for port in ports {
        until("the backend to listen", async || {
            TcpStream::connect(("127.0.0.1", *port)).await.ok()
        })
        .await?;
    }
    Ok(process)
}

/// The body of the answer to a request with these lines of headers; HTTP/1.0, so that it comes in one piece and ends.
pub(crate) async fn get(port: u16, path: &str, headers: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    Ok(body.to_owned())
}
