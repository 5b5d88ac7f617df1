//! How the app ends: by a signal, by its user, by a restart, by a panic; and what it still exports.

use anyhow::{Context, Result};
use otel_harness::{App, Collector, Kind, Source, until};

use crate::{common, invoke, launch};

/// Invokes a command that the app does not survive, once the driver has its answer.
async fn leave(app: &App, command: &str) -> Result<()> {
    let script = format!("setTimeout(() => window.__TAURI__.core.invoke('{command}'), 100)");
    app.js(&script).await?;
    Ok(())
}

#[tokio::test]
async fn the_last_words_of_a_main_thread_that_panics_arrive() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    leave(&app, "die").await?;
    app.wait_for_exit().await?;
    until("the panic", async || {
        let mut logs = collector.logs().into_iter();
        logs.find(|log| {
            log.event_name == "exception"
                && log.attributes["exception.message"] == "on the main thread"
        })
    })
    .await?;
    Ok(())
}

/// Without the flush they would wait for ten minutes.
const SLOW: [(&str, &str); 2] = [
    ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
    ("OTEL_BLRP_SCHEDULE_DELAY", "600000"),
];

#[tokio::test]
async fn signals_and_restart_send_what_is_queued() -> Result<()> {
    for ending in ["TERM", "INT", "HUP", "restart"] {
        let collector = Collector::start().await?;
        let env = [
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())][..],
            &SLOW,
        ]
        .concat();
        let app = App::launch("companions", &env).await?;
        invoke(&app, "greet", "{ name: 'you' }").await?;
        match ending {
            "restart" => leave(&app, "restart").await?,
            signal => {
                until("the plugin to watch for the signal", async || {
                    app.catches(signal).ok()?.then_some(())
                })
                .await?;
                app.signal(signal)?;
            }
        }
        app.wait_for_exit().await?;
        collector
            .wait_for("the span of the app", |spans| {
                let mut spans = spans.iter();
                spans.find(|span| span.kind == Kind::Server).map(drop)
            })
            .await
            .with_context(|| ending.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn an_app_that_handles_sigterm_is_flushed_and_not_ended() -> Result<()> {
    let collector = Collector::start().await?;
    let env = [
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
            ("COMPANION", "handles-sigterm"),
        ][..],
        &SLOW,
    ]
    .concat();
    let app = App::launch("companions", &env).await?;
    invoke(&app, "greet", "{ name: 'you' }").await?;
    // The signals before the plugin watches for them are the app's alone.
    until("the flush", async || {
        app.signal("TERM").ok()?;
        let mut spans = collector.spans().into_iter();
        spans.find(|span| span.kind == Kind::Server).map(drop)
    })
    .await?;
    let ask = "return await window.__TAURI__.core.invoke('asked')";
    let asked = app.js_async(ask).await?;
    assert!(
        asked.as_u64() > Some(0),
        "the app runs on, and its handler was called"
    );
    app.quit().await
}

#[tokio::test]
async fn spans_that_the_app_makes_at_its_exit_arrive() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    app.press("greet").await?;
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;
    let name = "the app's own exit";
    collector.trace(name, 1, |span| span.name == name).await?;
    Ok(())
}

#[tokio::test]
async fn a_window_that_its_app_keeps_is_asked_to_close_as_often_as_its_user_asks() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "keeps-its-windows").await?;
    let asked = async || {
        let ask = "return await window.__TAURI__.core.invoke('asked')";
        app.js_async(ask).await.ok()?.as_u64()
    };
    for times in 1..=3 {
        // Something that the page has not handed over yet.
        app.press("greet").await?;
        app.close_like_a_user("minimal")?;
        until("the question", async || {
            (asked().await? >= times).then_some(())
        })
        .await?;
        collector
            .wait_for("a span of each click", |spans| {
                let clicks = spans.iter().filter(|span| span.name == "ui.button_click");
                (clicks.count() as u64 == times).then_some(())
            })
            .await?;
    }
    assert_eq!(asked().await, Some(3));
    app.quit().await
}

/// By a signal, and by its user, who asks for it once and tauri twice.
#[tokio::test]
async fn the_exit_does_not_wait_for_a_silent_collector() -> Result<()> {
    exits_in_time(|app| app.signal("TERM")).await?;
    exits_in_time(|app| app.close_like_a_user("minimal")).await
}

/// An app that exits in the face of a collector which accepts and never answers.
async fn exits_in_time(end: impl FnOnce(&App) -> Result<()>) -> Result<()> {
    let silent = otel_harness::Faulty::start(otel_harness::Answer::Never).await?;
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", silent.endpoint()),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
    ];
    let app = App::launch("companions", &env).await?;
    invoke(&app, "greet", "{ name: 'you' }").await?;
    until("a request", async || {
        (silent.requests("traces") > 0).then_some(())
    })
    .await?;
    let start = std::time::Instant::now();
    end(&app)?;
    app.wait_for_exit().await?;
    let took = start.elapsed();
    println!("exit with a silent collector: {took:?}");
    assert!(took < common::outage::EXIT, "{took:?}");
    Ok(())
}
