//! What an app keeps for a collector that is away, on a disk that somebody else reads.

use std::path::Path;

use anyhow::Result;
use otel_harness::{Collector, Emitter, Home, Keyring, Source, until};
use serde_json::json;

use super::bytes_of;

const NO_KEY: &str = "the keyring of this system gives no key";

/// All that is kept of the spans.
fn kept(home: &Home) -> Result<Vec<u8>> {
    bytes_of(home.path(), |path| {
        Path::new(path).extension().is_some_and(|end| end == "part")
    })
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn an_encrypted_spool_tells_nothing_without_the_keyring_and_is_delivered_with_it()
-> Result<()> {
    let keyring = Keyring::open().await?;
    let mut collector = Collector::start().await?;
    collector.stop().await?;
    let endpoint = collector.endpoint().to_owned();
    let env = |keyring| {
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
            ("EMITTER_ENCRYPTS_SPOOL", "1"),
            keyring,
        ]
    };

    let mut emitter = Emitter::start(&env(keyring.variable()))?;
    emitter.tell("spans 3").await?;
    let (_, home) = emitter.exit().await?;
    let encrypted = kept(&home)?;
    assert!(contains(&encrypted, "OTSPOOL"), "it is the spool");
    assert!(!contains(&encrypted, "span 2"));

    let nowhere = (keyring.variable().0, "unix:path=/nowhere");
    let mut emitter = Emitter::start_in(home, &env(nowhere))?;
    emitter.tell("spans 5").await?;
    emitter.tell("flush").await?;
    let status = emitter.tell("status").await?;
    assert_eq!(status["traces"]["dropped"], json!({ "unreachable": 5 }));
    let said = emitter.errors();
    assert!(said.contains(NO_KEY), "{said}");
    let (_, home) = emitter.exit().await?;
    assert_eq!(kept(&home)?, encrypted, "nothing was added or removed");

    collector.resume().await?;
    let emitter = Emitter::start_in(home, &env(keyring.variable()))?;
    let delivered = collector.wait_for("the spans", |spans| {
        spans.iter().any(|span| span.name == "span 2").then_some(())
    });
    delivered.await?;
    emitter.exit().await?;
    Ok(())
}

#[tokio::test]
async fn the_keyring_is_not_asked_before_the_grant() -> Result<()> {
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("EMITTER_ENCRYPTS_SPOOL", "1"),
        ("EMITTER_ASKS_FOR_CONSENT", "1"),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
    ])?;
    emitter.tell("spans 3").await?;
    emitter.tell("flush").await?;
    let said = emitter.errors();
    assert!(!said.contains(NO_KEY), "{said}");
    emitter.tell("choose granted").await?;
    until("the keyring to be asked", async || {
        emitter.errors().contains(NO_KEY).then_some(())
    })
    .await?;
    emitter.exit().await?;
    Ok(())
}
