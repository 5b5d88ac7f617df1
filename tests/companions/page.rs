//! A page with its own policy, permissions and instrumentations, and one that uses the HTTP plugin.

use anyhow::{Context, Result};
use otel_harness::{App, Collector, Kind, Log, Metric, Source, until};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

use crate::{common, invoke, launch};

/// The lines of the next request, which is answered with `well`.
async fn request(listener: TcpListener) -> Result<Vec<String>> {
    let (stream, _) = listener.accept().await?;
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.is_empty()) {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        lines.push(line.trim_end().to_owned());
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwell";
    stream.write_all(answer).await?;
    Ok(lines)
}

/// The lines of a request that the page makes by the HTTP plugin.
async fn fetched(app: &App) -> Result<Vec<String>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/path", listener.local_addr()?);
    let requested = tokio::spawn(request(listener));
    let fetch = format!("return await (await window.__TAURI__.http.fetch('{url}')).text()");
    assert_eq!(app.js_async(&fetch).await?, "well");
    requested.await?
}

#[tokio::test]
async fn a_trace_that_is_not_exported_is_told_to_no_server() -> Result<()> {
    let collector = Collector::start().await?;
    for (companion, traces) in [("http", "none"), ("http-without-consent", "otlp")] {
        let own = [("COMPANION", companion), ("OTEL_TRACES_EXPORTER", traces)];
        let env = [&common::telemetry(&collector)[..], &own].concat();
        let app = App::launch("companions", &env).await?;
        let lines = fetched(&app).await?;
        let told = lines.iter().any(|line| line.starts_with("traceparent"));
        assert!(!told, "{companion}: {lines:?}");
        app.quit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_http_plugin_fetches_for_a_page_continues_its_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "http").await?;
    let lines = fetched(&app).await?;
    let trace = collector
        .trace("the fetch", 2, |span| span.name == "plugin:http|fetch")
        .await?;
    let server = trace.root("plugin:http|fetch").child("plugin:http|fetch");
    let parent = format!("traceparent: 00-{}-{}-01", server.trace_id, server.span_id);
    assert!(lines.contains(&parent), "{lines:?} without {parent}");
    app.quit().await
}

#[tokio::test]
async fn a_page_that_closes_resources_does_not_end_the_telemetry() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    app.js_async(
        "for (let rid = 0; rid < 16; rid++) {
           await window.__TAURI__.core.invoke('plugin:resources|close', { rid }).catch(() => {});
         }",
    )
    .await?;
    invoke(&app, "greet", "{ name: 'you' }").await?;
    collector
        .trace("greet", 2, |span| span.name == "greet")
        .await?;
    app.quit().await
}

/// A real webview whose policy blocks the `ipc:` scheme goes over to `postMessage`.
#[tokio::test]
async fn a_policy_without_the_scheme_leaves_every_invoke_its_span() -> Result<()> {
    let collector = Collector::start().await?;
    let env = [
        &common::telemetry(&collector)[..],
        &[("CSP", "default-src 'self'")],
    ]
    .concat();
    let app = App::launch("companions", &env).await?;
    for button in ["greet", "slow"] {
        app.press(button).await?;
    }
    let slow = collector
        .wait_for("the invoke", |spans| {
            let is_it =
                |span: &&otel_harness::Span| span.kind == Kind::Server && span.name == "slow";
            spans.iter().find(is_it).cloned()
        })
        .await?;
    let trace = collector
        .trace("the command", 3, |span| span.span_id == slow.span_id)
        .await?;
    let output = app.output();
    let advice = "where a page uses `postMessage`";
    assert_eq!(output.matches(advice).count(), 1, "{output}");
    trace
        .root("slow")
        .kind(Kind::Server)
        .child("run slow")
        .child("inner")
        .leaf();
    app.quit().await
}

#[tokio::test]
async fn with_instrumentations_a_page_without_code_for_it_tells_its_story() -> Result<()> {
    let collector = Collector::start().await?;
    let app = launch(&collector, "instrumentations").await?;

    let load = collector
        .trace("the load of the page", 3, |span| {
            span.name == "document load"
        })
        .await?;
    load.root("document load").child("greet").child("greet");

    app.js("const button = document.createElement('button');
         button.id = 'plain';
         button.textContent = 'Plain';
         button.onclick = () => {
           console.error('on the console');
           window.__TAURI__.core.invoke('slow', { ms: 1 });
           history.pushState({}, '', '/elsewhere?token=secret');
           throw new TypeError('as asked');
         };
         document.body.append(button);")
        .await?;
    app.click("#plain").await?;
    let trace = collector
        .trace("the click", 5, |span| span.name == "click button Plain")
        .await?;
    let click = trace.root("click button Plain");
    click.child("slow").child("slow").child("run slow");

    let event = async |name: &str, attribute: &str, value: &str| {
        until(name, async || {
            let is_it = |log: &Log| {
                log.event_name == name && log.attributes.get(attribute) == Some(&value.into())
            };
            collector.logs().into_iter().find(is_it)
        })
        .await
    };
    let error = event("exception", "exception.message", "as asked").await?;
    assert_eq!(error.attributes["exception.type"], "TypeError");
    let line = collector.log("on the console").await?;
    let route = event("browser.navigation", "browser.navigation.type", "push").await?;
    for log in [&error, &line, &route] {
        assert_eq!(log.trace_id, click.trace_id, "{log:?}");
        assert_eq!(log.span_id, click.span_id, "{log:?}");
    }
    let timing = "browser.navigation_timing";
    event(timing, &format!("{timing}.type"), "navigate").await?;
    event("browser.web_vital", "browser.web_vital.name", "fcp").await?;

    // One session over Rust and the page, with its start.
    let session = &error.attributes["session.id"];
    let id = session.as_str().context("an id")?;
    event("session.start", "session.id", id).await?;
    for span in collector.spans() {
        assert_eq!(span.attributes.get("session.id"), Some(session), "{span:?}");
    }
    // Also no report of the crash of another test's app, which would have a session of its own.
    for log in collector.logs() {
        assert_eq!(log.attributes.get("session.id"), Some(session), "{log:?}");
    }

    // What WebKit cannot measure is absent, and nobody is told.
    let noise = app.js("return window.noise").await?;
    assert_eq!(noise, serde_json::json!(["on the console"]));
    let told = format!("{:?} {:?}", collector.logs(), collector.spans());
    assert!(!told.contains("secret"), "{told}");
    app.quit().await
}

#[tokio::test]
async fn a_page_sends_log_records_and_measurements_only_with_the_permissions_for_them() -> Result<()>
{
    let collector = Collector::start().await?;
    let app = launch(&collector, "").await?;
    let record = "const { emit } = window.__TAURI_OPENTELEMETRY__;
                  emit('logs', { time: Date.now(), severity: 17, body: document.title });
                  emit('metrics', { kind: 'counter', name: 'records', value: 1 });
                  window.__TAURI__.opentelemetry.telemetry.startSpan(document.title).end();";
    let titled = |title: &str| format!("document.title = '{title}'; {record}");
    app.js(&titled("with it")).await?;
    collector.log("with it").await?;
    let records_of =
        |metric: &Metric, webview: &str| metric.number(&[("tauri.webview.label", webview)]);
    collector
        .metric("records", |metric| records_of(metric, "main") == Some(1.0))
        .await?;
    let missing = [
        "opentelemetry:allow-page-logs",
        "opentelemetry:allow-page-metrics",
    ];
    for permission in missing {
        assert!(!app.output().contains(permission), "{}", app.output());
    }

    app.press("second").await?;
    app.switch_to_other_window().await?;
    app.js(&titled("without it")).await?;
    collector
        .wait_for("the span of the same batch", |spans| {
            spans.iter().find(|span| span.name == "without it").cloned()
        })
        .await?;
    until("the warnings", async || {
        let output = app.output();
        let is_named = |permission| output.contains(permission) && output.contains("second");
        missing.into_iter().all(is_named).then_some(())
    })
    .await?;
    app.quit().await?;
    assert!(collector.logs().iter().all(|log| log.body != "without it"));
    let metrics = collector.metrics();
    let mut records = metrics.iter().filter(|metric| metric.name == "records");
    assert!(records.all(|metric| records_of(metric, "second").is_none()));
    Ok(())
}
