//! Functions that an app gives to a query engine. A span is for a batch of rows, never for one.

use crate::span_family;

span_family! {
    /// A function is applied to a batch of rows.
    pub span Udf("udf {name}", internal) {
        /// The name of the function.
        name: &str = "udf.name",
        /// The version of its code.
        version: &str = "udf.version",
    } => UdfEnd {
        /// How many rows went in.
        rows: u64 = "udf.rows",
    }
    metrics by(name) {
        duration: histogram = "udf.duration",
        rows: counter = "udf.rows_processed",
    }
}
