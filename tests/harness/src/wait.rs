//! Waiting for a condition.

use std::{
    fs::{self, File},
    io::{Read, Seek, Write},
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::cache;

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

/// Below those that a system gives to whoever asks for any port: 32768 and up on Linux, 49152 on others.
const PORTS: Range<u16> = 20_000..32_000;

/// A port of the loopback interface on which nothing listens, and which no other caller gets before all others had
/// their turn, in whatever process of this machine: whoever it is for binds it later.
///
/// # Errors
/// If there is none, or the file that counts cannot be written.
pub fn free_port() -> Result<u16> {
    fs::create_dir_all(cache::dir())?;
    let path = cache::dir().join("next-port");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    file.lock()?;
    let mut last = String::new();
    file.read_to_string(&mut last)?;
    // Whatever else is in it, the count begins anew.
    let start = last.parse().unwrap_or(PORTS.start);
    let port = (start.saturating_add(1)..PORTS.end)
        .chain(PORTS)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .context("no free port")?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(port.to_string().as_bytes())?;
    Ok(port)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn a_port_is_not_given_to_two() {
        let callers: Vec<_> = (0..8)
            .map(|_| thread::spawn(|| (0..50).map(|_| free_port().unwrap()).collect::<Vec<_>>()))
            .collect();
        let ports: Vec<u16> = callers
            .into_iter()
            .flat_map(|caller| caller.join().unwrap())
            .collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), ports.len());
        assert!(ports.iter().all(|port| PORTS.contains(port)));
    }
}
