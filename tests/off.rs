//! Off means off.

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result};
use otel_harness::App;
use tokio::net::TcpListener;

/// Where an exporter sends that was given no endpoint.
const DEFAULT_PORT: u16 = 4318;

/// A listener on that port, or on any free one for 0, that counts who connects.
async fn listener(port: u16) -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("port {port} is taken; stop what listens there"))?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let connections = Arc::<AtomicUsize>::default();
    let counter = connections.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok((endpoint, connections))
}

/// Everything about an app that runs without telemetry, whatever keeps it off.
async fn check_off(env: &[(&str, &str)]) -> Result<()> {
    let app = App::launch("minimal", env).await?;
    for button in [
        "greet",
        "slow",
        "fail",
        "echo",
        "stream",
        "window-title",
        "unknown",
    ] {
        app.press(button).await?;
    }
    let page = app
        .js(
            "return { heading: document.querySelector('#enabled').textContent,
                      global: '__TAURI_OPENTELEMETRY__' in window,
                      fetch: String(window.fetch).includes('[native code]') }",
        )
        .await?;
    let expected = serde_json::json!({ "heading": "off", "global": false, "fetch": true });
    assert_eq!(page, expected);

    let noop = app
        .js_async(
            "const { telemetry } = window.__TAURI__.opentelemetry;
             const span = telemetry.startSpan('a').setAttribute('b', 1);
             span.end();
             const same = span === telemetry.startSpan('c');
             const greeting = await span.invoke('greet', { name: 'you' });
             const value = await telemetry.withSpan('d', async () => 7);
             const answer = await window.__TAURI__.core.invoke(
               'plugin:opentelemetry|log_trace_span', { name: 'x', duration: 1 });
             return [telemetry.enabled, same, span.isRecording(), greeting, value, answer];",
        )
        .await?;
    let answer = serde_json::json!({ "accepted": 0, "dropped": 0 });
    let expected = serde_json::json!([false, true, false, "Hello, you!", 7, answer]);
    assert_eq!(noop, expected);

    let threads = app.threads()?;
    // Those of the plugin and those of its viewer.
    let ours = threads.iter().find(|name| {
        let name = name.to_lowercase();
        name.contains("opentelemetry") || name.contains("tracepane")
    });
    assert_eq!(ours, None, "among {threads:?}");
    assert!(!app.output().contains("opentelemetry"), "{}", app.output());
    // The exit sends whatever there is.
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await
}

#[tokio::test]
async fn without_an_endpoint_there_is_nothing() -> Result<()> {
    let (_, connections) = listener(DEFAULT_PORT).await?;
    check_off(&[]).await?;
    assert_eq!(connections.load(Ordering::Relaxed), 0);
    Ok(())
}

#[tokio::test]
async fn disabled_wins_over_an_endpoint_and_nobody_connects() -> Result<()> {
    let (endpoint, connections) = listener(0).await?;
    check_off(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_SDK_DISABLED", "true"),
    ])
    .await?;
    assert_eq!(connections.load(Ordering::Relaxed), 0);
    Ok(())
}

/// That the checks above would notice: the same app with telemetry on.
#[tokio::test]
async fn with_an_endpoint_somebody_connects_from_a_thread_of_its_name() -> Result<()> {
    let (endpoint, connections) = listener(0).await?;
    let app = App::launch("minimal", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await?;
    app.press("greet").await?;
    let threads = app.threads()?;
    let ours = threads.iter().any(|name| name.starts_with("OpenTelemetry"));
    assert!(ours, "among {threads:?}");
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;
    assert!(connections.load(Ordering::Relaxed) > 0);
    Ok(())
}
