//! Attachments, as bytes that only their recipients can read.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use rusqlite::OptionalExtension;

use crate::{App, database::Statement, failure::Failure};

const INSERT: Statement = Statement {
    operation: "INSERT",
    table: "blobs",
    sql: "INSERT OR REPLACE INTO blobs (id, content) VALUES (?1, ?2)",
};

const SELECT: Statement = Statement {
    operation: "SELECT",
    table: "blobs",
    sql: "SELECT content FROM blobs WHERE id = ?1",
};

pub async fn write(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    content: Bytes,
) -> Result<StatusCode, Failure> {
    let written = app.database.run(INSERT, move |connection, sql| {
        connection.execute(sql, (&id, content.as_ref()))
    });
    written.await?;
    Ok(StatusCode::CREATED)
}

pub async fn read(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Vec<u8>, Failure> {
    let found = app.database.run(SELECT, move |connection, sql| {
        let content = connection.query_row(sql, [&id], |row| row.get(0));
        content.optional()
    });
    found.await?.ok_or(Failure::NotFound)
}
