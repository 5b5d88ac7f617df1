//! `tests/apps/emitter`, an app without a display that records what it is told to.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{program, wait::DEADLINE};

/// A running emitter; it is killed when dropped.
pub struct Emitter {
    process: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    printed: Vec<String>,
    home: Home,
    errors: std::path::PathBuf,
}

/// The folders of an app, which outlive it.
pub struct Home(TempDir);

impl Home {
    /// An empty one.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes a program find its folders there.
    pub(crate) fn apply_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("HOME", self.path())
            .env("XDG_DATA_HOME", self.path().join("data"))
    }
}

impl Emitter {
    /// Starts it with this environment and nothing else of ours.
    ///
    /// # Errors
    /// If it is not built.
    pub fn start(env: &[(&str, &str)]) -> Result<Self> {
        Self::start_in(Home::new()?, env)
    }

    /// Starts it with the folders of an earlier run.
    ///
    /// # Errors
    /// If it is not built.
    pub fn start_in(home: Home, env: &[(&str, &str)]) -> Result<Self> {
        let command = Command::new(program::built("emitter")?);
        Self::spawn(command, home, env)
    }

    /// Starts one that is built elsewhere, such as for release.
    ///
    /// # Errors
    /// If it is not there.
    pub fn start_program(program: &Path, env: &[(&str, &str)]) -> Result<Self> {
        Self::spawn(Command::new(program), Home::new()?, env)
    }

    /// Starts it with a file system for its data that has room for so many KiB, which goes with it.
    ///
    /// # Errors
    /// If it is not built, or the system has no user namespaces.
    pub fn start_on_small_disk(kib: u32, env: &[(&str, &str)]) -> Result<Self> {
        let home = Home::new()?;
        let data = home.path().join("data");
        std::fs::create_dir(&data)?;
        let script = format!(
            "mount -t tmpfs -o size={kib}k tmpfs '{}' && exec '{}'",
            data.display(),
            program::built("emitter")?.display()
        );
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
        Self::spawn(command, home, env)
    }

    /// Starts it in a network of its own, in which this machine has the loopback interface and a further
    /// address.
    ///
    /// # Errors
    /// If it is not built, or the system has no user namespaces.
    pub fn start_in_network(address: &str, env: &[(&str, &str)]) -> Result<Self> {
        let script = format!(
            "ip link set lo up && ip address add {address}/32 dev lo && exec '{}'",
            program::built("emitter")?.display()
        );
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-c", &script]);
        Self::spawn(command, Home::new()?, env)
    }

    /// A command that runs in the network of [`start_in_network`](Self::start_in_network).
    ///
    /// # Errors
    /// If the emitter is gone.
    pub fn in_network(&self, program: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
        let pid = self.pid().context("the emitter is gone")?;
        let mut command = Command::new("nsenter");
        command.arg(format!("--target={pid}"));
        command
            .args(["--user", "--net", "--preserve-credentials"])
            .arg(program);
        Ok(command)
    }

    /// Adds an address to that network, or takes it away (`add`, `del`).
    ///
    /// # Errors
    /// If it cannot be done.
    pub async fn address(&self, action: &str, address: &str) -> Result<()> {
        let mut ip = self.in_network("ip")?;
        ip.args(["address", action, &format!("{address}/32"), "dev", "lo"]);
        anyhow::ensure!(
            ip.status().await?.success(),
            "ip address {action} {address}"
        );
        Ok(())
    }

    fn spawn(mut command: Command, home: Home, env: &[(&str, &str)]) -> Result<Self> {
        let errors = home.path().join("stderr");
        let mut process = home
            .apply_to(program::without_settings(&mut command))
            .env_remove("RUST_BACKTRACE")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&errors)?)
            .kill_on_drop(true)
            .spawn()?;
        let stdin = process.stdin.take().context("a pipe")?;
        let stdout = process.stdout.take().context("a pipe")?;
        Ok(Self {
            process,
            stdin,
            stdout: BufReader::new(stdout).lines(),
            printed: Vec::new(),
            home,
            errors,
        })
    }

    /// Tells it to do something, and returns what it answers.
    ///
    /// # Errors
    /// If it does not answer in time.
    pub async fn tell(&mut self, command: &str) -> Result<Value> {
        self.begin(command).await?;
        self.answer()
            .await
            .with_context(|| format!("{command:?}; it wrote {}", self.errors()))
    }

    /// Tells it to do something, and does not wait.
    ///
    /// # Errors
    /// If it is gone.
    pub async fn begin(&mut self, command: &str) -> Result<()> {
        let line = format!("{command}\n");
        self.stdin.write_all(line.as_bytes()).await?;
        Ok(())
    }

    async fn answer(&mut self) -> Result<Value> {
        let answer = async {
            while let Some(line) = self.stdout.next_line().await? {
                match line.strip_prefix("answer ") {
                    Some(answer) => return Ok(serde_json::from_str(answer)?),
                    None => self.printed.push(line),
                }
            }
            let status = self.process.wait().await?;
            anyhow::bail!("the emitter has ended: {status}")
        };
        timeout(DEADLINE, answer).await.context("no answer")?
    }

    /// Ends its telemetry and then itself; how long the former took, and what is left of it.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn exit(mut self) -> Result<(Duration, Home)> {
        let millis = self.tell("exit").await?;
        timeout(DEADLINE, self.process.wait()).await??;
        let millis = millis.as_u64().context("a number of milliseconds")?;
        Ok((Duration::from_millis(millis), self.home))
    }

    /// Kills it as a power cut would.
    ///
    /// # Errors
    /// If it is gone.
    pub async fn kill(mut self) -> Result<Home> {
        self.process.kill().await?;
        Ok(self.home)
    }

    /// Waits for it to end by itself, and returns what is left of it.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ended(mut self) -> Result<Home> {
        self.wait().await?;
        Ok(self.home)
    }

    /// The id of its process.
    pub fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// What it has written to its standard output besides answers, so far.
    pub fn printed(&self) -> &[String] {
        &self.printed
    }

    /// What it has written to its standard error.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// Its folders.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Waits for it to end by itself.
    ///
    /// # Errors
    /// If it does not.
    pub async fn wait(&mut self) -> Result<std::process::ExitStatus> {
        Ok(timeout(DEADLINE, self.process.wait()).await??)
    }
}
