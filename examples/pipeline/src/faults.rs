//! What goes wrong when the tests ask for it by an environment variable.

use std::{env, future};

use anyhow::{Result, ensure};

/// With `PIPELINE_HOLD_AFTER=query` the process waits here after the node `query`, so that it can be killed in the middle of a run.
pub async fn hold_after(mut nodes: impl Iterator<Item = &'static str>) {
    if let Ok(last) = env::var("PIPELINE_HOLD_AFTER")
        && nodes.any(|node| node == last)
    {
        future::pending().await
    }
}

/// With `PIPELINE_FAILED_ATTEMPTS=1` the first attempt of the job fails.
///
/// # Errors
/// If this attempt is one of those.
pub fn fail_attempt(attempt: usize) -> Result<()> {
    let failed = env::var("PIPELINE_FAILED_ATTEMPTS").unwrap_or_default();
    let failed = failed.parse().unwrap_or(0);
    ensure!(attempt > failed, "PIPELINE_FAILED_ATTEMPTS is {failed}");
    Ok(())
}
