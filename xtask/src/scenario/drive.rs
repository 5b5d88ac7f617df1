//! What the two users do.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use otel_harness::Messenger;

/// Every process by its `service.name`: desktops, their sidecars, the server, the command line.
pub const SERVICES: [&str; 6] = [
    "desktop-1",
    "desktop-2",
    "desktop-1-sidecar",
    "desktop-2-sidecar",
    "messenger-server",
    "messenger-cli",
];

/// What is sent through the server, and what as a file.
const TEXTS: [&str; 2] = ["Hello over the server", "Hello over the folder"];

/// Who writes and who reads.
const USERS: [&str; 2] = ["alice", "bob"];

/// Everything that is typed into the windows.
pub const TYPED: [&str; 4] = [TEXTS[0], TEXTS[1], USERS[0], USERS[1]];

/// How the scenario went, by the clock.
pub struct Driven {
    pub took: Duration,
    /// What had been reached, and when.
    pub milestones: Vec<(&'static str, Duration)>,
}

/// Drives both windows from the first click to the last.
pub async fn messaging(telemetry: &[(String, String)]) -> Result<Driven> {
    let start = Instant::now();
    let mut milestones = Vec::new();
    let mut reached = |what: &'static str| {
        let elapsed = start.elapsed();
        eprintln!("{:>6.1} s  {what}", elapsed.as_secs_f64());
        milestones.push((what, elapsed));
    };
    let telemetry: Vec<_> = telemetry
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("MESSENGER_CONSENT", "required")])
        .collect();
    let messenger = Messenger::start(&telemetry).await?;
    reached("the server runs");
    let alice = messenger.desktop("desktop-1").await?;
    let bob = messenger.desktop("desktop-2").await?;
    reached("both windows are open");

    for desktop in [&alice, &bob] {
        desktop.click("#privacy input[value=granted]").await?;
        desktop.click("#privacy [type=submit]").await?;
        desktop
            .wait_js("window.__TAURI_OPENTELEMETRY__ !== undefined")
            .await?;
    }
    reached("both users have agreed to telemetry");

    alice.introduce(USERS[0]).await?;
    bob.introduce(USERS[1]).await?;
    alice.type_into("#peer", USERS[1]).await?;
    ensure!(alice.act("exchange").await? == "done", "no key of bob");
    reached("both users are known, and their keys exchanged");

    alice.type_into("#compose", TEXTS[0]).await?;
    let said = alice.act("send").await?;
    ensure!(said == "done", "the message was not sent: {said}");
    bob.shows(TEXTS[0]).await?;
    reached("a message has arrived through the server");

    alice.type_into("#compose", TEXTS[1]).await?;
    let said = alice.act("send-file").await?;
    ensure!(said == "done", "the file was not written: {said}");
    bob.shows(TEXTS[1]).await?;
    reached("a message has arrived as a file");

    let said = alice.act("send-fail").await?;
    ensure!(said.contains("cannot be reached"), "{said}");
    reached("a message to nobody has failed");
    ensure!(alice.act("search").await? == "done", "the search failed");
    reached("a slow command has ended");
    messenger.cli(USERS[1]).await?;
    reached("the command line has looked into the folder");

    // An app exports its metrics when its user closes the window. The end of a WebDriver session would kill it before.
    for desktop in [alice, bob] {
        desktop.close_like_a_user("Messenger")?;
        desktop.wait_for_exit().await?;
    }
    Ok(Driven {
        took: start.elapsed(),
        milestones,
    })
}
