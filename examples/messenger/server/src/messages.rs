//! Messages wait here until their recipients have them.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
};
use messenger_wire::Envelope;
use serde::Deserialize;
use tracebaton::TraceContext;
use tracing::{Instrument, info_span};

use crate::{App, database::Statement, failure::Failure};

const INSERT: Statement = Statement {
    operation: "INSERT",
    table: "messages",
    sql: "INSERT OR IGNORE INTO messages (id, recipient, envelope) VALUES (?1, ?2, ?3)",
};

const SELECT: Statement = Statement {
    operation: "SELECT",
    table: "messages",
    sql: "SELECT envelope FROM messages WHERE recipient = ?1 ORDER BY rowid LIMIT 100",
};

const DELETE: Statement = Statement {
    operation: "DELETE",
    table: "messages",
    sql: "DELETE FROM messages WHERE id = ?1 AND recipient = ?2",
};

/// Keeps a message, and pushes it to its recipient if that one is connected.
pub async fn accept(
    State(app): State<Arc<App>>,
    Json(mut envelope): Json<Envelope>,
) -> Result<StatusCode, Failure> {
    let span = info_span!(
        "relay message",
        otel.kind = "producer",
        messaging.operation.name = "relay",
        messaging.message.id = envelope.id
    );
    async {
        // The receiver continues the trace of this server, or that of the sender if this server records nothing.
        envelope.trace = TraceContext::current().or(envelope.trace);
        let text = serde_json::to_string(&envelope).unwrap_or_default();
        let (id, recipient) = (envelope.id.clone(), envelope.to.clone());
        let kept = app.database.run(INSERT, move |connection, sql| {
            connection.execute(sql, (&id, &recipient, &text))
        });
        kept.await?;
        app.connections.push(&envelope);
        Ok(StatusCode::ACCEPTED)
    }
    .instrument(span)
    .await
}

#[derive(Deserialize)]
pub struct Recipient {
    to: String,
}

/// The messages that wait for somebody, oldest first.
pub async fn waiting(
    State(app): State<Arc<App>>,
    Query(Recipient { to }): Query<Recipient>,
) -> Result<Json<Vec<Envelope>>, Failure> {
    let found = app.database.run(SELECT, move |connection, sql| {
        let mut select = connection.prepare(sql)?;
        let rows = select.query_map([&to], |row| row.get::<_, String>(0))?;
        rows.collect::<Result<Vec<_>, _>>()
    });
    let found = found.await?;
    let envelopes = found
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok());
    Ok(Json(envelopes.collect()))
}

/// Forgets a message that its recipient has.
pub async fn forget(app: &App, id: String, recipient: String) -> Result<(), Failure> {
    let deleted = app.database.run(DELETE, move |connection, sql| {
        connection.execute(sql, (&id, &recipient))
    });
    deleted.await?;
    Ok(())
}
