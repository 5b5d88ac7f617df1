//! The server as the desktop sees it.

use std::time::Duration;

use messenger_wire::{Account, Envelope};
use reqwest::{Response, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Result};
use tracebaton::HttpClientSpans;

/// How long a request may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// A server.
pub struct Server {
    url: String,
    client: ClientWithMiddleware,
}

impl Server {
    /// The server at this URL.
    pub fn new(url: String) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            client: ClientBuilder::new(reqwest::Client::new())
                .with(HttpClientSpans::new())
                .build(),
        }
    }

    /// The URL of the WebSocket of a user.
    pub fn push_url(&self, name: &str) -> String {
        let (_, host) = self.url.split_once("://").unwrap_or(("", &self.url));
        format!("ws://{host}/push?name={name}")
    }

    /// Registers a user.
    pub async fn register(&self, account: &Account) -> std::result::Result<(), String> {
        let request = self.client.post(format!("{}/accounts", self.url));
        let answer = request.json(account).timeout(DEADLINE).send().await;
        match succeeded(answer) {
            Err(error) if error.status() == Some(StatusCode::CONFLICT) => {
                Err(format!("{} is somebody else's name", account.name))
            }
            outcome => outcome.map(drop).map_err(said),
        }
    }

    /// The account of somebody.
    pub async fn find(&self, name: &str) -> std::result::Result<Account, String> {
        let request = self.client.get(format!("{}/accounts/{name}", self.url));
        match succeeded(request.timeout(DEADLINE).send().await) {
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
                Err("the recipient cannot be reached".to_owned())
            }
            Err(error) => Err(said(error)),
            Ok(found) => found.json().await.map_err(|error| said(error.into())),
        }
    }

    /// Sends a message.
    pub async fn send(&self, envelope: &Envelope) -> std::result::Result<(), String> {
        let request = self.client.post(format!("{}/messages", self.url));
        let answer = request.json(envelope).timeout(DEADLINE).send().await;
        succeeded(answer).map(drop).map_err(said)
    }

    /// The messages that wait for a user.
    pub async fn waiting(&self, name: &str) -> std::result::Result<Vec<Envelope>, String> {
        let request = self.client.get(format!("{}/messages", self.url));
        let answer = request
            .query(&[("to", name)])
            .timeout(DEADLINE)
            .send()
            .await;
        let answer = succeeded(answer).map_err(said)?;
        answer.json().await.map_err(|error| said(error.into()))
    }
}

fn succeeded(answer: Result<Response>) -> Result<Response> {
    Ok(answer?.error_for_status()?)
}

fn said(error: reqwest_middleware::Error) -> String {
    format!("the server: {error}")
}
