//! The ends of a process that leave it no time to report anything.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::{
    emitter::{Emitter, Home},
    wait::until,
};

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// A panic of the main thread.
    Panic,
    /// `std::process::abort`.
    Abort,
    /// A signal that nothing can catch, as the system sends it when memory runs out.
    Kill,
    /// A signal that native code causes, such as by an illegal instruction.
    NativeCrash,
    /// An allocation that fails.
    OutOfMemory,
}

impl Death {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Panic,
        Self::Abort,
        Self::Kill,
        Self::NativeCrash,
        Self::OutOfMemory,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::Kill => "kill",
            Self::NativeCrash => "native crash",
            Self::OutOfMemory => "out of memory",
        }
    }
}

impl Emitter {
    /// Makes it die while a span called `held` is open and after a log record `about to …` with the name of the death.
    ///
    /// # Errors
    /// If it does not die.
    pub async fn die(mut self, death: Death) -> Result<Home> {
        self.tell(&format!("hold {}", death.name())).await?;
        let runs = self.home().to_owned();
        until("the evidence of the run on disk", async || {
            contains(&runs, death.name()).then_some(())
        })
        .await?;
        match death {
            Death::Panic => self.begin("die panic").await?,
            Death::Abort => self.begin("die abort").await?,
            Death::OutOfMemory => self.begin("die run out of memory").await?,
            Death::Kill => self.signal("KILL").await?,
            Death::NativeCrash => self.signal("ILL").await?,
        }
        self.ended().await
    }

    async fn signal(&self, name: &str) -> Result<()> {
        let pid = self.pid().context("the emitter is gone")?.to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        ensure!(sent.await?.success(), "kill -s {name} {pid}");
        Ok(())
    }
}

/// Whether a `.run` file below `folder` contains a text.
fn contains(folder: &Path, text: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            return contains(&path, text);
        }
        let is_run = path.extension().is_some_and(|extension| extension == "run");
        let bytes = fs::read(path).unwrap_or_default();
        is_run && String::from_utf8_lossy(&bytes).contains(text)
    })
}
