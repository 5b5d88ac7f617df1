//! An app in a real window, driven over WebDriver: Xvfb, WebKitWebDriver, and the app itself.
//!
//! WebKitWebDriver starts the app with its own environment, so every app has a driver of its own. It
//! discards the app's output and exit status, so a script starts the app and writes both to files.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{Client, ClientBuilder, Locator, wd::WindowHandle};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::{
    display::{Display, SETUP, close_window},
    process::{child, cpu_time, resident_memory, thread_time, threads},
    program,
    wait::{DEADLINE, free_port, until},
};

/// A running app; it is killed when dropped, and what it wrote is shown if that is because of a panic.
pub struct App {
    client: Client,
    binary: PathBuf,
    display: String,
    log: PathBuf,
    pid: PathBuf,
    _driver: Child,
    _own: Option<Display>,
    _dir: TempDir,
}

impl App {
    /// Starts the program of this workspace with that name on a display of its own. It has a data folder of its own, unless
    /// `env` names one.
    ///
    /// # Errors
    /// If the program, or a tool it takes, is missing, or its window does not appear.
    pub async fn launch(program: &str, env: &[(&str, &str)]) -> Result<Self> {
        Self::launch_on(None, &program::built(program)?, env).await
    }

    /// Starts `binary` on the given display, or on one of its own.
    ///
    /// # Errors
    /// If a tool it takes is missing, or its window does not appear.
    pub async fn launch_on(
        display: Option<&str>,
        binary: &Path,
        env: &[(&str, &str)],
    ) -> Result<Self> {
        match Self::attempt(display, binary, env).await {
            // The driver picks a port that is free and leaves it to the app to listen there, which may find
            // that another process was quicker.
            Err(error) if error.to_string().contains("Address already in use") => {
                Self::attempt(display, binary, env).await
            }
            launched => launched,
        }
    }

    async fn attempt(display: Option<&str>, binary: &Path, env: &[(&str, &str)]) -> Result<Self> {
        let (display, own) = match display {
            Some(display) => (display.to_owned(), None),
            None => {
                let own = Display::start().await?;
                (own.name().to_owned(), Some(own))
            }
        };
        ensure!(binary.is_file(), "there is no program {}", binary.display());
        let dir = tempfile::tempdir()?;
        let log = dir.path().join("log");
        let pid = dir.path().join("pid");
        let status = dir.path().join("status");
        let script = dir.path().join("app");
        fs::write(
            &script,
            format!(
                "#!/bin/sh\n\
                 sh -c 'echo $$ >'{pid}'; exec \"$0\" \"$@\"' '{binary}' \"$@\" >'{log}' 2>&1\n\
                 echo $? >'{status}'\n",
                pid = pid.display(),
                binary = binary.display(),
                log = log.display(),
                status = status.display()
            ),
        )?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;

        let port = free_port()?;
        let mut driver = Command::new("WebKitWebDriver");
        let driver = program::without_settings(&mut driver)
            .arg(format!("--port={port}"))
            .env("DISPLAY", &display)
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env_remove("WAYLAND_DISPLAY")
            // What an app keeps, such as the report of a crash, would reach the apps of other tests.
            .env("XDG_DATA_HOME", dir.path().join("data"))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("WebKitWebDriver cannot be started; {SETUP}"))?;
        until("WebKitWebDriver to listen", async || {
            TcpStream::connect(("127.0.0.1", port)).await.ok()
        })
        .await?;

        let capabilities = json!({
            "browserName": "wry",
            "webkitgtk:browserOptions": { "binary": script, "args": [] },
        });
        let url = format!("http://127.0.0.1:{port}");
        let mut session = ClientBuilder::new(HttpConnector::new());
        session.capabilities(capabilities.as_object().cloned().unwrap_or_default());
        let failed = |what: &str| {
            let output = fs::read_to_string(&log).unwrap_or_default();
            format!("{} {what}; it wrote: {output}", binary.display())
        };
        // The driver waits for a window even if the app has ended.
        let ended = async {
            loop {
                let ended = until("the app to end", async || {
                    let status = fs::read_to_string(&status).ok()?;
                    status.ends_with('\n').then_some(status)
                });
                if let Ok(status) = ended.await {
                    return status;
                }
            }
        };
        let client = tokio::select! {
            client = answer(session.connect(&url)) => {
                client.with_context(|| failed("shows no window"))?
            }
            status = ended => {
                bail!("{}", failed(&format!("ended at once with status {}", status.trim())));
            }
        };
        let app = Self {
            client,
            binary: binary.canonicalize()?,
            display,
            log,
            pid,
            _driver: driver,
            _own: own,
            _dir: dir,
        };
        app.wait_js("document.readyState === 'complete' && location.href !== 'about:blank'")
            .await?;
        Ok(app)
    }

    /// Runs a script in the page and returns what it `return`s.
    ///
    /// # Errors
    /// If the script throws.
    pub async fn js(&self, script: &str) -> Result<Value> {
        answer(self.client.execute(script, vec![]))
            .await
            .with_context(|| format!("in the page: {script}"))
    }

    /// Runs the body of an async function in the page and returns what it returns.
    ///
    /// # Errors
    /// If it throws.
    pub async fn js_async(&self, body: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];\
             (async () => {{ {body} }})().then((value) => done({{ value }}), \
             (error) => done({{ error: String(error) }}));"
        );
        let outcome = answer(self.client.execute_async(&script, vec![]))
            .await
            .with_context(|| format!("in the page: {body}"))?;
        if let Some(error) = outcome.get("error") {
            bail!("in the page: {error} in {body}");
        }
        Ok(outcome.get("value").cloned().unwrap_or_default())
    }

    /// Waits until a JavaScript expression holds in the page.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn wait_js(&self, condition: &str) -> Result<()> {
        let script = format!("return Boolean({condition})");
        let holds = until(condition, async || {
            (self.js(&script).await.ok()? == true).then_some(())
        });
        holds.await.with_context(|| self.output())
    }

    /// Clicks the element.
    ///
    /// # Errors
    /// If there is none.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.client.wait().for_element(Locator::Css(selector));
        let click = async { element.await?.click().await };
        answer(click)
            .await
            .with_context(|| format!("click {selector}"))
    }

    /// Types into the element.
    ///
    /// # Errors
    /// If there is none.
    pub async fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.client.find(Locator::Css(selector));
        let typing = async { element.await?.send_keys(text).await };
        answer(typing)
            .await
            .with_context(|| format!("type into {selector}"))
    }

    /// Clicks the button of `examples/minimal` and waits for its line in the log.
    ///
    /// # Errors
    /// If the line does not come.
    pub async fn press(&self, button: &str) -> Result<()> {
        self.click(&format!("#{button}")).await?;
        self.wait_js(&format!(
            "document.querySelector('#log').textContent.includes('{button}: ')"
        ))
        .await
    }

    /// Loads the page again, as its user would.
    ///
    /// # Errors
    /// If it does not come back.
    pub async fn reload(&self) -> Result<()> {
        answer(self.client.refresh()).await.context("reload")?;
        self.wait_js("document.readyState === 'complete'").await
    }

    /// Goes over to a window that is not the current one, once there is one.
    ///
    /// # Errors
    /// If there is none in time.
    pub async fn switch_to_other_window(&self) -> Result<()> {
        let current = answer(self.client.window()).await?;
        let other = until("another window", async || {
            let windows: Vec<WindowHandle> = answer(self.client.windows()).await.ok()?;
            windows.into_iter().find(|window| *window != current)
        })
        .await?;
        answer(self.client.switch_to_window(other)).await?;
        self.wait_js("document.readyState === 'complete'").await
    }

    /// The window as a PNG image.
    ///
    /// # Errors
    /// If none can be taken.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        answer(self.client.screenshot()).await.context("screenshot")
    }

    /// Closes the window with this title as its user does: by a message from the window manager.
    ///
    /// # Errors
    /// If there is no such window.
    pub fn close_like_a_user(&self, title: &str) -> Result<()> {
        close_window(&self.display, title)
    }

    /// The names of the app's threads.
    ///
    /// # Errors
    /// If the app is gone.
    pub fn threads(&self) -> Result<Vec<String>> {
        threads(self.pid()?)
    }

    /// The memory of the app's own process that is in use, in kibibytes.
    ///
    /// # Errors
    /// If the app is gone.
    pub fn memory(&self) -> Result<u64> {
        resident_memory(self.pid()?)
    }

    /// How long the app's own process and that of its pages have had a processor.
    ///
    /// # Errors
    /// If one of them is gone.
    pub fn cpu_times(&self) -> Result<[Duration; 2]> {
        let app = self.pid()?;
        Ok([cpu_time(app)?, cpu_time(child(app, "WebKitWebProc")?)?])
    }

    /// How long the threads of the app and of its page that run now have had a processor, in all. Finer than
    /// [`cpu_times`](Self::cpu_times), so good for less than a second of work.
    ///
    /// # Errors
    /// If one of them is gone, or the kernel does not keep these accounts.
    pub fn thread_time(&self) -> Result<Duration> {
        let app = self.pid()?;
        Ok(thread_time(app)? + thread_time(child(app, "WebKitWebProc")?)?)
    }

    /// Waits until the app has ended by itself.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn wait_for_exit(&self) -> Result<()> {
        let ended = until("the app to end", async || self.has_ended().then_some(())).await;
        ended.with_context(|| format!("{:?} run on; {}", self.threads(), self.output()))
    }

    /// Whether the app has ended.
    pub fn has_ended(&self) -> bool {
        self.pid()
            .and_then(|pid| Ok(fs::read_link(format!("/proc/{pid}/exe"))?))
            .is_err()
    }

    /// Sends the app a signal, by its name without `SIG`.
    ///
    /// # Errors
    /// If the app is gone.
    pub fn signal(&self, name: &str) -> Result<()> {
        let pid = self.pid()?;
        let sent = std::process::Command::new("sh")
            .args(["-c", &format!("kill -{name} {pid}")])
            .status()?;
        ensure!(sent.success(), "{name} cannot be sent to {pid}");
        Ok(())
    }

    /// Whether the app has a handler for a signal, by its name without `SIG`.
    ///
    /// # Errors
    /// If the app is gone, or the signal is not known.
    pub fn catches(&self, name: &str) -> Result<bool> {
        let number = match name {
            "HUP" => 1,
            "INT" => 2,
            "TERM" => 15,
            _ => bail!("the harness knows no signal {name:?}"),
        };
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.context("the kernel tells")?.trim(), 16)?;
        Ok(caught & (1 << (number - 1)) != 0)
    }

    fn pid(&self) -> Result<u32> {
        Ok(fs::read_to_string(&self.pid)?.trim().parse()?)
    }

    /// What the app has written to its standard output and error.
    pub fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends the session, and with it the app.
    ///
    /// # Errors
    /// If the driver is gone.
    pub async fn quit(self) -> Result<()> {
        answer(self.client.clone().close()).await.context("quit")
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{} wrote:\n{}", self.binary.display(), self.output());
        }
        // The app is a child of the driver and outlives it, unless its display goes too.
        let Ok(pid) = self.pid() else { return };
        let runs = fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == self.binary);
        if runs {
            // Best effort: it may just have ended by itself.
            let _ = std::process::Command::new("sh")
                .args(["-c", &format!("kill -9 {pid}")])
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// What the driver answers; it does not when the page or the app is stuck.
async fn answer<T, E>(command: impl Future<Output = Result<T, E>>) -> Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let answer = timeout(DEADLINE, command).await;
    Ok(answer.with_context(|| format!("no answer for {DEADLINE:?}"))??)
}
