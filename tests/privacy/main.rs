//! Secrets in every field of every signal, and none of them in anything that leaves the memory of the app.

mod consent;
mod corpus;
mod crash;
mod page;
mod spool;

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Result, bail, ensure};
use corpus::{ALL, Corpus};
use otel_harness::{Collector, Emitter, Home, Source, until};
use regex::bytes::RegexBuilder;

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

/// The files in a folder, with their bytes as text.
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

/// Lets an emitter export everything, however long its console takes: it is read while the emitter is told something.
async fn flush(emitter: &mut Emitter) -> Result<()> {
    for _ in 0..12 {
        if emitter.tell("flush").await? == true {
            return Ok(());
        }
    }
    bail!("the queues do not get empty")
}

/// How many secrets are recorded while the collector is away: a debug build redacts a thousand texts per second.
const FEW: usize = 200;

/// The number of texts in the resource: the system has a limit for a variable, and each request has the resource.
const IN_RESOURCE: usize = 120;

/// An emitter records the corpus, twice: while the collector is there, and while it is not.
async fn record(corpus: &Corpus, redaction: (&str, &str)) -> Result<Vec<Place>> {
    let mut collector = Collector::start().await?;
    let home = Home::new()?;
    let list = home.path().join("list");
    let reveal = format!("reveal-all {}", list.display());
    fs::write(&list, serde_json::to_vec(&corpus.as_json())?)?;
    let few = corpus.texts.iter().take(IN_RESOURCE).enumerate();
    let resource: Vec<String> = few
        .map(|(index, text)| {
            let escaped = text.bytes().map(|byte| format!("%{byte:02x}"));
            format!("note.{index}={}", escaped.collect::<String>())
        })
        .collect();
    let resource = resource.join(",");
    let env = [
        redaction,
        ("OTEL_RESOURCE_ATTRIBUTES", &resource),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_TRACES_EXPORTER", "otlp,file,console"),
        ("OTEL_LOGS_EXPORTER", "otlp,file,console"),
        ("OTEL_METRICS_EXPORTER", "otlp,file,console"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100000"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "100000"),
        ("EMITTER_LOG_FILE", "json"),
        ("EMITTER_GLOBAL", "1"),
    ];
    let mut emitter = Emitter::start_in(home, &env)?;
    emitter.tell(&reveal).await?;
    flush(&mut emitter).await?;
    let count = corpus.texts.len() + corpus.attributes.len();
    until("all of it at the collector", async || {
        let metrics = collector.metrics();
        let has = |name: &str, points| {
            let mut took = metrics.iter().filter(|one| one.name == name);
            took.any(|one| one.histograms().len() >= points)
        };
        let all = collector.spans().len() >= count
            && collector.logs().len() >= count
            && has("emitter.took", corpus.texts.len())
            && has("emitter.keyed.took", corpus.attributes.len());
        all.then_some(())
    })
    .await?;
    collector.stop().await?;
    fs::write(&list, serde_json::to_vec(&Corpus::new(FEW).as_json())?)?;
    emitter.tell(&reveal).await?;
    flush(&mut emitter).await?;
    let printed = emitter.printed().join("\n").into_bytes();
    let (_, home) = emitter.exit().await?;
    fs::remove_file(&list)?;
    let log_file = bytes_of(home.path(), |path| path.ends_with("emitter.log"))?;
    let mut all = vec![
        ("the console".to_owned(), printed),
        ("the log file".to_owned(), log_file),
    ];
    for signal in ["traces", "metrics", "logs"] {
        all.extend(places(signal, &collector, home.path())?);
    }
    Ok(all)
}

/// What a place has to have: the spool has what was recorded while the collector was away.
fn recorded(place: &str) -> Corpus {
    Corpus::new(if place.ends_with("spool") { FEW } else { ALL })
}

#[tokio::test]
async fn no_secret_leaves_the_app_and_what_is_none_stays_as_it_is() -> Result<()> {
    let all = Corpus::new(ALL);
    for (place, bytes) in record(&all, ("EMITTER_REDACTS_ALL", "1")).await? {
        assert_private(&all.secrets, &recorded(&place).innocent, &place, &bytes)?;
    }
    Ok(())
}

#[tokio::test]
async fn without_redaction_the_same_search_finds_every_secret_everywhere() -> Result<()> {
    let all = Corpus::new(ALL);
    for (place, bytes) in record(&all, ("EMITTER_WITHOUT_REDACTION", "1")).await? {
        let missing = missing(&recorded(&place).secrets, &bytes)?;
        assert!(missing.is_empty(), "{place} lacks {missing:?}");
    }
    Ok(())
}
