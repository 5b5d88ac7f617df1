//! Spatial predicates and joins: an index finds candidates, exact geometry keeps the matches.

use crate::span_family;

span_family! {
    /// One spatial operation.
    pub span Spatial("geo {predicate}", internal) {
        /// The predicate: `contains`, `intersects`, `within`.
        predicate: &str = "geo.predicate",
        /// The index: `rtree`, `h3`, `none`.
        index: &str = "geo.index",
    } => SpatialEnd {
        /// How many the index found.
        candidates: u64 = "geo.candidates",
        /// How many of them match.
        matches: u64 = "geo.matches",
    }
    metrics by(predicate, index) {
        duration: histogram = "geo.duration",
        candidates: counter = "geo.candidates",
        matches: counter = "geo.matches",
    }
}
