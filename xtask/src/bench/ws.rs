//! The bridge under load, against the same command in the webview.
//!
//! An open loop: every connection sends when it is due, whether or not the last answer has come, and a
//! latency counts from when the request was due. A bridge that cannot keep up cannot hide it by slowing
//! its clients down. The webview has no such load to offer; it invokes as fast as it is answered.

use std::{collections::HashMap, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use otel_harness::{App, Bridge, Client, OPEN_BRIDGE, Receiver};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, interval_at, sleep_until},
};
use xshell::Shell;

use super::{
    Options,
    report::Report,
    stats::{mean, quantile},
};

/// Pages side by side.
const CONNECTIONS: u32 = 50;

/// Requests per second, of all connections together.
const RATE: u32 = 5_000;

/// How long the load lasts.
const SECONDS: usize = 60;

/// When memory is looked at first: by then every buffer and pool has its size.
const WARM: Duration = Duration::from_secs(15);

/// How much more the app may have at the end, of what it had when it was warm: what an allocator does with
/// fragments. A hundred bytes kept of every request would be three times as much.
const GROWTH: f64 = 1.05;

/// How long the webview invokes, in milliseconds.
const WEBVIEW_MILLIS: u32 = 10_000;

pub fn run(_: &Shell, options: &Options, report: &mut Report) -> Result<()> {
    let binary = otel_harness::build(
        "minimal",
        &[
            "--release",
            "--features=tauri/custom-protocol,tauri-plugin-opentelemetry/ws-bridge-release",
        ],
    )?;
    let seconds = options.rounds(SECONDS, WARM.as_secs() as usize + 5) as u32;
    tokio::runtime::Runtime::new()?.block_on(measure(&binary, seconds, report))
}

async fn measure(binary: &Path, seconds: u32, report: &mut Report) -> Result<()> {
    let receiver = Receiver::discarding().await?;
    let telemetry = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let env = [&OPEN_BRIDGE[..], &telemetry].concat();
    let app = App::launch_on(None, binary, &env).await?;
    let bridge = Bridge::of(&app).await?;

    let webview = in_webview(&app).await?;
    let idle = app.memory()?;
    let start = Instant::now();
    let mut load = JoinSet::new();
    for number in 0..CONNECTIONS {
        let client = bridge.connect().await?;
        // Not all at the same moment.
        let begin = start + Duration::from_secs(1) / RATE * number;
        load.spawn(page(client, begin, RATE / CONNECTIONS * seconds));
    }
    sleep_until(start + WARM).await;
    let warm = app.memory()?;
    let mut latencies = Vec::new();
    while let Some(page) = load.join_next().await {
        latencies.extend(page??);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let end = app.memory()?;

    report.table(
        "The bridge under load",
        [
            "wire",
            "in flight",
            "requests",
            "per second",
            "p50 (ms)",
            "p99 (ms)",
            "max (ms)",
            "mean (ms)",
        ],
        &[
            row("bridge", "as due", &latencies, elapsed),
            row(
                "webview",
                &CONNECTIONS.to_string(),
                &webview,
                f64::from(WEBVIEW_MILLIS) / 1e3,
            ),
        ],
    );
    report.note(&format!(
        "Memory of the app: {idle} KiB before, {warm} KiB after {} s, {end} KiB at the end.",
        WARM.as_secs()
    ));
    let expected = (RATE * seconds) as usize;
    report.samples("ws/bridge", latencies.clone());
    report.samples("ws/webview", webview);
    ensure!(
        latencies.len() == expected,
        "{} of {expected} requests were answered",
        latencies.len()
    );
    ensure!(
        end as f64 <= warm as f64 * GROWTH,
        "the app grows: {warm} KiB, then {end} KiB"
    );
    app.quit().await
}

fn row(wire: &str, in_flight: &str, latencies: &[f64], seconds: f64) -> [String; 8] {
    let at = |q| format!("{:.2}", quantile(latencies, q));
    [
        wire.to_owned(),
        in_flight.to_owned(),
        latencies.len().to_string(),
        format!("{:.0}", latencies.len() as f64 / seconds),
        at(0.5),
        at(0.99),
        at(1.0),
        format!("{:.2}", mean(latencies)),
    ]
}

/// Sends what one page has to send, and returns the milliseconds that each answer took.
async fn page(mut client: Client, begin: Instant, requests: u32) -> Result<Vec<f64>> {
    let mut due = interval_at(begin, Duration::from_secs(1) * CONNECTIONS / RATE);
    let mut sent = HashMap::new();
    let mut latencies = Vec::new();
    let mut left = requests;
    while latencies.len() < requests as usize {
        tokio::select! {
            at = due.tick(), if left > 0 => {
                left -= 1;
                let id = client.start("greet", json!({ "name": "you" })).await?;
                sent.insert(id, at);
            }
            answer = client.receive() => {
                let answer = answer?;
                ensure!(answer["result"] == "Hello, you!", "{answer}");
                let id = answer["id"].as_u64().context("an id")? as u32;
                let at = sent.remove(&id).context("an answer to a request")?;
                latencies.push(at.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    Ok(latencies)
}

/// The milliseconds of each invoke of the page, as many at once as the bridge has connections.
async fn in_webview(app: &App) -> Result<Vec<f64>> {
    let script = format!(
        "const {{ invoke }} = window.__TAURI__.core;
         const latencies = [];
         const end = performance.now() + {WEBVIEW_MILLIS};
         const page = async () => {{
           while (performance.now() < end) {{
             const start = performance.now();
             await invoke('greet', {{ name: 'you' }});
             latencies.push(performance.now() - start);
           }}
         }};
         await Promise.all(Array.from({{ length: {CONNECTIONS} }}, page));
         return latencies;"
    );
    let latencies = app.js_async(&script).await?;
    let latencies = latencies.as_array().context("a list of numbers")?;
    Ok(latencies
        .iter()
        .filter_map(|millis| millis.as_f64())
        .collect())
}
