//! What the queue uses of the plugin's `pipeline`.

#[allow(dead_code, reason = "a model uses a part")]
#[path = "../../../plugin/pipeline/health.rs"]
pub(crate) mod health;
