//! The server of the messenger: keeps accounts and blobs, and relays messages, by HTTP and over a WebSocket.
//!
//! It listens on the loopback interface only, because it believes what its clients say of themselves.

mod accounts;
mod blobs;
mod call_back;
mod database;
mod failure;
mod messages;
mod push;

use std::{env, net::Ipv4Addr, sync::Arc};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use messenger_wire::telemetry;
use opentelemetry_instrumentation_tower as otel_tower;
use tokio::{net::TcpListener, signal::ctrl_c};

use crate::{database::Database, push::Connections};

/// The most bytes of a request: a blob, or an envelope with a long text.
const MAX_BODY: usize = 1 << 20;

/// What the handlers share.
struct App {
    database: Database,
    connections: Connections,
}

fn main() -> Result<()> {
    let telemetry = telemetry::start("messenger-server")?;
    tokio::runtime::Runtime::new()?.block_on(serve())?;
    if let Some(telemetry) = telemetry {
        telemetry.shutdown();
    }
    Ok(())
}

async fn serve() -> Result<()> {
    let port = env::var("MESSENGER_PORT").unwrap_or_else(|_| "8087".to_owned());
    let port = port.parse().context("MESSENGER_PORT is not a port")?;
    let file = env::var("MESSENGER_DATABASE").unwrap_or_else(|_| ":memory:".to_owned());
    let app = Arc::new(App {
        database: Database::open(&file).with_context(|| format!("MESSENGER_DATABASE {file}"))?,
        connections: Connections::default(),
    });
    let mut routes = Router::new()
        .route("/accounts", post(accounts::create))
        .route("/accounts/{name}", get(accounts::find))
        .route("/messages", post(messages::accept).get(messages::waiting))
        .route("/blobs/{id}", get(blobs::read).put(blobs::write))
        .route("/push", get(push::connect));
    if env::var("MESSENGER_CALL_BACK").is_ok_and(|value| value == "1") {
        routes = routes.route("/call-back", post(call_back::call_back));
    }
    let spans = otel_tower::http::server::LayerBuilder::builder().build()?;
    let routes = routes
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(spans)
        .with_state(app);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("MESSENGER_PORT {port}"))?;
    println!("listening on http://{}", listener.local_addr()?);
    // Connections that are open, such as a WebSocket, are cut: nobody waits for a client to leave.
    tokio::select! {
        served = axum::serve(listener, routes).into_future() => served?,
        interrupted = ctrl_c() => interrupted?,
    }
    Ok(())
}
