//! A display without a screen, and what a window manager would do there.

use std::{fs, process::Stdio};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState, Window},
};

use crate::wait::free_port;

/// What to do about a tool that is missing.
pub(crate) const SETUP: &str = "`cargo xtask setup` installs it";

/// A virtual display; it goes when dropped, and its name does not come back soon: what has outlived its test, such as an
/// app that is just restarting, would open its window in another.
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
        let number = free_port()?;
        let name = format!(":{number}");
        let mut xvfb = Command::new("Xvfb")
            .args([&name, "-screen", "0", "1280x800x24"])
            // It writes its number when it can be connected to.
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("Xvfb cannot be started; {SETUP}"))?;
        let stdout = xvfb.stdout.take().context("Xvfb has no output")?;
        let ready = BufReader::new(stdout).lines().next_line().await?;
        ensure!(
            ready == Some(number.to_string()),
            "Xvfb {name} does not start: {ready:?}"
        );
        Ok(Self { name, _xvfb: xvfb })
    }

    /// The value for `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let number = self.name.trim_start_matches(':');
        for file in [
            format!("/tmp/.X{number}-lock"),
            format!("/tmp/.X11-unix/X{number}"),
        ] {
            // Best effort: Xvfb leaves them behind, because it is killed.
            let _ = fs::remove_file(file);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_name_of_a_display_that_is_gone_does_not_come_back() {
        let first = Display::start().await.unwrap();
        let name = first.name().to_owned();
        assert!(x11rb::connect(Some(&name)).is_ok());
        drop(first);
        assert_ne!(Display::start().await.unwrap().name(), name);
    }
}
