//! `examples/messenger` as a system: its server, and desktops that each have a profile.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::{
    cache,
    process::threads,
    program,
    wait::{free_port, until},
    window::App,
};

/// The system without its windows; what runs of it is killed when dropped.
pub struct Messenger {
    /// Where all send to, beside the `service.name` of each.
    telemetry: Vec<(String, String)>,
    port: u16,
    server: Option<Child>,
    dir: TempDir,
}

impl Messenger {
    /// Starts the server. `telemetry` is the environment of each process.
    ///
    /// # Errors
    /// If it is not built, or does not start.
    pub async fn start(telemetry: &[(&str, &str)]) -> Result<Self> {
        let mut messenger = Self {
            telemetry: telemetry
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            port: free_port()?,
            server: None,
            dir: tempfile::tempdir()?,
        };
        messenger.resume().await?;
        Ok(messenger)
    }

    /// Starts the server again, with the messages that it had.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn resume(&mut self) -> Result<()> {
        let mut command = Command::new(program::built("messenger-server")?);
        let mut server = program::without_settings(&mut command)
            .env("MESSENGER_PORT", self.port.to_string())
            .env("MESSENGER_DATABASE", self.path("database"))
            .env("MESSENGER_CALL_BACK", "1")
            .env("OTEL_SERVICE_NAME", "messenger-server")
            .envs(self.telemetry.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let port = self.port;
        let listens = until("the server to listen", async || {
            let listens = TcpStream::connect(("127.0.0.1", port)).await.is_ok();
            (listens || server.try_wait().ok()?.is_some()).then_some(listens)
        });
        ensure!(listens.await?, "the server does not start");
        self.server = Some(server);
        Ok(())
    }

    /// Stops the server as a power cut would.
    ///
    /// # Errors
    /// If it cannot be stopped.
    pub async fn kill_server(&mut self) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill().await?;
        }
        Ok(())
    }

    /// The names of the server's threads.
    ///
    /// # Errors
    /// If it does not run.
    pub fn server_threads(&self) -> Result<Vec<String>> {
        let pid = self.server.as_ref().and_then(Child::id);
        threads(pid.context("the server does not run")?)
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The folder that the desktops share.
    pub fn folder(&self) -> PathBuf {
        self.path("shared")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Opens a desktop whose service has this name.
    ///
    /// # Errors
    /// If a tool it takes is missing, or its window does not appear.
    pub async fn desktop(&self, service: &str) -> Result<App> {
        let python = python()?;
        let sidecar = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples/messenger/sidecar/sidecar.py");
        let (url, profile, folder) = (self.url(), self.path(service), self.folder());
        let paths = [&profile, &folder, &python, &sidecar].map(|path| path.to_string_lossy());
        let [profile, folder, python, sidecar] = &paths;
        let mut env = vec![
            ("MESSENGER_SERVER", url.as_str()),
            ("MESSENGER_PROFILE", profile),
            ("MESSENGER_FOLDER", folder),
            ("MESSENGER_PYTHON", python),
            ("MESSENGER_SIDECAR", sidecar),
            // Each desktop keeps its undelivered telemetry in a folder of its own.
            ("XDG_DATA_HOME", profile),
            ("OTEL_SERVICE_NAME", service),
        ];
        env.extend(
            self.telemetry
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        App::launch("messenger", &env).await
    }

    /// Runs the command line tool on the messages in the folder for `name`, and returns what it prints.
    ///
    /// # Errors
    /// If it fails.
    pub async fn cli(&self, name: &str) -> Result<String> {
        let mut command = Command::new(program::built("messenger-cli")?);
        let output = program::without_settings(&mut command)
            .arg(self.folder())
            .arg(name)
            .env("OTEL_SERVICE_NAME", "messenger-cli")
            .envs(self.telemetry.iter().cloned())
            .output()
            .await?;
        ensure!(output.status.success(), "messenger-cli: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl App {
    /// Clicks a button of the messenger, and waits until the action has ended; returns what the page says of it.
    ///
    /// # Errors
    /// If it does not end in time.
    pub async fn act(&self, button: &str) -> Result<String> {
        self.js("document.querySelector('#status').textContent = ''")
            .await?;
        self.click(&format!("#{button}")).await?;
        self.wait_js(&format!(
            "document.querySelector('#status').textContent.startsWith('{button}: ')"
        ))
        .await?;
        let said = self
            .js("return document.querySelector('#status').textContent")
            .await?;
        let said = said.as_str().and_then(|said| said.split_once(": "));
        Ok(said.context("the page says something")?.1.to_owned())
    }

    /// Introduces the user of a messenger.
    ///
    /// # Errors
    /// If that is refused.
    pub async fn introduce(&self, name: &str) -> Result<()> {
        self.type_into("#name", name).await?;
        let said = self.act("onboard").await?;
        ensure!(said == "done", "{name}: {said}");
        Ok(())
    }

    /// Waits until the messenger shows a text.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn shows(&self, text: &str) -> Result<()> {
        self.wait_js(&format!(
            "[...document.querySelectorAll('#messages li')].some((item) => item.textContent === '{text}')"
        ))
        .await
    }
}

/// A Python with OpenTelemetry.
///
/// # Errors
/// If it is not installed.
pub fn python() -> Result<PathBuf> {
    let python = cache::python();
    ensure!(
        python.exists(),
        "Python with OpenTelemetry is missing; `cargo xtask backends` installs it"
    );
    Ok(python)
}
