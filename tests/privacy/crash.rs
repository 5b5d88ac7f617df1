//! What arrives of an app that died.

use anyhow::{Context, Result};
use otel_harness::{Answer, Death, Emitter, Faulty, Receiver, Source, until};

use super::files;

#[tokio::test]
async fn every_death_is_reported_by_the_next_start() -> Result<()> {
    for death in Death::ALL {
        let receiver = Receiver::start().await?;
        let env = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()),
            ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
        ];
        let home = Emitter::start(&env)?.die(death).await?;
        let next = Emitter::start_in(home, &env)?;
        let what = format!("the report of the {}", death.name());
        let (crash, held) = until(&what, async || {
            let logs = receiver.logs();
            let crash = logs.into_iter().find(|log| log.event_name == "app.crash")?;
            let spans = receiver.spans();
            let held = spans.into_iter().find(|span| span.name == "held")?;
            Some((crash, held))
        })
        .await?;
        assert_eq!(held.attributes["span.unfinished"], true, "{death:?}");
        assert_eq!(
            crash.resource, held.resource,
            "both are of the run that died"
        );
        let crumbs = crash.attributes["tauri.crash.breadcrumbs"].to_string();
        assert!(
            crumbs.contains(&format!("about to {}", death.name())),
            "{crumbs}"
        );
        until("the session in the metrics", async || {
            let metrics = receiver.metrics();
            let ended = metrics
                .iter()
                .find(|metric| metric.name == "tauri.session.ended")?;
            let crashed = ended.number(&[("tauri.session.end_state", "crash")]);
            let of_next =
                ended.resource["service.instance.id"] != crash.resource["service.instance.id"];
            (crashed == Some(1.0) && of_next).then_some(())
        })
        .await?;

        let (_, home) = next.exit().await?;
        let reported = receiver.logs().len();
        let third = Emitter::start_in(home, &env)?;
        until("the clean session in the metrics", async || {
            let metrics = receiver.metrics();
            let clean = metrics
                .iter()
                .filter(|metric| metric.name == "tauri.session.ended");
            clean
                .filter_map(|metric| metric.number(&[("tauri.session.end_state", "clean")]))
                .next()
        })
        .await?;
        let crashes = receiver
            .logs()
            .into_iter()
            .filter(|log| log.event_name == "app.crash");
        assert_eq!(
            crashes.count(),
            1,
            "{death:?} was reported once, of {reported} records"
        );
        third.exit().await.context("the third run")?;
    }
    Ok(())
}

/// The collector accepts requests and never answers.
#[tokio::test]
async fn what_is_queued_at_a_panic_is_on_disk_when_the_process_is_gone() -> Result<()> {
    let silent = Faulty::start(Answer::Never).await?;
    let mut emitter = Emitter::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", silent.endpoint())])?;
    emitter.tell("spans 3").await?;
    let home = emitter.die(Death::Panic).await?;
    let kept = files(home.path())?
        .into_iter()
        .filter(|(path, _)| path.ends_with(".part"));
    let kept: String = kept.map(|(_, text)| text).collect();
    for expected in ["span 2", "told to die"] {
        assert!(kept.contains(expected), "{expected} is not on disk: {kept}");
    }
    Ok(())
}
