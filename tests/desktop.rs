//! A click in a real window on every desktop: without a driver, which macOS does not have.
#![cfg(any(target_os = "linux", target_os = "macos", windows))]

mod common;

use std::process::Stdio;

use anyhow::Result;
use common::{APP, PAGE};
use otel_harness::{Home, Kind, Receiver, Source, built};
use tokio::process::Command;

#[tokio::test]
async fn a_click_is_one_trace_from_the_page_into_the_command() -> Result<()> {
    let receiver = Receiver::start().await?;
    let home = Home::new()?;
    let mut app = Command::new(built("companions")?);
    #[cfg(target_os = "linux")]
    let display = otel_harness::Display::start().await?;
    #[cfg(target_os = "linux")]
    app.env("DISPLAY", display.name())
        .env_remove("WAYLAND_DISPLAY");
    let _app = app
        .env("HOME", home.path())
        .env("COMPANION_CLICK", "greet")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let trace = receiver.click("greet", 3).await?;
    let click = trace
        .root("ui.button_click")
        .kind(Kind::Internal)
        .scope(PAGE);
    let client = click.child("greet").kind(Kind::Client).scope(PAGE);
    let server = client.child("greet").kind(Kind::Server).scope(APP);
    server.ok().has("rpc.method", "greet");
    Ok(())
}
