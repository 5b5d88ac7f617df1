//! An app in a real window that nobody drives: a driver would be part of what is measured.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{
    display::{Display, close_window},
    emitter::Home,
    program,
    wait::{DEADLINE, until},
};

/// A running app; it is killed when dropped.
pub struct Unattended {
    process: Child,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Unattended {
    /// Starts `binary` on this display, with these folders and this environment.
    ///
    /// # Errors
    /// If it is not there.
    pub fn start(
        display: &Display,
        home: &Home,
        binary: &Path,
        env: &[(&str, &str)],
    ) -> Result<Self> {
        let mut command = Command::new(binary);
        let mut process = home
            .apply_to(program::without_settings(&mut command))
            .env("DISPLAY", display.name())
            .env_remove("WAYLAND_DISPLAY")
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let stdout = process.stdout.take().context("a pipe")?;
        Ok(Self {
            process,
            stdout: BufReader::new(stdout).lines(),
        })
    }

    /// Waits until it has written this line.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn wait_for(&mut self, expected: &str) -> Result<()> {
        let expected_line = async {
            while let Some(line) = self.stdout.next_line().await? {
                if line == expected {
                    return Ok(());
                }
            }
            let status = self.process.wait().await?;
            bail!("the app has ended: {status}")
        };
        let written = timeout(DEADLINE, expected_line).await;
        written.with_context(|| format!("no line {expected:?}"))?
    }

    /// Closes its only window as its user does; how long its process then took to end.
    ///
    /// # Errors
    /// If there is no such window, or it does not end.
    pub async fn close(mut self, display: &Display, title: &str) -> Result<Duration> {
        until("the window", async || {
            close_window(display.name(), title).ok()
        })
        .await?;
        let start = Instant::now();
        timeout(DEADLINE, self.process.wait()).await??;
        Ok(start.elapsed())
    }
}
