//! Files, blobs and caches. `instrumented-object-store` makes the spans of an object store.

use crate::{Bytes, span_family};

span_family! {
    /// Something is read.
    pub span Read("read {system}", client) {
        /// Where it is: `fs`, `s3`, `cache`.
        system: &str = "storage.system",
        /// The bucket or folder. A key in it can be personal data.
        container: &str = "storage.container",
    } => ReadEnd {
        /// How much was read.
        bytes_in: Bytes = "storage.bytes_in",
        /// Whether a cache had it, if there is one.
        is_cached: Option<bool> = "storage.is_cached",
    }
    metrics by(system) {
        duration: histogram = "storage.read.duration",
        bytes_in: counter = "storage.bytes_in",
        is_cached: counter = "storage.cache_hits",
        !is_cached: counter = "storage.cache_misses",
    }

    /// Something is written.
    pub span Write("write {system}", client) {
        /// Where it goes: `fs`, `s3`, `cache`.
        system: &str = "storage.system",
        /// The bucket or folder. A key in it can be personal data.
        container: &str = "storage.container",
    } => WriteEnd {
        /// How much was written.
        bytes_out: Bytes = "storage.bytes_out",
    }
    metrics by(system) {
        duration: histogram = "storage.write.duration",
        bytes_out: counter = "storage.bytes_out",
    }
}
