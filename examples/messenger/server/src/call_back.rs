//! What the validation suite of W3C Trace Context asks of a service: <https://github.com/w3c/trace-context/tree/main/test>.

use axum::{Json, http::StatusCode};
use reqwest_middleware::ClientBuilder;
use serde::{Deserialize, Serialize};
use tracebaton::HttpClientSpans;

/// A request to make.
#[derive(Serialize, Deserialize)]
pub struct Call {
    url: String,
    arguments: Vec<Call>,
}

/// Makes all requests, one after the other. Only `MESSENGER_CALL_BACK=1` opens this: whoever can ask for it makes the
/// server call on other services of this machine.
pub async fn call_back(Json(calls): Json<Vec<Call>>) -> StatusCode {
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(HttpClientSpans::new())
        .build();
    for call in calls {
        if !call.url.starts_with("http://127.0.0.1:") {
            return StatusCode::FORBIDDEN;
        }
        let called = client.post(&call.url).json(&call.arguments).send().await;
        if called.is_err() {
            return StatusCode::BAD_GATEWAY;
        }
    }
    StatusCode::OK
}
