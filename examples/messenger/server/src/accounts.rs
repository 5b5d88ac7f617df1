//! Who can be written to.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use messenger_wire::Account;
use rusqlite::OptionalExtension;

use crate::{App, database::Statement, failure::Failure};

const INSERT: Statement = Statement {
    operation: "INSERT",
    table: "accounts",
    // Who comes back with the same key is the same person.
    sql: "INSERT INTO accounts (name, public_key) VALUES (?1, ?2)
          ON CONFLICT (name) DO UPDATE SET name = name WHERE public_key = excluded.public_key",
};

const SELECT: Statement = Statement {
    operation: "SELECT",
    table: "accounts",
    sql: "SELECT public_key FROM accounts WHERE name = ?1",
};

pub async fn create(
    State(app): State<Arc<App>>,
    Json(account): Json<Account>,
) -> Result<StatusCode, Failure> {
    let added = app.database.run(INSERT, move |connection, sql| {
        connection.execute(sql, (&account.name, &account.public_key))
    });
    match added.await? {
        0 => Err(Failure::Taken),
        _ => Ok(StatusCode::CREATED),
    }
}

pub async fn find(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Account>, Failure> {
    let found = app.database.run(SELECT, move |connection, sql| {
        let key = connection.query_row(sql, [&name], |row| row.get(0));
        let account = |public_key| Account { name, public_key };
        Ok(key.optional()?.map(account))
    });
    found.await?.map(Json).ok_or(Failure::NotFound)
}
