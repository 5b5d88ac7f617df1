//! What a client is told when a request fails.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// A request that fails, with what the client is told.
pub enum Failure {
    /// There is nothing by that name.
    NotFound,
    /// The name is somebody else's.
    Taken,
    /// The database does not work; the client learns no more than that.
    Database,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the database fails"
        );
        Self::Database
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "there is nothing by that name"),
            Self::Taken => (StatusCode::CONFLICT, "the name is taken"),
            Self::Database => (StatusCode::INTERNAL_SERVER_ERROR, "the database fails"),
        }
        .into_response()
    }
}
