//! The viewer of this workspace, `tracepane`, as a process of its own.

use std::process::Stdio;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{
    http::get,
    program::built,
    span::Span,
    trace::{Trace, traces},
    wait::{DEADLINE, until},
};

/// A running viewer; it is killed when dropped, and what it stored is removed.
pub struct Viewer {
    link: String,
    port: u16,
    token: String,
    grpc: String,
    _process: Child,
    _folder: TempDir,
}

impl Viewer {
    /// Builds it if needed, and starts it on free ports of the loopback interface.
    ///
    /// # Errors
    /// If it does not compile or does not start.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut process = Command::new(built("tracepane")?)
            .arg("--folder")
            .arg(folder.path())
            .args(["--http-port", "0", "--grpc-port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stderr = process.stderr.take().context("it is piped")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut after = async |prefix: &str| -> Result<String> {
            let line = timeout(DEADLINE, lines.next_line()).await??;
            let line = line.context("the viewer ended at its start")?;
            let rest = line.strip_prefix(prefix).map(str::to_owned);
            rest.with_context(|| format!("the viewer said {line:?} and not {prefix:?}"))
        };
        let link = after("tracepane shows ").await?;
        after("OTLP over HTTP at ").await?;
        let grpc = after("OTLP over gRPC at ").await?;
        // It must not block when it says more.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (url, token) = link.split_once("/#token=").context("a token")?;
        let port = url.rsplit_once(':').context("a port")?.1.parse()?;
        Ok(Self {
            port,
            token: token.to_owned(),
            grpc,
            _process: process,
            _folder: folder,
            link,
        })
    }

    /// The link that opens its page, with the token.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with a protocol over HTTP.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT` with gRPC.
    pub fn grpc_endpoint(&self) -> &str {
        &self.grpc
    }

    /// The answer of its JSON API to `GET path`, such as `/api/status`.
    ///
    /// # Errors
    /// If it has ended, or its answer is no JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.text(path).await?;
        serde_json::from_str(&answer).with_context(|| format!("{path}: {answer}"))
    }

    /// All spans that it has stored so far, from its export.
    ///
    /// # Errors
    /// If it has ended, or a span has a number that is none: opentelemetry-proto 0.33 cannot read that from JSON.
    pub async fn spans(&self) -> Result<Vec<Span>> {
        Span::of_json_lines(&self.text("/api/export").await?)
    }

    /// The trace of the click on the button with this id; `spans` is how many spans it has.
    ///
    /// # Errors
    /// If it does not arrive in time; the error shows the traces that did arrive.
    pub async fn click(&self, button: &str, spans: usize) -> Result<Trace> {
        let mut arrived = String::new();
        let what = format!("the trace of the click on {button}");
        let found = until(&what, async || {
            let all = traces(&self.spans().await.ok()?);
            arrived = all.iter().map(ToString::to_string).collect();
            all.into_iter().find(|trace| {
                let clicked =
                    |span: &Span| span.name == "ui.button_click" && span.text("button") == button;
                trace.spans().iter().any(clicked)
                    && trace.spans().len() >= spans
                    && trace.is_whole()
            })
        });
        found
            .await
            .with_context(|| format!("what has arrived:\n{arrived}"))
    }

    async fn text(&self, path: &str) -> Result<String> {
        let authorization = format!("Authorization: Bearer {}\r\n", self.token);
        get(self.port, path, &authorization).await
    }
}
