//! The viewer in the app, in real windows: with one variable, without a collector.

#![cfg(target_os = "linux")]

mod common;

use std::path::Path;

use anyhow::{Context, Result};
use common::PAGE;
use otel_harness::{App, Kind, Messenger, Span, Trace, traces, until};

const ON: (&str, &str) = ("TAURI_OTEL_VIEWER", "1");

/// What the viewer's window is told when it asks `path`.
async fn ask(viewer: &App, path: &str) -> Result<String> {
    let answer = viewer
        .js_async(&format!("return await (await fetch('{path}')).text()"))
        .await?;
    answer.as_str().map(str::to_owned).context("a text")
}

/// Waits in the viewer's window for the trace with a span that `matches`, until it has so many spans and all their
/// parents.
async fn trace(viewer: &App, spans: usize, matches: impl Fn(&Span) -> bool) -> Result<Trace> {
    let mut arrived = String::new();
    let found = until("the trace in the viewer", async || {
        let all = Span::of_json_lines(&ask(viewer, "/api/export").await.ok()?).ok()?;
        arrived = traces(&all).iter().map(ToString::to_string).collect();
        traces(&all).into_iter().find(|trace| {
            trace.is_whole() && trace.spans().len() >= spans && trace.spans().iter().any(&matches)
        })
    });
    found.await.with_context(|| arrived)
}

#[tokio::test]
async fn one_click_is_seen_from_the_page_to_the_child_process() -> Result<()> {
    let messenger = Messenger::start(&[ON]).await?;
    let app = messenger.desktop("desktop-1").await?;
    app.introduce("alice").await?;
    app.type_into("#peer", "alice").await?;
    app.type_into("#compose", "Hello").await?;
    assert_eq!(app.act("send").await?, "done");
    // No other webview of the app gets an answer.
    let asked = app
        .js_async(
            "return await fetch('tauri-otel-viewer://localhost/api/status')
               .then((answer) => answer.text(), () => '')",
        )
        .await?;
    assert_eq!(asked, "");

    app.switch_to_other_window().await?;
    app.wait_js(
        "[...document.querySelectorAll('tbody tr')].some((row) => row.textContent.includes('ui.button_click'))",
    )
    .await?;
    let clicked = |span: &Span| span.name == "ui.button_click" && span.text("button") == "send";
    let sidecar = |trace: &Trace| {
        let mut spans = trace.spans().iter();
        spans.any(|span| span.service() == "desktop-1-sidecar")
    };
    let trace = trace(&app, 8, clicked).await?;
    let click = trace.root("ui.button_click").scope(PAGE);
    let below = |parent: &str, kind: Kind| {
        let mut children = trace.children(parent);
        let found = children.find(|span| span.kind == kind && span.name.ends_with("send_message"));
        let found = found.unwrap_or_else(|| panic!("no {kind:?} below {parent} in\n{trace}"));
        found.span_id.clone()
    };
    let client = below(&click.span_id, Kind::Client);
    let server = below(&client, Kind::Server);
    let mut own = trace.children(&server);
    assert!(own.any(|span| span.name == "validate"), "{trace}");
    assert!(sidecar(&trace), "no span of the child process in\n{trace}");

    // The window of the viewer is no part of the app.
    let exported = ask(&app, "/api/export").await?;
    let of_viewer: Vec<&str> = exported
        .lines()
        .filter(|line| line.contains("tauri-otel-viewer"))
        .collect();
    assert!(of_viewer.is_empty(), "{of_viewer:#?}");
    let traced = app.js("return '__TAURI_OPENTELEMETRY__' in window").await?;
    assert_eq!(traced, false);
    app.quit().await
}

/// How many spans the runs have, newest first.
async fn runs(viewer: &App) -> Result<Vec<u64>> {
    let runs: serde_json::Value = serde_json::from_str(&ask(viewer, "/api/runs").await?)?;
    let runs = runs.as_array().context("runs")?;
    Ok(runs
        .iter()
        .filter_map(|run| run["spans"].as_u64())
        .collect())
}

async fn minimal(data: &Path) -> Result<App> {
    let data = data.to_string_lossy();
    App::launch("minimal", &[ON, ("XDG_DATA_HOME", &data)]).await
}

#[tokio::test]
async fn it_is_raised_by_a_shortcut_ends_with_the_app_and_keeps_what_it_has() -> Result<()> {
    let data = tempfile::tempdir()?;
    let app = minimal(data.path()).await?;
    app.press("greet").await?;
    until("the window of the viewer", async || {
        app.close_like_a_user("Telemetry of minimal").ok()
    })
    .await?;
    let closed =
        "return (await window.__TAURI__.core.invoke('plugin:window|get_all_windows')).length";
    until("the window to be closed", async || {
        (app.js_async(closed).await.ok()? == 1).then_some(())
    })
    .await?;
    // Control and shift.
    app.type_into("body", "\u{e009}\u{e008}y").await?;
    until("the window of the viewer, again", async || {
        (app.js_async(closed).await.ok()? == 2).then_some(())
    })
    .await?;
    // Its last span is recorded at the very end.
    app.press("greet").await?;
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;

    let again = minimal(data.path()).await?;
    again.switch_to_other_window().await?;
    let runs = runs(&again).await?;
    assert!(runs.len() == 2 && runs[1] >= 6, "{runs:?}");
    again.quit().await
}
