//! Secrets in every field of every signal, and none of them in anything that leaves the memory of the app.

mod consent;
mod corpus;
mod crash;
mod page;

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Result, ensure};
use otel_harness::{Answer, Collector, Emitter, Faulty, Source, until};
use regex::bytes::RegexBuilder;

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

/// A place that telemetry goes to, and all bytes that it got.
type Place = (String, Vec<u8>);

/// Which of the texts are in `bytes`.
fn found<'a>(texts: &'a [String], bytes: &[u8]) -> Result<HashSet<&'a str>> {
    let escaped: Vec<_> = texts.iter().map(|text| regex::escape(text)).collect();
    let any = RegexBuilder::new(&escaped.join("|"))
        .unicode(false)
        .size_limit(1 << 28)
        .dfa_size_limit(1 << 28)
        .build()?;
    let all: HashSet<_> = texts.iter().map(String::as_str).collect();
    let found = any.find_iter(bytes).filter_map(|found| {
        let text = std::str::from_utf8(found.as_bytes()).ok()?;
        all.get(text).copied()
    });
    Ok(found.collect())
}

/// Those of the texts that are not in `bytes`.
fn missing(texts: &[String], bytes: &[u8]) -> Result<Vec<String>> {
    let found = found(texts, bytes)?;
    let missing = texts.iter().filter(|text| !found.contains(text.as_str()));
    Ok(missing.cloned().collect())
}

fn assert_private(
    secrets: &[String],
    innocent: &[String],
    place: &str,
    bytes: &[u8],
) -> Result<()> {
    let secrets = found(secrets, bytes)?;
    assert!(secrets.is_empty(), "{secrets:?} are in {place}");
    let lost = missing(innocent, bytes)?;
    assert!(lost.is_empty(), "{place} lacks {lost:?}");
    Ok(())
}

/// The bytes of the files in a folder whose path `is_wanted`, of which there has to be one.
fn bytes_of(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<u8>> {
    let mut files = files(folder)?;
    files.retain(|(path, _)| is_wanted(path));
    ensure!(!files.is_empty(), "the file is not in {}", folder.display());
    Ok(files
        .into_iter()
        .flat_map(|(_, text)| text.into_bytes())
        .collect())
}

/// What a signal left at the collector, in the exported files and in the spool.
fn places(signal: &str, collector: &Collector, home: &Path) -> Result<[Place; 3]> {
    let exported = |path: &str| path.ends_with(&format!("-{signal}.jsonl"));
    let kept = |path: &str| {
        path.contains(&format!("/{signal}/"))
            && [".part", ".spool"].iter().any(|end| path.ends_with(end))
    };
    Ok([
        (
            format!("{signal} at the collector"),
            collector.bytes(signal),
        ),
        (
            format!("{signal} in the exported files"),
            bytes_of(home, exported)?,
        ),
        (format!("{signal} in the spool"), bytes_of(home, kept)?),
    ])
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
