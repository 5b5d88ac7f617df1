//! The page of `examples/messenger` in Chromium and in its own webview: the same clicks, and at a real
//! Collector the same traces.

mod common;

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use common::telemetry;
use otel_harness::{App, Bridge, Collector, DEADLINE, OPEN_BRIDGE, Source, Span, Trace, free_port};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
    time::timeout,
};

const TEXT: &str = "Hello from a browser";

/// The buttons in the order in which they are clicked, and the spans of each click.
const CLICKS: [(&str, usize); 6] = [
    ("send", 9),
    ("refresh", 4),
    ("send-fail", 5),
    ("replies", 7),
    ("export", 4),
    ("title", 3),
];

/// Commands whose arguments hold a number that is random, or another in each run.
const NUMBERED: [&str; 3] = [
    "plugin:event|listen",
    "plugin:event|unlisten",
    "export_messages",
];

#[tokio::test]
async fn a_page_in_chromium_makes_the_traces_of_the_webview() -> Result<()> {
    let in_webview = in_webview().await?;
    let in_browser = in_browser().await?;
    for (((button, _), webview), browser) in CLICKS.iter().zip(&in_webview).zip(&in_browser) {
        let expected = shape(webview, "");
        let found = shape(browser, "");
        assert_eq!(
            found, expected,
            "{button}: in the browser\n{browser}in the webview\n{webview}"
        );
        let by_bridge = |span: &Span| span.text("tauri.ipc.transport") == "ws";
        let bridged = browser.spans().iter().filter(|span| by_bridge(span));
        let clients = browser
            .spans()
            .iter()
            .filter(|span| span.kind == otel_harness::Kind::Client);
        assert_eq!(bridged.count(), clients.count(), "{browser}");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_that_connects_itself_has_the_whole_api() -> Result<()> {
    let port = free_port()?.to_string();
    let origin = format!("http://127.0.0.1:{port}");
    let origins = [("DEV_WS_BRIDGE_ORIGINS", origin.as_str())];
    let app = App::launch("minimal", &[&OPEN_BRIDGE[..], &origins].concat()).await?;
    let found = drive("connect.mjs", &app, &[&port]).await?;
    let mut found: Value = serde_json::from_str(&found)?;
    let denied = found["denied"].take();
    assert!(
        denied
            .as_str()
            .context("a refusal")?
            .contains("not allowed")
    );
    let expected = json!({
        "refused": "ws bridge: 401: the token of the token file is missing or wrong",
        "enabled": false,
        "greeting": "Hello, you!",
        "title": "minimal",
        "denied": null,
        "event": "heard",
        "path": "b",
        "version": "0.1.0",
        "bytes": [1 << 20, 7],
        "numbers": 100,
    });
    assert_eq!(found, expected);
    app.quit().await
}

#[tokio::test]
async fn a_page_comes_back_when_the_app_does() -> Result<()> {
    let port = free_port()?.to_string();
    let origin = format!("http://127.0.0.1:{port}");
    let bridge_port = free_port()?.to_string();
    let env = [
        ("DEV_WS_BRIDGE", "1"),
        ("DEV_WS_BRIDGE_PORT", bridge_port.as_str()),
        (
            "DEV_WS_BRIDGE_TOKEN",
            "a-token-that-outlives-the-app-it-is-for",
        ),
        ("DEV_WS_BRIDGE_ORIGINS", origin.as_str()),
    ];
    let app = App::launch("minimal", &env).await?;
    let mut script = script("reconnect.mjs", &app, &[&port]).await?;
    script.stdout(Stdio::piped());
    let mut script = script.spawn()?;
    let said = script.stdout.take().context("the script says something")?;
    let mut said = BufReader::new(said).lines();
    let mut next = async || anyhow::Ok(timeout(DEADLINE, said.next_line()).await??);
    assert_eq!(next().await?.as_deref(), Some("connected"));
    app.quit().await?;
    assert_eq!(next().await?.as_deref(), Some("lost"));
    let app = App::launch("minimal", &env).await?;
    assert_eq!(next().await?.as_deref(), Some("back"));
    app.quit().await
}

async fn in_webview() -> Result<Vec<Trace>> {
    let collector = Collector::start().await?;
    let app = App::launch("messenger", &telemetry(&collector)).await?;
    app.type_into("#compose", TEXT).await?;
    for (button, _) in CLICKS {
        app.click(&format!("#{button}")).await?;
        app.wait_js(&format!(
            "document.querySelector('#status').textContent.startsWith('{button}: ')"
        ))
        .await?;
    }
    let traces = traces(&collector).await?;
    app.quit().await?;
    Ok(traces)
}

async fn in_browser() -> Result<Vec<Trace>> {
    let collector = Collector::start().await?;
    let port = free_port()?.to_string();
    let origin = format!("http://127.0.0.1:{port}");
    let origins = [("DEV_WS_BRIDGE_ORIGINS", origin.as_str())];
    let env = [&OPEN_BRIDGE[..], &origins, &telemetry(&collector)].concat();
    let app = App::launch("messenger", &env).await?;
    let said = drive("messenger.mjs", &app, &[&port, TEXT]).await?;
    for line in [
        "send: done",
        "refresh: done",
        "send-fail: the recipient cannot be reached",
        "replies: done",
        "export: done",
        "title: done",
        TEXT,
        "Messenger",
        // No other page than the app's stands for its window.
        "false",
    ] {
        ensure!(said.lines().any(|one| one == line), "{line}:\n{said}");
    }
    let traces = traces(&collector).await?;
    app.quit().await?;
    Ok(traces)
}

/// A script of `tests/browser`, with the token file of the app.
async fn script(name: &str, app: &App, args: &[&str]) -> Result<Command> {
    let bridge = Bridge::of(app).await?;
    let mut script = Command::new("node");
    script
        .arg(format!("tests/browser/{name}"))
        .arg(&bridge.file)
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(script)
}

/// Runs the script, and returns what it printed.
async fn drive(name: &str, app: &App, args: &[&str]) -> Result<String> {
    let mut script = script(name, app, args).await?;
    let mut script = script
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdout = script.stdout.take().context("its output")?;
    let mut stderr = script.stderr.take().context("its errors")?;
    let (mut said, mut errors) = (Vec::new(), Vec::new());
    let ended = timeout(DEADLINE, async {
        tokio::try_join!(
            stdout.read_to_end(&mut said),
            stderr.read_to_end(&mut errors),
            script.wait(),
        )
    })
    .await;
    let said = String::from_utf8_lossy(&said).into_owned();
    let errors = String::from_utf8_lossy(&errors);
    let app = app.output();
    let (_, _, status) =
        ended.with_context(|| format!("{name} has not ended: {said}{errors}{app}"))??;
    ensure!(status.success(), "{said}{errors}{app}");
    Ok(said)
}

async fn traces(collector: &Collector) -> Result<Vec<Trace>> {
    let mut traces = Vec::new();
    for (button, spans) in CLICKS {
        traces.push(collector.click(button, spans).await.context(button)?);
    }
    Ok(traces)
}

/// The spans below `parent` without what differs from run to run, and without the transport.
fn shape(trace: &Trace, parent: &str) -> Vec<Value> {
    let mut children: Vec<Value> = trace
        .children(parent)
        .map(|span| {
            let mut attributes = span.attributes.clone();
            attributes.retain(|name, _| {
                let numbered =
                    name == "tauri.invoke.request.size" && NUMBERED.contains(&span.name.as_str());
                !numbered && !name.starts_with("tauri.ipc.") && !name.starts_with("thread.")
            });
            json!({
                "name": span.name,
                "kind": format!("{:?}", span.kind),
                "status": format!("{:?}", span.status),
                "scope": span.scope,
                "version": span.scope_version,
                "attributes": attributes,
                "events": span.events,
                "service": span.resource["service.name"],
                "children": shape(trace, &span.span_id),
            })
        })
        .collect();
    children.sort_by_key(ToString::to_string);
    children
}
