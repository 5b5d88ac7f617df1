//! What a page sends is redacted as what Rust records, and a remote site sends nothing.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
};

use anyhow::Result;
use otel_harness::{App, Collector, Receiver, Source, until};
use serde_json::json;

use super::{
    assert_private,
    corpus::{ALL, Corpus},
    places,
};

/// Sends the corpus by the command behind all telemetry of pages, in every field that takes a text.
const REVEAL: &str = "
  const { invoke } = window.__TAURI__.core;
  const now = Date.now();
  const id = (index, length) => (index + 1).toString(16).padStart(length, '0');
  const attributesOf = (text) => ({ note: text, 'exception.stacktrace': `0: ${text}`, notes: [text], [text]: 'a key' });
  const send = (items) => invoke('plugin:opentelemetry|log_trace_span', {
    dropped: 0, scopes: [{ name: texts[0], version: texts[1] }], attributes: { all: texts[0] }, ...items,
  });
  const all = [...texts.map((text) => [text, attributesOf(text)]), ...attributes.map(([key, value]) => ['keyed', { [key]: value }])];
  const answers = [];
  answers.push(await send({ spans: all.map(([text, attributes], index) => ({
    traceId: id(index, 32), spanId: id(index, 16), name: text, startTime: now - 5, endTime: now, attributes, scope: 0,
    status: { code: 'error', message: text },
    events: [{ name: text, time: now, attributes }],
    links: [{ traceId: id(index, 32), spanId: id(index, 16), attributes }],
  })) }));
  answers.push(await send({ logs: all.map(([text, attributes]) => ({
    time: now, severity: 17, eventName: text, body: text, attributes, scope: 0,
  })) }));
  // An instrument has 100 sets of attributes at most, so each set has many texts.
  const metrics = [];
  for (let at = 0; at < texts.length; at += 60) {
    const some = texts.slice(at, at + 60);
    const attributes = Object.fromEntries(some.map((text, index) => [`note.${index}`, text]));
    metrics.push({ kind: 'histogram', name: `page.took.${at}`, value: 1, description: some[0], attributes, scope: 0 });
  }
  answers.push(await send({ metrics }));
  return [answers.map((answer) => answer.dropped), all.length];
";

#[tokio::test]
async fn no_secret_of_a_page_leaves_the_app() -> Result<()> {
    let corpus = Corpus::new(ALL);
    let mut collector = Collector::start().await?;
    let home = tempfile::tempdir()?;
    let folder = home.path().to_string_lossy();
    let env = [
        ("COMPANION", "redacts-all"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_TRACES_EXPORTER", "otlp,file"),
        ("OTEL_LOGS_EXPORTER", "otlp,file"),
        ("OTEL_METRICS_EXPORTER", "otlp,file"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100000"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "100000"),
        ("XDG_DATA_HOME", &folder),
    ];
    let app = App::launch("companions", &env).await?;
    let texts = json!(corpus.texts);
    let attributes = json!(corpus.attributes);
    let script = format!("const texts = {texts}; const attributes = {attributes}; {REVEAL}");
    let told = app.js_async(&script).await?;
    let count = corpus.texts.len() + corpus.attributes.len();
    assert_eq!(told, json!([[0, 0, 0], count]), "what was dropped");
    until("all of it at the collector", async || {
        let metrics = collector.metrics();
        let has_metrics = metrics.iter().any(|one| one.name == "page.took.0");
        (collector.spans().len() >= count && collector.logs().len() >= count && has_metrics)
            .then_some(())
    })
    .await?;
    collector.stop().await?;
    app.js_async(&script).await?;
    app.close_like_a_user("minimal")?;
    app.wait_for_exit().await?;
    for signal in ["traces", "metrics", "logs"] {
        for (place, bytes) in places(signal, &collector, home.path())? {
            assert_private(&corpus.secrets, &corpus.innocent, &place, &bytes)?;
        }
    }
    Ok(())
}

/// Serves a page on the loopback interface, which is a remote origin for an app.
fn site() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            // A browser that has gone needs no answer.
            let _ = (&stream).write_all(
                b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<title>minimal</title>a site",
            );
        }
    });
    Ok(url)
}

#[tokio::test]
async fn a_remote_site_has_none_of_the_commands() -> Result<()> {
    let receiver = Receiver::start().await?;
    let env = [("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())];
    let app = App::launch("companions", &env).await?;
    let site = site()?;
    app.js(&format!("location.href = '{site}'")).await?;
    app.wait_js(&format!("location.href === '{site}'")).await?;
    let commands = [
        ("log_trace_span", "{ name: 'of a site', duration: 1 }"),
        ("consent", "{}"),
        ("set_consent", "{ state: 'granted' }"),
        ("preview", "{}"),
        ("erase", "{}"),
        ("status", "{}"),
        ("show_viewer", "{}"),
    ];
    for (command, arguments) in commands {
        let answer = app
            .js_async(&format!(
                "return await window.__TAURI_INTERNALS__.invoke('plugin:opentelemetry|{command}', {arguments})
                   .then(() => 'allowed', String)"
            ))
            .await?;
        let refusal = answer.as_str().unwrap_or_default();
        assert!(refusal.contains("not allowed"), "{command}: {answer}");
    }
    app.quit().await?;
    let spans = receiver.spans();
    assert!(
        !spans.iter().any(|span| span.name == "of a site"),
        "{spans:?}"
    );
    Ok(())
}
