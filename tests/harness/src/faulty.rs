//! A collector that misbehaves on command. It speaks just enough HTTP for that, by hand: no server library
//! would answer so.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{log::Log, metric::Metric, source::Source, span::Span};

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// As it should be.
    Well,
    /// With a status, and a header such as `Retry-After: 1`, or none.
    Status(u16, &'static str),
    /// With 200 and this body.
    Body(Vec<u8>),
    /// Well, up to so many bytes, and else with 413.
    UpTo(usize),
    /// Never.
    Never,
    /// With something that is not HTTP.
    Garbage,
    /// With 200 and the beginning of a body, and then the connection ends.
    BreaksOff,
    /// Well, but a byte at a time with so long in between.
    Slowly(Duration),
}

/// The collector; it stops when dropped.
pub struct Faulty {
    endpoint: String,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    answer: Option<Answer>,
    requests: HashMap<String, usize>,
    /// The headers of each request, with names in lower case.
    headers: Vec<Vec<(String, String)>>,
    spans: Vec<Span>,
    logs: Vec<Log>,
    metrics: Vec<Metric>,
}

impl Faulty {
    /// Starts it on a free port of the loopback interface.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(answer: Answer) -> Result<Self> {
        Self::start_on(0, answer).await
    }

    /// Starts it on a port of the loopback interface.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start_on(port: u16, answer: Answer) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State {
            answer: Some(answer),
            ..State::default()
        }));
        let shared = state.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A connection that ends in the middle is the other side's business.
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Ok(Self {
            endpoint,
            state,
            server,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        self.state().answer = Some(answer);
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// How many requests came for a signal, whatever was answered.
    pub fn requests(&self, signal: &str) -> usize {
        let path = format!("/v1/{signal}");
        self.state().requests.get(&path).copied().unwrap_or(0)
    }

    /// The values of a header, request by request; `None` where it was missing.
    pub fn header(&self, name: &str) -> Vec<Option<String>> {
        let of = |headers: &Vec<(String, String)>| {
            let header = headers.iter().find(|(key, _)| key == name);
            header.map(|(_, value)| value.clone())
        };
        self.state().headers.iter().map(of).collect()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Source for Faulty {
    fn spans(&self) -> Vec<Span> {
        self.state().spans.clone()
    }

    fn logs(&self) -> Vec<Log> {
        self.state().logs.clone()
    }

    fn metrics(&self) -> Vec<Metric> {
        self.state().metrics.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).context("a request")?.to_owned();
        let mut length = 0;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim().split_once(':') else {
                break;
            };
            let (name, value) = (name.to_lowercase(), value.trim().to_owned());
            if name == "content-length" {
                length = value.parse()?;
            }
            headers.push((name, value));
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;

        let answer = {
            let mut state = lock(&state);
            *state.requests.entry(path.clone()).or_default() += 1;
            state.headers.push(headers);
            let answer = match state.answer.clone().unwrap_or(Answer::Well) {
                Answer::UpTo(limit) if body.len() > limit => Answer::Status(413, ""),
                Answer::UpTo(_) => Answer::Well,
                answer => answer,
            };
            if matches!(answer, Answer::Well | Answer::Slowly(_) | Answer::Body(_)) {
                state.receive(&path, &body)?;
            }
            answer
        };
        respond(&mut stream, &answer).await?;
    }
}

impl State {
    fn receive(&mut self, path: &str, body: &[u8]) -> Result<()> {
        match path {
            "/v1/traces" => {
                let request = ExportTraceServiceRequest::decode(body)?;
                self.spans.extend(Span::decode(request.resource_spans));
            }
            "/v1/logs" => {
                let request = ExportLogsServiceRequest::decode(body)?;
                self.logs.extend(Log::decode(request.resource_logs));
            }
            _ => {
                let request = ExportMetricsServiceRequest::decode(body)?;
                self.metrics
                    .extend(Metric::decode(request.resource_metrics));
            }
        }
        Ok(())
    }
}

async fn respond(stream: &mut BufReader<TcpStream>, answer: &Answer) -> Result<()> {
    const WELL: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    match answer {
        Answer::Well => stream.write_all(WELL).await?,
        Answer::Status(status, header) => {
            let end = if header.is_empty() { "" } else { "\r\n" };
            let head = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n{header}{end}\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
        Answer::Body(body) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
        }
        Answer::BreaksOff => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning")
                .await?;
            anyhow::bail!("the connection ends here");
        }
        Answer::UpTo(_) => anyhow::bail!("it was decided by the size of the request"),
        Answer::Never => std::future::pending().await,
        Answer::Garbage => stream.write_all(&[0xff; 64]).await?,
        Answer::Slowly(pause) => {
            for byte in WELL {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(*pause).await;
            }
        }
    }
    Ok(())
}
