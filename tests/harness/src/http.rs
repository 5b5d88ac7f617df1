//! Requests to the programs that run beside the tests.

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The body of the answer to a GET request with these lines of headers, each with its end.
///
/// # Errors
/// If there is no answer, or one with another status than 200.
pub async fn get(port: u16, path: &str, headers: &str) -> Result<String> {
    request(port, "GET", path, headers, "").await
}

/// The body of the answer to a POST request of JSON.
pub(crate) async fn post(port: u16, path: &str, body: &str) -> Result<String> {
    let headers = "Content-Type: application/json\r\n";
    request(port, "POST", path, headers, body).await
}

/// HTTP/1.0, so that the answer comes in one piece and the connection ends with it.
async fn request(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
    ensure!(
        head.split(' ').nth(1) == Some("200"),
        "{method} {path}: {answer}"
    );
    Ok(body.to_owned())
}
