//! `scenario crash`: an app dies in every way that leaves it no time to report anything, and what its next start reports.

use anyhow::{Context, Result};
use otel_harness::{Death, Emitter, Receiver, Source, built, until};

/// What arrived of one death.
struct Arrived {
    death: Death,
    /// The run that died.
    run: String,
    breadcrumbs: String,
    unfinished: Vec<String>,
}

pub fn run() -> Result<()> {
    built("emitter")?;
    tokio::runtime::Runtime::new()?.block_on(async {
        println!(
            "{:<20} {:<38} {:<12} last log record",
            "death", "run (service.instance.id)", "open spans"
        );
        for death in Death::ALL {
            let arrived = of(death).await.with_context(|| death.name())?;
            println!(
                "{:<20} {:<38} {:<12} {}",
                arrived.death.name(),
                arrived.run,
                arrived.unfinished.join(", "),
                arrived.breadcrumbs
            );
        }
        Ok(())
    })
}

async fn of(death: Death) -> Result<Arrived> {
    let receiver = Receiver::start().await?;
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let home = Emitter::start(&env)?.die(death).await?;
    let next = Emitter::start_in(home, &env)?;
    let arrived = until("the report of the death", async || {
        let logs = receiver.logs();
        let crash = logs.iter().find(|log| log.event_name == "app.crash")?;
        let spans = receiver.spans().into_iter();
        let unfinished: Vec<_> = spans
            .filter(|span| span.attributes.contains_key("span.unfinished"))
            .map(|span| span.name)
            .collect();
        let crumbs = crash
            .attributes
            .get("tauri.crash.breadcrumbs")?
            .as_array()?;
        let run = crash.resource.get("service.instance.id")?.as_str()?;
        (!unfinished.is_empty()).then(|| Arrived {
            death,
            run: run.to_owned(),
            breadcrumbs: crumbs
                .last()
                .and_then(|crumb| crumb.as_str())
                .unwrap_or_default()
                .to_owned(),
            unfinished,
        })
    })
    .await?;
    next.exit().await?;
    Ok(arrived)
}
