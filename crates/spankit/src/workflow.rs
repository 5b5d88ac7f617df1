//! Runs of directed graphs, and their nodes. The names are shaped as those of `cicd.*` are.
//!
//! Nodes are siblings below their run, also those that depend on each other: a node that comes after others
//! links to them. Nesting would say that one is a part of the other.
//!
//! ```text
//! run nightly
//! ├─ node read
//! ├─ node filter   ─link→ read
//! └─ node store    ─link→ filter
//! ```

use crate::span_family;

span_family! {
    /// One run of a workflow.
    pub span Run("run {workflow}", internal) {
        /// The name of the workflow.
        workflow: &str = "workflow.name",
        /// Which run it is; a resumed run keeps it.
        id: &str = "workflow.run.id",
        /// Whether an earlier process began it.
        is_resumed: Option<bool> = "workflow.run.is_resumed",
    }
    metrics by(workflow) {
        duration: histogram = "workflow.run.duration",
    }

    /// One node of a run.
    pub span Node("node {name}", internal) {
        /// The name of the node.
        name: &str = "workflow.node.name",
        /// What sort of node it is: `source`, `query`, `sink`.
        kind: &str = "workflow.node.type",
        /// The version of its code.
        version: &str = "workflow.node.version",
        /// Which run it belongs to.
        run_id: &str = "workflow.run.id",
        /// A hash of what goes into it. It is no secret and tells nothing of its input.
        inputs_hash: Option<&str> = "workflow.node.inputs_hash",
    } => NodeEnd {
        /// Whether an earlier result was used.
        is_cached: bool = "workflow.node.is_cached",
    }
    metrics by(name, kind) {
        duration: histogram = "workflow.node.duration",
        is_cached: counter = "workflow.node.cache_hits",
        !is_cached: counter = "workflow.node.cache_misses",
    }
}
