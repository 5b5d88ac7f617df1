//! The files in `deploy/`: the configuration of the Collector in a real Collector, and what can be checked of the others
//! without containers. Jaeger runs with its configuration in `deploy/` in the scenario of `xtask`.

#![cfg(target_os = "linux")]

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result, ensure};
use otel_harness::{Collector, Gateway, Messenger, Source, until};
use serde_json::{Value, json};

/// A trace of one span, as OTLP in JSON.
fn trace(id: u8, name: &str, millis: u64, status: &Value, attributes: &[(&str, &str)]) -> String {
    const START: u64 = 1_700_000_000_000_000_000;
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } }))
        .collect();
    let span = json!({
        "traceId": format!("{id:032x}"),
        "spanId": format!("{id:016x}"),
        "name": name,
        "kind": 1,
        "startTimeUnixNano": START.to_string(),
        "endTimeUnixNano": (START + millis * 1_000_000).to_string(),
        "status": status,
        "attributes": attributes,
    });
    json!({ "resourceSpans": [{ "resource": {}, "scopeSpans": [{ "spans": [span] }] }] })
        .to_string()
}

#[tokio::test]
async fn the_configuration_of_the_collector_is_valid_as_it_is() -> Result<()> {
    Gateway::validate().await
}

#[tokio::test]
async fn failed_and_slow_traces_are_kept_without_secrets() -> Result<()> {
    let backend = Collector::start().await?;
    let gateway = Gateway::start(backend.grpc_endpoint()).await?;
    let unset = json!({});
    let secrets = [
        ("app.password", "hunter2"),
        ("app.contact", "me@example.org"),
        ("app.plan", "free"),
    ];
    for body in [
        trace(1, "ordinary", 5, &unset, &[]),
        trace(2, "slow", 1500, &unset, &[]),
        trace(3, "failed", 5, &json!({ "code": 2 }), &secrets),
    ] {
        gateway.post("/v1/traces", &body).await?;
    }
    until("a decision on each trace", async || {
        let own = gateway.own_metrics().await.ok()?;
        let decided = |sampled: &str| {
            let lines = own.lines().filter(|line| {
                line.starts_with("otelcol_processor_tail_sampling_global_count_traces_sampled")
                    && line.contains(&format!("sampled=\"{sampled}\""))
            });
            let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u32>().ok());
            counts.sum::<u32>()
        };
        (decided("true") == 2 && decided("false") == 1).then_some(())
    })
    .await?;
    let kept = backend
        .wait_for("both traces", |spans| {
            let mut kept = spans.to_vec();
            kept.sort_by(|a, b| a.name.cmp(&b.name));
            (kept.len() >= 2).then_some(kept)
        })
        .await?;
    let names: Vec<_> = kept.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["failed", "slow"]);
    assert_eq!(kept[0].text("app.plan"), "free");
    assert_eq!(kept[0].text("app.password"), "****");
    assert_eq!(kept[0].text("app.contact"), "****");
    let archive = until("the archive", async || {
        Some(gateway.archive()).filter(|archive| archive.contains("failed"))
    })
    .await?;
    ensure!(!archive.contains("hunter2"), "{archive}");
    Ok(())
}

/// The metrics of the messenger, by the names in Prometheus.
const MESSENGER: [(&str, &str); 5] = [
    ("messages_sent_total", "1"),
    ("messages_received_total", "1"),
    ("message_send_duration_seconds_count", "1"),
    ("sync_cycles_total", ""),
    ("ws_connection_status", "1"),
];

#[tokio::test]
async fn metrics_have_the_names_in_prometheus_that_the_dashboard_asks_for() -> Result<()> {
    let backend = Collector::start().await?;
    let gateway = Gateway::start(backend.grpc_endpoint()).await?;
    let endpoint = gateway.endpoint();
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];
    let messenger = Messenger::start(&env).await?;
    let app = messenger.desktop("desktop-1").await?;
    app.introduce("alice").await?;
    app.type_into("#peer", "alice").await?;
    app.type_into("#compose", "hello").await?;
    assert_eq!(app.act("send").await?, "done");
    app.shows("hello").await?;
    for (name, value) in MESSENGER {
        exported(&gateway, name, |line| {
            line.contains("service_name=\"desktop-1\"") && line.ends_with(value)
        })
        .await?;
    }
    let asked = asked_for(include_str!("../deploy/grafana/dashboards/tauri.json"))?;
    ensure!(asked.len() > MESSENGER.len(), "{asked:?}");
    for name in asked {
        exported(&gateway, &name, |_| true).await?;
    }
    app.quit().await
}

/// Waits for a sample of a metric.
async fn exported(gateway: &Gateway, name: &str, is_it: impl Fn(&str) -> bool) -> Result<()> {
    until(name, async || {
        let metrics = gateway.metrics().await.ok()?;
        let mut samples = metrics.lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('{'))
        });
        samples.any(&is_it).then_some(())
    })
    .await
}

/// The metrics in the queries of a dashboard.
fn asked_for(dashboard: &str) -> Result<BTreeSet<String>> {
    let dashboard: Value = serde_json::from_str(dashboard)?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let queries = targets
        .flatten()
        .filter_map(|target| target["expr"].as_str());
    let words = queries.flat_map(|query| {
        query.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
    });
    let is_metric = |word: &&str| {
        let prefixes = ["message", "rpc_server", "sync_", "ws_"];
        prefixes.iter().any(|prefix| word.starts_with(prefix))
    };
    Ok(words.filter(is_metric).map(str::to_owned).collect())
}

#[test]
fn ports_are_published_on_the_loopback_interface_only() -> Result<()> {
    for file in [
        "deploy/grafana/compose.yaml",
        "deploy/jaeger/compose.yaml",
        "deploy/signoz/casting.yaml",
    ] {
        let text = fs::read_to_string(file)?;
        let published: Vec<_> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- "))
            .map(|item| item.trim_matches(['"', '\'']))
            .filter(|item| {
                // Ends with the port in the container, or with that and a protocol.
                let end = item.rsplit(':').next().unwrap_or_default();
                end.trim_start()
                    .starts_with(|first: char| first.is_ascii_digit())
            })
            .collect();
        ensure!(!published.is_empty(), "{file} publishes nothing");
        for port in published {
            ensure!(port.starts_with("127.0.0.1:"), "{file}: {port}");
        }
    }
    Ok(())
}
