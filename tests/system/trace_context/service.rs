//! The server of the messenger between two sockets of the test. Over the first the test writes a request, with exactly the headers
//! that a case names. On the second it reads the requests that the server makes because of it.

use anyhow::{Result, bail, ensure};
use otel_harness::{Collector, Messenger};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::common::telemetry;

/// The trace context of a request that the server has made.
pub struct SentOn {
    pub trace_id: String,
    pub span_id: String,
    pub flags: u8,
    pub state: String,
}

/// The server of the messenger, with the endpoint that calls back.
pub struct Service {
    messenger: Messenger,
    _collector: Collector,
    listener: TcpListener,
}

impl Service {
    pub async fn start() -> Result<Self> {
        let collector = Collector::start().await?;
        Ok(Self {
            messenger: Messenger::start(&telemetry(&collector)).await?,
            _collector: collector,
            listener: TcpListener::bind("127.0.0.1:0").await?,
        })
    }

    /// Sends the server one request, whose headers are the lines `headers`, and has it make `calls` requests. Returns the trace context
    /// of each of those.
    pub async fn sends_on(&self, headers: &[String], calls: usize) -> Result<Vec<SentOn>> {
        let url = format!("http://{}/", self.listener.local_addr()?);
        let call = json!({ "url": url, "arguments": [] });
        let body = json!(vec![call; calls]).to_string();
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        let text = format!(
            "POST /call-back HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let address = self.messenger.url();
        let mut service = TcpStream::connect(address.trim_start_matches("http://")).await?;
        service.write_all(text.as_bytes()).await?;
        let mut sent = Vec::new();
        for _ in 0..calls {
            sent.push(called(self.listener.accept().await?.0).await?);
        }
        let mut answer = String::new();
        service.read_to_string(&mut answer).await?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(sent)
    }
}

/// Answers a request, and returns the context that came with it.
async fn called(stream: TcpStream) -> Result<SentOn> {
    let mut stream = BufReader::new(stream);
    let (mut parents, mut states, mut length) = (Vec::new(), Vec::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        let value = value.trim().to_owned();
        match name {
            "traceparent" => parents.push(value),
            "tracestate" => states.push(value),
            "content-length" => length = value.parse()?,
            _ => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).await?;
    let [parent] = &parents[..] else {
        bail!("{} parents: {parents:?}", parents.len());
    };
    let fields: Vec<_> = parent.split('-').collect();
    let ["00", trace_id, span_id, flags] = fields[..] else {
        bail!("not a parent: {parent}");
    };
    ensure!(
        (trace_id.len(), span_id.len(), flags.len()) == (32, 16, 2),
        "{parent}"
    );
    Ok(SentOn {
        trace_id: trace_id.to_owned(),
        span_id: span_id.to_owned(),
        flags: u8::from_str_radix(flags, 16)?,
        state: states.join(","),
    })
}
