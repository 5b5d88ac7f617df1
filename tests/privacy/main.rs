//! Secrets in every field of every signal, and none of them in anything that leaves the memory of the app.

mod consent;
mod crash;

use std::{fs, path::Path};

use anyhow::Result;
use otel_harness::{Answer, Collector, Emitter, Faulty, Source, until};

/// What each of them contains that must not be found anywhere.
const SECRETS: [(&str, &str); 6] = [
    ("mail to alice.liddell@example.com now", "liddell"),
    ("opened /home/liddell/diary.txt", "liddell"),
    ("Authorization: Bearer s3cr3t-t0ken-value-1", "s3cr3t-t0ken"),
    ("password=correct-horse-battery", "correct-horse"),
    (
        "GET https://u:hunter22@example.com/a?key=hunter22#hunter22",
        "hunter22",
    ),
    (
        "token ghp_0123456789abcdefghijABCDEFGHIJ012345 used",
        "ghp_0123456789",
    ),
];

async fn reveal_all(emitter: &mut Emitter) -> Result<()> {
    for (text, _) in SECRETS {
        emitter.tell(&format!("reveal {text}")).await?;
    }
    Ok(())
}

fn assert_no_secret(place: &str, text: &str) {
    for (_, secret) in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {place}: {text}");
    }
}

/// The bytes of all files in a folder, and how many files there are.
fn files(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
    Ok(found)
}

#[tokio::test]
async fn no_secret_reaches_the_collector_the_files_or_the_console() -> Result<()> {
    let collector = Collector::start().await?;
    let mut emitter = Emitter::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_TRACES_EXPORTER", "otlp,file,console"),
        ("OTEL_LOGS_EXPORTER", "otlp,file,console"),
        ("OTEL_METRICS_EXPORTER", "otlp,file,console"),
        ("EMITTER_LOG_FILE", "json"),
    ])?;
    reveal_all(&mut emitter).await?;
    emitter.tell("flush").await?;
    let arrived = until("all of it at the collector", async || {
        let spans = collector.spans();
        let logs = collector.logs();
        let points = collector.metrics();
        let all = spans.len() >= SECRETS.len()
            && logs.len() >= 2 * SECRETS.len()
            && points.iter().any(|point| point.name == "emitter.revealed");
        all.then(|| format!("{spans:?} {logs:?} {points:?}"))
    })
    .await?;
    assert_no_secret("the collector", &arrived);
    assert!(arrived.contains("mail to [email] now"), "{arrived}");
    assert!(arrived.contains("GET https://example.com/a"), "{arrived}");
    let printed = emitter.printed().join("\n");
    let (_, home) = emitter.exit().await?;
    assert_no_secret("the console", &printed);
    let files = files(home.path())?;
    assert!(
        files.len() >= 4,
        "three signals and the log file: {files:?}"
    );
    for (path, text) in &files {
        assert_no_secret(path, text);
    }
    Ok(())
}

#[tokio::test]
async fn no_secret_is_kept_on_disk_for_later() -> Result<()> {
    let broken = Faulty::start(Answer::Status(503, "")).await?;
    let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", broken.endpoint())])?;
    reveal_all(&mut emitter).await?;
    emitter.tell("flush").await?;
    let (_, home) = emitter.exit().await?;
    let files = files(home.path())?;
    assert!(!files.is_empty(), "something is kept");
    for (path, text) in &files {
        assert_no_secret(path, text);
    }
    Ok(())
}

#[tokio::test]
async fn without_redaction_the_same_search_finds_the_secrets() -> Result<()> {
    let mut emitter = Emitter::start(&[
        ("OTEL_TRACES_EXPORTER", "file"),
        ("EMITTER_WITHOUT_REDACTION", "1"),
    ])?;
    reveal_all(&mut emitter).await?;
    emitter.tell("flush").await?;
    let (_, home) = emitter.exit().await?;
    let all = files(home.path())?;
    for (_, secret) in SECRETS {
        let found = all.iter().any(|(_, text)| text.contains(secret));
        assert!(found, "{secret} is nowhere, so the search proves nothing");
    }
    Ok(())
}
