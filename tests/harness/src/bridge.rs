//! The bridge of an app, spoken to by a program: what the npm package does in a page.

#[cfg(target_os = "linux")]
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue, StatusCode},
    },
};

use crate::wait::DEADLINE;
#[cfg(target_os = "linux")]
use crate::{wait::until, window::App};

/// What opens the bridge on a free port.
pub const OPEN_BRIDGE: [(&str, &str); 2] = [("DEV_WS_BRIDGE", "1"), ("DEV_WS_BRIDGE_PORT", "0")];

/// Where an open bridge is, and what it takes to get in.
#[derive(Debug, Clone)]
pub struct Bridge {
    /// The port of the loopback interface.
    pub port: u16,
    /// The secret of the run.
    pub token: String,
    /// Where the app has written it.
    pub file: PathBuf,
}

impl Bridge {
    /// Waits until the app has said where its bridge is.
    ///
    /// # Errors
    /// If it does not in time.
    #[cfg(target_os = "linux")]
    pub async fn of(app: &App) -> Result<Self> {
        let file = until("the bridge to say where it is", async || {
            let output = app.output();
            // Up to the end of the line: it may be half written.
            let (_, rest) = output.split_once("its token is in ")?;
            Some(PathBuf::from(rest.split_once('\n')?.0))
        })
        .await?;
        let content: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let text = |key: &str| content[key].as_str().context("a token file is whole");
        let port = text("url")?.rsplit(':').next().context("a port")?.parse()?;
        let token = text("token")?.to_owned();
        Ok(Self { port, token, file })
    }

    /// The subprotocols that carry the token.
    pub fn offer(&self) -> String {
        format!("tauri-ws-bridge, token.{}", self.token)
    }

    /// A connection with the token, as the window `main`.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn connect(&self) -> Result<Client> {
        let offer = self.offer();
        let headers = [("sec-websocket-protocol", offer.as_str())];
        match self.handshake("/ws", &headers).await? {
            Ok(client) => Ok(client),
            Err(status) => bail!("the handshake was answered with {status}"),
        }
    }

    /// A handshake with these headers beside the usual ones, or in their place; the status of a refusal.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn handshake(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Result<Client, StatusCode>> {
        let url = format!("ws://127.0.0.1:{}{path}", self.port);
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            let name: HeaderName = name.parse()?;
            request
                .headers_mut()
                .insert(name, HeaderValue::from_str(value)?);
        }
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        match timeout(DEADLINE, client_async(request, stream)).await? {
            Ok((socket, response)) => {
                let selected = response.headers().get("sec-websocket-protocol");
                ensure!(
                    selected.is_none_or(|one| one == "tauri-ws-bridge"),
                    "the server selects {selected:?}"
                );
                Ok(Ok(Client { socket, next: 0 }))
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                Ok(Err(response.status()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a request as it stands, and returns the status, the head and the body of the answer.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn http(&self, request: &str) -> Result<(u16, String, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        timeout(DEADLINE, stream.read_to_end(&mut answer)).await??;
        let answer = String::from_utf8(answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, head.to_ascii_lowercase(), body.to_owned()))
    }

    /// Posts a frame with the token.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn rpc(&self, frame: &str) -> Result<(u16, Value)> {
        self.ask("POST /rpc", frame).await
    }

    /// Sends a request with the token and a body of JSON, and returns the status and the JSON of the answer.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn ask(&self, what: &str, body: &str) -> Result<(u16, Value)> {
        let Self { port, token, .. } = self;
        let (status, _, body) = self
            .http(&format!(
                "{what} HTTP/1.1\r\nhost: localhost:{port}\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            ))
            .await?;
        let body = serde_json::from_str(&body).unwrap_or_else(|_| json!(body));
        Ok((status, body))
    }
}

/// A connection.
pub struct Client {
    /// What it is made of, for frames that no client would send.
    pub socket: WebSocketStream<TcpStream>,
    next: u32,
}

impl Client {
    /// Sends one message as it stands.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn send(&mut self, frame: impl Into<Message>) -> Result<()> {
        Ok(self.socket.send(frame.into()).await?)
    }

    /// The next frame.
    ///
    /// # Errors
    /// If none comes in time.
    pub async fn receive(&mut self) -> Result<Value> {
        match timeout(DEADLINE, self.socket.next()).await? {
            Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text)?),
            other => bail!("no frame but {other:?}"),
        }
    }

    /// The code with which the other side closes; 1006 when it just goes.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn closed(&mut self) -> Result<u16> {
        loop {
            match timeout(DEADLINE, self.socket.next()).await? {
                Some(Ok(Message::Close(Some(frame)))) => return Ok(frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(1006),
            }
        }
    }

    /// Calls a command and returns the frame of its answer, which has to be the next one.
    ///
    /// # Errors
    /// If it is not.
    pub async fn call(&mut self, cmd: &str, args: Value) -> Result<Value> {
        let id = self.start(cmd, args).await?;
        let answer = self.receive().await?;
        ensure!(answer["id"] == id, "{answer} does not answer {id}");
        Ok(answer)
    }

    /// Calls a command and returns what it returns.
    ///
    /// # Errors
    /// If it fails.
    pub async fn result(&mut self, cmd: &str, args: Value) -> Result<Value> {
        let answer = self.call(cmd, args).await?;
        let result = answer.get("result");
        Ok(result.with_context(|| format!("{cmd}: {answer}"))?.clone())
    }

    /// Sends a request and returns its id.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn start(&mut self, cmd: &str, args: Value) -> Result<u32> {
        self.next += 1;
        let frame = json!({ "id": self.next, "cmd": cmd, "args": args });
        self.send(frame.to_string()).await?;
        Ok(self.next)
    }
}
