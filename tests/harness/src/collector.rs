//! The real OpenTelemetry Collector, which writes what it received to files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use opentelemetry_proto::tonic::{
    logs::v1::LogsData, metrics::v1::MetricsData, trace::v1::TracesData,
};
use prost::Message;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    cache,
    emitter::Emitter,
    log::Log,
    metric::Metric,
    source::Source,
    span::Span,
    tls::Certificates,
    wait::{free_port, until},
};

/// A running Collector; it is killed when dropped.
pub struct Collector {
    http: u16,
    endpoint: String,
    grpc_endpoint: String,
    process: Option<Child>,
    dir: TempDir,
    /// Whether it can be asked from here whether it listens.
    is_near: bool,
}

/// What a Collector does beyond receiving OTLP in plain text.
#[derive(Default)]
pub struct Options<'a> {
    /// Receives over TLS only, and only from clients with a certificate if `client_certificates` says so.
    pub tls: Option<&'a Certificates>,
    /// Whether a client has to show a certificate.
    pub client_certificates: bool,
    /// Reads files of OTLP JSON lines as well, by a pattern.
    pub json_files: Option<&'a Path>,
    /// The port of OTLP over HTTP, if it has to be known before.
    pub port: Option<u16>,
    /// Throws away what it gets, which would fill the disk.
    pub discarding: bool,
    /// Listens in the network of an emitter, on this address.
    pub network: Option<(&'a Emitter, &'a str)>,
}

impl Collector {
    /// Starts it on free ports of the loopback interface.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        Self::with(Options::default()).await
    }

    /// Starts it with more than a receiver of plain text.
    ///
    /// # Errors
    /// If it is not installed, or does not start.
    pub async fn with(options: Options<'_>) -> Result<Self> {
        let scheme = if options.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let http = options.port.map_or_else(free_port, Ok)?;
        let grpc = free_port()?;
        let address = options.network.map_or("127.0.0.1", |(_, address)| address);
        let mut collector = Self {
            http,
            endpoint: format!("{scheme}://{address}:{http}"),
            grpc_endpoint: format!("{scheme}://{address}:{grpc}"),
            process: None,
            dir: tempfile::tempdir()?,
            is_near: options.network.is_none(),
        };
        let config = collector.config(address, http, grpc, &options);
        fs::write(collector.path("config.yaml"), config)?;
        match options.network {
            Some((emitter, _)) => {
                let command = emitter.in_network(installed()?)?;
                collector.run(command).await?;
            }
            None => collector.resume().await?,
        }
        Ok(collector)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self, address: &str, http: u16, grpc: u16, options: &Options<'_>) -> String {
        let tls = options.tls.map_or(String::new(), |certificates| {
            let client = if options.client_certificates {
                format!(", client_ca_file: {}", certificates.ca().display())
            } else {
                String::new()
            };
            format!(
                "        tls: {{ cert_file: {}, key_file: {}{client} }}\n",
                certificates.server().display(),
                certificates.server_key().display()
            )
        });
        let mut yaml = format!(
            "receivers:\n  otlp:\n    protocols:\n\
             \x20     http:\n        endpoint: {address}:{http}\n{tls}\
             \x20     grpc:\n        endpoint: {address}:{grpc}\n{tls}"
        );
        let receivers = match options.json_files {
            Some(pattern) => {
                yaml += &format!(
                    "  otlpjsonfile:\n    include: [{}]\n    start_at: beginning\n    poll_interval: 50ms\n    include_file_name: false\n",
                    pattern.display()
                );
                "[otlp, otlpjsonfile]"
            }
            None => "[otlp]",
        };
        yaml += "exporters:\n";
        for signal in SIGNALS {
            let path = if options.discarding {
                PathBuf::from("/dev/null")
            } else {
                self.path(signal)
            };
            yaml += &format!(
                "  file/{signal}:\n    path: {}\n    format: proto\n    append: true\n    flush_interval: 50ms\n",
                path.display()
            );
        }
        yaml += "service:\n  telemetry:\n    metrics:\n      level: none\n  pipelines:\n";
        for signal in SIGNALS {
            yaml += &format!(
                "    {signal}:\n      receivers: {receivers}\n      exporters: [file/{signal}]\n"
            );
        }
        yaml
    }

    /// Stops it as a power cut would.
    ///
    /// # Errors
    /// If it cannot be stopped.
    pub async fn stop(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().await?;
        }
        Ok(())
    }

    /// Starts it again, on the same ports, with what it had received.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn resume(&mut self) -> Result<()> {
        self.run(Command::new(installed()?)).await
    }

    async fn run(&mut self, mut command: Command) -> Result<()> {
        let log = self.path("log");
        let mut process = command
            .arg("--config")
            .arg(self.path("config.yaml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let port = self.http;
        let written = || fs::read_to_string(&log).unwrap_or_default();
        let ready = until("the Collector to listen", async || {
            let listens = if self.is_near {
                TcpStream::connect(("127.0.0.1", port)).await.is_ok()
            } else {
                written().contains("Everything is ready")
            };
            (listens || process.try_wait().ok()?.is_some()).then_some(listens)
        })
        .await?;
        if !ready {
            return Err(anyhow::anyhow!("{}", written())).context("the Collector did not start");
        }
        self.process = Some(process);
        Ok(())
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with a protocol over HTTP.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with gRPC.
    pub fn grpc_endpoint(&self) -> &str {
        &self.grpc_endpoint
    }

    /// The bytes of everything that has arrived so far of a signal: `traces`, `metrics` or `logs`.
    pub fn bytes(&self, signal: &str) -> Vec<u8> {
        fs::read(self.path(signal)).unwrap_or_default()
    }

    fn exports<T: Message + Default>(&self, signal: &str) -> Vec<T> {
        decode(&self.bytes(signal))
    }
}

pub(crate) fn installed() -> Result<PathBuf> {
    let program = cache::collector();
    ensure!(
        program.exists(),
        "the OpenTelemetry Collector is missing; `cargo xtask backends` builds it"
    );
    Ok(program)
}

const SIGNALS: [&str; 3] = ["traces", "metrics", "logs"];

impl Source for Collector {
    fn spans(&self) -> Vec<Span> {
        let exports = self.exports::<TracesData>("traces").into_iter();
        exports
            .flat_map(|data| Span::decode(data.resource_spans))
            .collect()
    }

    fn logs(&self) -> Vec<Log> {
        let exports = self.exports::<LogsData>("logs").into_iter();
        exports
            .flat_map(|data| Log::decode(data.resource_logs))
            .collect()
    }

    fn metrics(&self) -> Vec<Metric> {
        let exports = self.exports::<MetricsData>("metrics").into_iter();
        exports
            .flat_map(|data| Metric::decode(data.resource_metrics))
            .collect()
    }
}

/// The bytes before each export in the file: its length, big-endian.
const LENGTH: usize = size_of::<u32>();

/// Protobuf and not JSON, which opentelemetry-proto 0.33 cannot read when an array is empty or a number
/// is none: a whole export would be lost to one attribute.
fn decode<T: Message + Default>(mut file: &[u8]) -> Vec<T> {
    let mut exports = Vec::new();
    while let Some((length, rest)) = file.split_first_chunk::<LENGTH>() {
        let length = u32::from_be_bytes(*length) as usize;
        // The last one may be half written.
        let Some((export, rest)) = rest.split_at_checked(length) else {
            break;
        };
        exports.push(T::decode(export).expect("the Collector writes what it has read"));
        file = rest;
    }
    exports
}
