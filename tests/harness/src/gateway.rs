//! The Collector with the configuration in `deploy/`, in front of another one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Result, ensure};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    collector::installed,
    http,
    wait::{free_port, until},
};

/// A running gateway; it is killed when dropped.
pub struct Gateway {
    http: u16,
    prometheus: u16,
    own_metrics: u16,
    _process: Child,
    dir: TempDir,
}

impl Gateway {
    /// Starts it on free ports of the loopback interface, in front of an endpoint of OTLP over gRPC. It keeps failed and
    /// slow traces only.
    ///
    /// # Errors
    /// If it is not installed, or refuses its configuration.
    pub async fn start(backend: &str) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (http, prometheus, own_metrics) = (free_port()?, free_port()?, free_port()?);
        let log = dir.path().join("log");
        let mut process = Command::new(installed()?)
            .arg("--config")
            .arg(config())
            .env("HTTP_PORT", http.to_string())
            .env("GRPC_PORT", free_port()?.to_string())
            .env("PROMETHEUS_PORT", prometheus.to_string())
            .env("OWN_METRICS_PORT", own_metrics.to_string())
            .env("ARCHIVE", dir.path().join("archive.jsonl"))
            .env("BACKEND_ENDPOINT", backend.trim_start_matches("http://"))
            .env("DECISION_WAIT", "1s")
            .env("SHARE_PERCENT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let listens = until("the gateway to listen", async || {
            let listens = TcpStream::connect(("127.0.0.1", http)).await.is_ok();
            (listens || process.try_wait().ok()?.is_some()).then_some(listens)
        });
        ensure!(listens.await?, "{}", fs::read_to_string(&log)?);
        Ok(Self {
            http,
            prometheus,
            own_metrics,
            _process: process,
            dir,
        })
    }

    /// Checks the configuration as it is without any environment variable.
    ///
    /// # Errors
    /// If the Collector is not installed, or refuses the configuration; the error is what the Collector says.
    pub async fn validate() -> Result<()> {
        let output = Command::new(installed()?)
            .arg("validate")
            .arg("--config")
            .arg(config())
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        Ok(())
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with a protocol over HTTP.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// The metrics that have arrived, as Prometheus scrapes them.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn metrics(&self) -> Result<String> {
        http::get(self.prometheus, "/metrics", "").await
    }

    /// The metrics of the Collector itself, as Prometheus scrapes them.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn own_metrics(&self) -> Result<String> {
        http::get(self.own_metrics, "/metrics", "").await
    }

    /// The file of what was kept, as lines of OTLP JSON; empty as long as there is none.
    pub fn archive(&self) -> String {
        fs::read_to_string(self.dir.path().join("archive.jsonl")).unwrap_or_default()
    }

    /// Sends it OTLP in JSON, to `/v1/traces` or another path.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn post(&self, path: &str, body: &str) -> Result<()> {
        http::post(self.http, path, body).await.map(drop)
    }
}

fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/collector/config.yaml")
}
