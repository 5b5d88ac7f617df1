//! Queries of an engine inside the process. `datafusion-tracing` makes the spans of the plan below; this one is about the
//! query as a whole.

use crate::{Bytes, span_family};

span_family! {
    /// One query.
    pub span Query("query {name}", internal) {
        /// The engine: `datafusion`, `polars`.
        engine: &str = "query.engine",
        /// What the app calls the query: one of few.
        name: &str = "query.name",
        /// The query [without its literals](crate::db::without_literals).
        text: Option<&str> = "db.query.text",
    } => QueryEnd {
        /// How many rows it gave.
        rows: u64 = "query.rows",
        /// How much it read.
        bytes_scanned: Option<Bytes> = "query.bytes_scanned",
    }
    metrics by(engine, name) {
        duration: histogram = "query.duration",
        rows: counter = "query.rows_processed",
        bytes_scanned: counter = "query.bytes_scanned",
    }
}
