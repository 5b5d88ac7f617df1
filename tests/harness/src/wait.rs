//! Waiting for a condition.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// Long enough for a loaded machine with a cold webview; a test that passes never waits for it.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// How often a condition is looked at that nothing announces.
const POLL: Duration = Duration::from_millis(20);

/// Waits until `condition` gives something.
///
/// # Errors
/// After [`DEADLINE`]; the error says what was waited for.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return Ok(value);
        }
        if start.elapsed() > DEADLINE {
            bail!("waited {DEADLINE:?} for {what}");
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A port of the loopback interface on which nothing listens.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
