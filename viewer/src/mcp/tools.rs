//! Who answers the tools.

use serde_json::{Map, Value};

use super::catalogue::{Definition, TOOLS};
use crate::query::QueryError;

/// What answers the tools.
pub(super) trait Backend: Send + Sync {
    /// Answers a call. Blocks.
    fn answer(
        &self,
        tool: &Definition,
        arguments: &Map<String, Value>,
    ) -> Result<String, QueryError>;
}

/// Calls a tool by its name. Blocks.
pub(super) fn call(
    backend: &dyn Backend,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<String, QueryError> {
    match TOOLS.iter().find(|tool| tool.name == name) {
        Some(tool) => backend.answer(tool, arguments),
        None => Err(QueryError::Missing(format!("tool {name:?}"))),
    }
}
