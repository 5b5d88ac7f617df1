//! A display without a screen, and what a window manager would do there.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window},
};

/// What to do about a tool that is missing.
pub(crate) const SETUP: &str = "`cargo xtask setup` installs it";

/// A virtual display; it goes when dropped.
pub struct Display {
    name: String,
    _xvfb: Child,
}

impl Display {
    /// Starts one.
    ///
    /// # Errors
    /// If there is no Xvfb.
    pub async fn start() -> Result<Self> {
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .args(["-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("Xvfb cannot be started; {SETUP}"))?;
        let stdout = xvfb.stdout.take().context("Xvfb has no output")?;
        let number = BufReader::new(stdout).lines().next_line().await?;
        let number = number.context("Xvfb found no free display")?;
        ensure!(!number.is_empty(), "Xvfb found no free display");
        Ok(Self {
            name: format!(":{number}"),
            _xvfb: xvfb,
        })
    }

    /// The value for `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Closes the window with this title as its user does: by a message from the window manager.
pub(crate) fn close_window(display: &str, title: &str) -> Result<()> {
    let (x, screen) = x11rb::connect(Some(display))?;
    let root = x.setup().roots[screen].root;
    let atom = |name: &str| anyhow::Ok(x.intern_atom(false, name.as_bytes())?.reply()?.atom);
    let protocols = atom("WM_PROTOCOLS")?;
    let delete = atom("WM_DELETE_WINDOW")?;
    let window = find_window(&x, root, protocols, title)?
        .with_context(|| format!("no window is called {title:?}"))?;
    let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
    x.send_event(false, window, EventMask::NO_EVENT, message)?
        .check()?;
    Ok(())
}

fn find_window(
    x: &impl Connection,
    window: Window,
    protocols: u32,
    title: &str,
) -> Result<Option<Window>> {
    let property = |atom: u32| {
        anyhow::Ok(
            x.get_property(false, window, atom, AtomEnum::ANY, 0, 1024)?
                .reply()?,
        )
    };
    let name = property(AtomEnum::WM_NAME.into())?;
    if name.value == title.as_bytes() && !property(protocols)?.value.is_empty() {
        // GTK's group leader has the same properties, but is never shown.
        let attributes = x.get_window_attributes(window)?.reply()?;
        if attributes.map_state == MapState::VIEWABLE {
            return Ok(Some(window));
        }
    }
    for child in x.query_tree(window)?.reply()?.children {
        if let Some(found) = find_window(x, child, protocols, title)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
