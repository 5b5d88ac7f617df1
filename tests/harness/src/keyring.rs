//! A session bus with a keyring, as a Linux desktop has them.

use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{Home, wait::DEADLINE};

/// Both are killed when dropped.
pub struct Keyring {
    bus: String,
    _home: Home,
    _processes: [Child; 2],
}

impl Keyring {
    /// Starts both, with an empty keyring that is open.
    ///
    /// # Errors
    /// If a program is missing or does not start.
    pub async fn open() -> Result<Self> {
        let home = Home::new()?;
        let mut bus = start(
            Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdin(Stdio::null()),
        )?;
        let address = first_line(&mut bus).await.context("dbus-daemon")?;
        let mut keyring = start(
            home.apply_to(&mut Command::new("gnome-keyring-daemon"))
                .args(["--foreground", "--unlock", "--components=secrets"])
                .arg("--control-directory")
                .arg(home.path())
                .env("DBUS_SESSION_BUS_ADDRESS", &address)
                .stdin(Stdio::piped()),
        )?;
        // It reads the password of its keyring to the end of its input, and is ready when it says where it listens.
        let mut password = keyring.stdin.take().context("a pipe")?;
        password.write_all(b"password").await?;
        drop(password);
        first_line(&mut keyring)
            .await
            .context("gnome-keyring-daemon")?;
        Ok(Self {
            bus: address,
            _home: home,
            _processes: [bus, keyring],
        })
    }

    /// What a program finds the keyring by.
    #[must_use]
    pub fn variable(&self) -> (&'static str, &str) {
        ("DBUS_SESSION_BUS_ADDRESS", &self.bus)
    }
}

fn start(command: &mut Command) -> Result<Child> {
    let program = command.as_std().get_program().to_owned();
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{program:?} does not start; `cargo xtask setup` installs it"))
}

async fn first_line(process: &mut Child) -> Result<String> {
    let stdout = process.stdout.take().context("a pipe")?;
    let mut lines = BufReader::new(stdout).lines();
    timeout(DEADLINE, lines.next_line())
        .await??
        .context("it has ended")
}
