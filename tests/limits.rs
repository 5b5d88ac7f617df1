//! Where the app and its machine come to an end: of memory, of the disk, of the process itself.

mod common;

use std::{collections::HashSet, fs, path::Path};

use anyhow::{Context, Result};
use common::outage::{arrived, env, exit, traces};
use otel_harness::{
    Answer, Collector, Emitter, Faulty, Home, Source, Span, free_port, resident_memory, until,
};

/// The storm is a million spans, in a process that has room for two thousand.
#[tokio::test]
async fn a_storm_costs_no_memory_and_what_is_lost_is_told() -> Result<()> {
    let silent = Faulty::start(Answer::Never).await?;
    let collector = Collector::start().await?;
    let mut env = env(silent.endpoint());
    let logs = format!("{}/v1/logs", collector.endpoint());
    env.retain(|(name, _)| *name != "OTEL_LOGS_EXPORTER");
    env.push(("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &logs));
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("spans 10000").await?;
    let before = memory(&emitter)?;
    for _ in 0..10 {
        emitter.tell("spans 100000").await?;
    }
    let grown = memory(&emitter)?.saturating_sub(before);
    println!("a million spans: {grown} KiB more memory");
    assert!(grown < 64 * 1024, "{grown} KiB");
    let status = traces(&mut emitter, "losses", |status| {
        status["dropped"]["queue_full"].as_u64() > Some(1_000_000)
    })
    .await?;
    assert!(status["queued"].as_u64() <= Some(2048));
    exit(emitter, "a storm").await?;
    let told = until("all losses in log records", async || {
        let mut logs = collector.logs();
        logs.retain(|log| log.body == "telemetry was lost");
        let lost = logs
            .iter()
            .filter_map(|log| log.attributes["traces.queue_full"].as_i64());
        (lost.sum::<i64>() > 1_000_000).then_some(logs)
    })
    .await?;
    assert!(told.iter().all(|log| log.severity_text == "WARN"));
    assert!(
        told.len() <= 2,
        "one in the middle at most, and one at the end"
    );
    Ok(())
}

#[tokio::test]
async fn of_a_storm_the_failed_spans_are_kept() -> Result<()> {
    // One export is under way for good, so the queue is all there is.
    let silent = Faulty::start(Answer::Never).await?;
    let mut env = env(silent.endpoint());
    env.extend([
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100"),
    ]);
    let mut emitter = Emitter::start(&env)?;
    emitter.tell("spans 100").await?;
    until("the export", async || {
        (silent.requests("traces") > 0).then_some(())
    })
    .await?;
    emitter.tell("spans 1000").await?;
    emitter.tell("fail").await?;
    emitter.tell("spans 1000").await?;
    silent.answer(Answer::Well);
    let home = exit(emitter, "a storm").await?;
    let emitter = Emitter::start_in(home, &env)?;
    silent
        .wait_for("the span that failed", |spans| {
            let mut spans = spans.iter();
            spans.find(|span| span.name == "fail").map(drop)
        })
        .await?;
    exit(emitter, "a replay").await?;
    Ok(())
}

fn memory(emitter: &Emitter) -> Result<u64> {
    resident_memory(emitter.pid().context("a process")?)
}

/// Whatever a process has kept is delivered by the next, wherever it was when it was killed.
#[tokio::test]
async fn a_hundred_kills_lose_nothing_that_was_kept() -> Result<()> {
    const KILLS: usize = 100;
    let port = free_port()?;
    let away = format!("http://127.0.0.1:{port}");
    let mut home = Home::new()?;
    let mut kept = HashSet::new();
    for round in 0..KILLS {
        let resource = format!("round={round}");
        let mut env = env(&away);
        env.extend([
            ("OTEL_RESOURCE_ATTRIBUTES", &*resource),
            ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ]);
        let mut emitter = Emitter::start_in(home, &env)?;
        emitter.tell("spans 50").await?;
        emitter.tell("flush").await?;
        let before = spooled(&mut emitter).await?;
        assert!(before > 0);
        kept.extend((0..50).map(|index| (round.to_string(), format!("span {index}"))));
        // And while it is at work, at another moment every time.
        emitter.begin("spans 1000").await?;
        for _ in 0..round * 20 {
            tokio::task::yield_now().await;
        }
        home = emitter.kill().await?;
    }
    let faulty = Faulty::start_on(port, Answer::Well).await?;
    let mut emitter = Emitter::start_in(home, &env(&away))?;
    faulty
        .wait_for("the spans of all rounds", |spans| {
            let of = |span: &Span| {
                let round = span.resource["round"].as_str().unwrap_or_default();
                (round.to_owned(), span.name.clone())
            };
            let arrived: HashSet<_> = spans.iter().map(of).collect();
            kept.is_subset(&arrived).then_some(())
        })
        .await?;
    until("nothing more to deliver", async || {
        (!is_pending(emitter.home())).then_some(())
    })
    .await?;
    let status = emitter.tell("status").await?["traces"].take();
    let spans = faulty.spans();
    let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
    println!(
        "after {KILLS} kills: {} spans, {} of them twice, {} files were torn",
        spans.len(),
        spans.len() - ids.len(),
        status["corruptFiles"]
    );
    exit(emitter, "a replay").await?;
    Ok(())
}

/// Whether the spool has a file to deliver. One that a kill has torn in the middle of a write was set aside, and stays.
fn is_pending(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        let is_file = |end: &str| path.extension().is_some_and(|it| it == end);
        is_file("part") || is_file("spool") || is_pending(&path)
    })
}

async fn spooled(emitter: &mut Emitter) -> Result<u64> {
    let status = emitter.tell("status").await?;
    status["traces"]["spoolBytes"].as_u64().context("a number")
}

#[tokio::test]
async fn a_full_disk_is_one_warning_and_is_used_again_when_there_is_room() -> Result<()> {
    let faulty = Faulty::start(Answer::Status(503, "Retry-After: 1")).await?;
    let mut emitter = Emitter::start_on_small_disk(64, &env(faulty.endpoint()))?;
    for _ in 0..20 {
        emitter.tell("spans 500").await?;
        emitter.tell("flush").await?;
    }
    let status = traces(&mut emitter, "losses", |status| {
        status["dropped"]["unreachable"].as_u64() > Some(0)
    })
    .await?;
    assert!(
        status["spoolBytes"].as_u64() > Some(0),
        "what found room stays"
    );
    let errors = emitter.errors();
    assert_eq!(
        errors.matches("cannot keep telemetry").count(),
        1,
        "{errors}"
    );
    faulty.answer(Answer::Well);
    traces(&mut emitter, "a closed breaker", |status| {
        status["breaker"] == "closed"
    })
    .await?;
    emitter.tell("spans 7").await?;
    emitter.tell("flush").await?;
    arrived(&faulty, 7).await?;
    traces(&mut emitter, "an empty spool", |status| {
        status["spoolBytes"] == 0
    })
    .await?;
    faulty.answer(Answer::Status(503, "Retry-After: 1"));
    emitter.tell("spans 7").await?;
    emitter.tell("flush").await?;
    traces(
        &mut emitter,
        "the spool, now that there is room",
        |status| status["spoolBytes"] != 0,
    )
    .await?;
    exit(emitter, "a full disk").await?;
    Ok(())
}
