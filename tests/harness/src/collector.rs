//! The real OpenTelemetry Collector, which writes what it received to a file.

use std::{fs, path::PathBuf, process::Stdio};

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    cache,
    source::Source,
    span::Span,
    wait::{free_port, until},
};

/// A running Collector; it is killed when dropped.
pub struct Collector {
    endpoint: String,
    output: PathBuf,
    _process: Child,
    _dir: TempDir,
}

impl Collector {
    /// Starts it on free ports of the loopback interface.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        let program = cache::collector();
        ensure!(
            program.exists(),
            "the OpenTelemetry Collector is missing; `cargo xtask backends` builds it"
        );
        let dir = tempfile::tempdir()?;
        let output = dir.path().join("traces.binpb");
        let port = free_port()?;
        let config = dir.path().join("config.yaml");
        let yaml = format!(
            "receivers:\n  otlp:\n    protocols:\n      http:\n        endpoint: 127.0.0.1:{port}\n\
             exporters:\n  file:\n    path: {}\n    format: proto\n    flush_interval: 50ms\n\
             service:\n  telemetry:\n    metrics:\n      level: none\n\
             \x20 pipelines:\n    traces:\n      receivers: [otlp]\n      exporters: [file]\n",
            output.display()
        );
        fs::write(&config, yaml)?;
        let log = dir.path().join("log");
        let mut process = Command::new(program)
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let ready = until("the Collector to listen", async || {
            let listens = TcpStream::connect(("127.0.0.1", port)).await.is_ok();
            (listens || process.try_wait().ok()?.is_some()).then_some(listens)
        })
        .await?;
        if !ready {
            let log = fs::read_to_string(&log).unwrap_or_default();
            return Err(anyhow::anyhow!("{log}")).context("the Collector did not start");
        }
        Ok(Self {
            endpoint: format!("http://127.0.0.1:{port}"),
            output,
            _process: process,
            _dir: dir,
        })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Source for Collector {
    fn spans(&self) -> Vec<Span> {
        decode(&fs::read(&self.output).unwrap_or_default())
    }
}

/// The bytes before each export in the file: its length, big-endian.
const LENGTH: usize = size_of::<u32>();

/// Protobuf and not JSON, which opentelemetry-proto 0.33 cannot read when an array is empty or a number
/// is none: a whole export would be lost to one attribute.
fn decode(mut file: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    while let Some((length, rest)) = file.split_first_chunk::<LENGTH>() {
        let length = u32::from_be_bytes(*length) as usize;
        // The last one may be half written.
        let Some((export, rest)) = rest.split_at_checked(length) else {
            break;
        };
        let data = TracesData::decode(export).expect("the Collector writes what it has read");
        spans.extend(Span::decode(data.resource_spans));
        file = rest;
    }
    spans
}
